import * as z from "zod";
import { defineSource } from "./shared/source.ts";

const settings = z.strictObject({
  value: z.number().min(0, "expected 0 or more").describe("The value of every reading"),
});

export default defineSource({
  type: "constant",
  about: "The same value always: for tests, and as a floor beside other signals",
  settings,
  pace: { movingSeconds: 60, steadySeconds: 300 },
  example: { value: 3 },
  connect: ({ value }, { now }) => ({ read: async () => ({ at: now(), value }) }),
});
