import * as z from "zod";
import { type MaxDisruption, printable } from "../core/index.ts";

const INT32_MAX = 2_147_483_647;

/** A whole number from `min` on that Kubernetes can store as an int32. */
export function wholeNumber(min: number, max: number = INT32_MAX): z.ZodInt {
  const error = ({ code }: { code?: string }) => (code === "invalid_type" ? "expected a whole number" : undefined);
  return z.int({ error }).min(min).max(max);
}

/** What Kubernetes takes as the name of an object (a DNS subdomain, RFC 1123); empty where a field may be. */
export const NAME = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$/;
export const OF_OBJECT = "expected the name of an object: a-z, 0-9, - and .";

/** As much of it as a CRD can say, which knows no classes of Unicode. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it refuses them
const LINE = /^[^\x00-\x1f\x7f-\x9f]*$/;
const OF_LINE = "expected one line without control characters and invisible ones";

/** A text that names something within an object or for messages: one line of what can be seen. */
export function lineName(name = z.string().min(1)) {
  return name.regex(LINE, { error: OF_LINE, abort: true }).refine((text) => printable(text) === text, OF_LINE);
}

/** "50%" of the present replicas, or "125" of them. */
export const maxDisruptionText = z
  .string({
    error: ({ input }) =>
      typeof input === "number" ? `expected a text in quotes, such as "${input}%" or the count "${input}"` : undefined,
  })
  .regex(/^[0-9]+%?$/, 'expected a percentage such as "50%" or a count such as "125"');

/** Reads a text that `maxDisruptionText` accepts. */
export function parseMaxDisruption(text: string): MaxDisruption {
  return text.endsWith("%") ? { percent: Number(text.slice(0, -1)) } : { count: Number(text) };
}

/** Whether such a limit could ever hold a scale-down back: 100 % of the present replicas cannot. */
export function canHoldBack(maxDisruption: MaxDisruption): boolean {
  return "count" in maxDisruption || maxDisruption.percent < 100;
}

/** The part of JSON Schema that our schemas use. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly [keyword: string]: unknown;
}

/** What a zod schema accepts, as JSON Schema. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", unrepresentable: "any" }) as JsonSchema;
}

/** A document whose keys without a value are left out: `dryRun:` with nothing after it states nothing. */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const stated = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(stated.map(([name, child]) => [name, withoutNulls(child)]));
}

type Stated<T> = { [Key in keyof T]: T[Key] | undefined };

/** The object without the fields that are there and undefined, as schemas leave them. */
export function withoutUndefined<T extends object>(value: Stated<T>): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
