import { type Fields, setOwn } from "../objects/fields.ts";
import { kubeTime } from "../objects/kube-object.ts";
import { badRequest } from "../rest/status-error.ts";
import type { FieldShape, MessageShape } from "./message-shape.ts";

/** One field as it stands on the wire: a number, or bytes. */
export interface WireField {
  readonly number: number;
  readonly value: number | Buffer;
}

/** Splits a protobuf message into its fields. */
export function wireFields(bytes: Buffer): readonly WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) break;
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    throw badRequest("unexpected EOF in a protobuf body");
  };
  const slice = (length: number): Buffer => {
    if (length < 0 || at + length > bytes.length) throw badRequest("unexpected EOF in a protobuf body");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, type] = [tag >>> 3, tag & 7];
    if (type === 0) fields.push({ number, value: varint() });
    else if (type === 2) fields.push({ number, value: slice(varint()) });
    else if (type === 1 || type === 5) fields.push({ number, value: slice(type === 1 ? 8 : 4) });
    else throw badRequest(`illegal wire type ${type} in a protobuf body`);
  }
  return fields;
}

/** A protobuf message as the JSON object that it stands for. */
export function decodeMessage(bytes: Buffer, shape: MessageShape): Fields {
  const decoded: Fields = {};
  for (const { number, value } of wireFields(bytes)) {
    const [name, field] = shape[number] ?? [];
    if (name !== undefined && field !== undefined) add(decoded, name, field, value);
  }
  return decoded;
}

function add(decoded: Fields, name: string, shape: FieldShape, value: number | Buffer): void {
  if (typeof shape === "object" && "map" in shape) {
    const entries = (decoded[name] ?? {}) as Fields;
    const [key, content] = entry(value);
    setOwn(entries, key.toString("utf8"), scalar(shape.map, content));
    decoded[name] = entries;
  } else if (shape === "texts") decoded[name] = [...listOf(decoded[name]), String(value)];
  else if (typeof shape === "object" && "many" in shape) {
    decoded[name] = [...listOf(decoded[name]), decodeMessage(bytesOf(value), shape.many)];
  } else {
    const one = typeof shape === "object" ? decodeMessage(bytesOf(value), shape.one) : scalar(shape, value);
    if (one !== undefined) decoded[name] = one;
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const bytesOf = (value: number | Buffer): Buffer => (typeof value === "number" ? Buffer.alloc(0) : value);

function entry(value: number | Buffer): readonly [key: Buffer, content: number | Buffer] {
  const fields = wireFields(bytesOf(value));
  const part = (number: number): number | Buffer =>
    fields.find((one) => one.number === number)?.value ?? Buffer.alloc(0);
  return [bytesOf(part(1)), part(2)];
}

/** The value of one field. Empty texts, unset times and false count as left out: Go's client sends them always. */
function scalar(shape: Exclude<FieldShape, object>, value: number | Buffer): unknown {
  switch (shape) {
    case "number":
      return Number(value);
    case "count":
      return Number(value) || undefined;
    case "flag":
      return value === 1 || undefined;
    case "bytes":
      return bytesOf(value).toString("base64");
    case "quantity":
      return bytesOf(wireFields(bytesOf(value)).find((field) => field.number === 1)?.value ?? 0).toString("utf8");
    case "time":
      return time(bytesOf(value));
    case "intOrString":
      return intOrString(bytesOf(value));
    default:
      return bytesOf(value).toString("utf8") || undefined;
  }
}

function time(bytes: Buffer): string | undefined {
  const seconds = wireFields(bytes).find((field) => field.number === 1)?.value;
  return typeof seconds === "number" && seconds > 0 ? kubeTime(seconds * 1000) : undefined;
}

function intOrString(bytes: Buffer): unknown {
  const fields = new Map(wireFields(bytes).map((field) => [field.number, field.value]));
  return fields.get(1) === 1 ? String(fields.get(3) ?? "") : Number(fields.get(2) ?? 0);
}
