import type { Fields } from "../objects/fields.ts";
import { readText } from "./read-scalar.ts";
import { MalformedProtobuf, WIRE, WireReader } from "./wire-reader.ts";

/** The messages that JSON shows as something else than an object of their fields. */
export const SPECIAL_MESSAGES: ReadonlyMap<string, (bytes: Uint8Array) => unknown> = new Map<
  string,
  (bytes: Uint8Array) => unknown
>([
  ["Time", (bytes) => time(bytes, 0)],
  ["MicroTime", (bytes) => time(bytes, 6)],
  ["Quantity", (bytes) => text(parts(bytes).get(1))],
  ["IntOrString", intOrString],
  ["FieldsV1", (bytes) => json(text(parts(bytes).get(1)))],
]);

type Part = bigint | Uint8Array;

/** The last value of each field: these messages repeat none. */
function parts(bytes: Uint8Array): ReadonlyMap<number, Part> {
  const found = new Map<number, Part>();
  const reader = new WireReader(bytes);
  while (!reader.atEnd) {
    const { field, wire } = reader.tag();
    if (wire === WIRE.varint) found.set(field, reader.varint());
    else if (wire === WIRE.bytes) found.set(field, reader.bytes());
    else reader.skip(wire);
  }
  return found;
}

function text(part: Part | undefined): string {
  if (typeof part === "bigint") throw new MalformedProtobuf("expected a text, got a number");
  return part === undefined ? "" : readText(part);
}

function number(part: Part | undefined): number {
  if (part instanceof Uint8Array) throw new MalformedProtobuf("expected a number, got bytes");
  return Number(BigInt.asIntN(64, part ?? 0n));
}

/** Seconds since 1970 and nanoseconds; without either it is the time that was never set. */
function time(bytes: Uint8Array, digits: number): string | undefined {
  if (bytes.length === 0) return undefined;
  const found = parts(bytes);
  const date = new Date(number(found.get(1)) * 1000);
  if (Number.isNaN(date.getTime())) throw new MalformedProtobuf("a time is beyond what can be told");
  const fraction = String(number(found.get(2)))
    .padStart(9, "0")
    .slice(0, digits);
  return `${date.toISOString().slice(0, -".000Z".length)}${digits > 0 ? "." : ""}${fraction}Z`;
}

function intOrString(bytes: Uint8Array): string | number {
  const found = parts(bytes);
  return number(found.get(1)) === 0 ? number(found.get(2)) : text(found.get(3));
}

function json(value: string): Fields {
  try {
    return JSON.parse(value);
  } catch {
    throw new MalformedProtobuf("the fields of a manager are no JSON");
  }
}
