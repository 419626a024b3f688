import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

/**
 * Scalars of a YAML file in which quotes make no difference: 'true' is true, '60' is 60. A value that is null counts as
 * left out.
 */
const boolean = () => z.preprocess(unquotedBoolean, z.boolean("expected true or false"));
const whole = (min: number) => z.preprocess(unquotedNumber, wholeNumber(min));
const number = () => z.preprocess(unquotedNumber, z.number("expected a number"));
const text = () => z.preprocess(asText, z.string("expected a text").min(1, "expected a text that is not empty"));

export const scalars = { boolean, whole, number, text };

function unquotedBoolean(value: unknown): unknown {
  if (typeof value !== "string") return value ?? undefined;
  const word = value.trim().toLowerCase();
  if (word === "true") return true;
  return word === "false" ? false : value;
}

function unquotedNumber(value: unknown): unknown {
  if (typeof value !== "string") return value ?? undefined;
  const digits = value.trim();
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(digits) ? Number(digits) : value;
}

/** A name such as 2024 that YAML takes for a number is still a name. */
function asText(value: unknown): unknown {
  return typeof value === "number" ? String(value) : (value ?? undefined);
}
