import * as z from "zod";

const INT32_MAX = 2_147_483_647;

/** A whole number from `min` on that Kubernetes can store as an int32. */
export function wholeNumber(min: number, max: number = INT32_MAX): z.ZodInt {
  const error = ({ code }: { code?: string }) => (code === "invalid_type" ? "expected a whole number" : undefined);
  return z.int({ error }).min(min).max(max);
}
