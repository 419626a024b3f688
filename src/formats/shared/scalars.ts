import * as z from "zod";
import { wholeNumber } from "./whole-number.ts";

/** Scalars of a YAML file in which quotes make no difference: 'true' is true, '60' is 60. */
const boolean = () => z.preprocess(unquotedBoolean, z.boolean("expected true or false"));
const whole = (min: number) => z.preprocess(unquotedNumber, wholeNumber(min));
const number = () => z.preprocess(unquotedNumber, z.number("expected a number"));
const text = () => z.preprocess(asText, z.string("expected a text").min(1, "expected a text that is not empty"));

/** A name that Kubernetes gives objects (RFC 1123), `dots` if it may have parts. */
const objectName = (dots: boolean) =>
  z.preprocess(
    asText,
    z
      .string("expected a text")
      .min(1, "expected a text that is not empty")
      .max(dots ? 253 : 63)
      .regex(
        dots ? /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/ : /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
        `expected a name of a-z, 0-9 and -${dots ? " and ." : ""}`,
      ),
  );

export const scalars = { boolean, whole, number, text, objectName };

/** What a quoted boolean means; anything else as it is. */
export function unquotedBoolean(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const word = value.trim().toLowerCase();
  if (word === "true") return true;
  return word === "false" ? false : value;
}

/** What a quoted number means, 1_500_000 as in YAML 1.1 too; anything else as it is. */
export function unquotedNumber(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const digits = value.trim().replace(/(?<=\d)_(?=\d)/g, "");
  return /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(digits) ? Number(digits) : value;
}

/** A name such as 2024 that YAML takes for a number is still a name. */
function asText(value: unknown): unknown {
  return typeof value === "number" ? String(value) : value;
}
