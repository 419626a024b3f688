import { z } from "zod";

const INT32_MAX = 2_147_483_647;

/** A whole number from `min` on that Kubernetes can store as an int32. */
export function wholeNumber(min: number, max: number = INT32_MAX): z.ZodInt {
  return z.int("expected a whole number").min(min).max(max);
}
