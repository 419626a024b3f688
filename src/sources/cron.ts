import { Cron } from "croner";
import * as z from "zod";
import { windowValue } from "./cron/window-value.ts";
import { reportedAt } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";

const expression = (about: string) =>
  z.string().refine(isCron, "expected a cron expression such as 0 8 * * MON-FRI").describe(about);

const settings = z
  .strictObject({
    start: expression("When the window begins, as a cron expression (five fields, or six with seconds first)"),
    end: expression("When it ends, as a cron expression; or write durationSeconds").optional(),
    durationSeconds: z
      .number()
      .positive("expected more than 0 seconds")
      .describe("How long it lasts, in seconds; or write end")
      .optional(),
    timeZone: z
      .string()
      .refine(isTimeZone, "expected an IANA time zone such as Europe/Berlin")
      .default("UTC")
      .describe("Time zone of the expressions, as an IANA name; daylight saving is heeded"),
    openWhile: z
      .enum(["StartIsLast", "EndIsNext"])
      .describe(
        "When the window is open. StartIsLast: from each start to the first end after it. EndIsNext, with end: while an end comes no later than the next start, as in KEDA. They differ only where starts and ends do not alternate",
      )
      .optional(),
    value: z.number().min(0, "expected 0 or more").describe("The value inside the window"),
    valueOutside: z.number().min(0, "expected 0 or more").default(0).describe("The value outside of it"),
  })
  .refine(
    ({ end, durationSeconds }) => (end === undefined) !== (durationSeconds === undefined),
    reportedAt("end", "expected exactly one of end and durationSeconds"),
  )
  .refine(
    ({ end, openWhile }) => openWhile !== "EndIsNext" || end !== undefined,
    reportedAt("openWhile", "expected end beside EndIsNext, got none"),
  );

export default defineSource({
  type: "cron",
  about: "One value inside a window of the calendar and another outside: a floor by the clock",
  settings,
  pace: { movingSeconds: 10, steadySeconds: 30 },
  example: { start: "0 8 * * MON-FRI", end: "0 18 * * MON-FRI", timeZone: "Europe/Berlin", value: 10 },
  notes: [
    "Beside other signals it is a floor: the largest recommendation wins. For bounds by the clock, an object has `schedule`.",
  ],
  connect(window, tools) {
    const valueAt = windowValue(window);
    return {
      async read() {
        const at = tools.now();
        return { at, value: valueAt(at) };
      },
    };
  },
});

function isCron(text: string): boolean {
  try {
    new Cron(text, { paused: true });
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
