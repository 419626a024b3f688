import { type Fields, isFields, setOwn } from "../objects.ts";
import { badRequest, StatusError } from "../rest/status-error.ts";
import { MESSAGES, type Message, type MessageField } from "./message-table.ts";
import { MalformedProtobuf, readText, SCALARS, WIRE, WireReader } from "./wire-reader.ts";

/** The media type of Kubernetes' protobuf, in which kubectl sends objects that it creates. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

const MAGIC = Buffer.from("k8s\0", "latin1");

/** Parses a body of that type: the magic bytes, and a runtime.Unknown that names the kind and holds the object. */
export function readProtobuf(body: Buffer): Fields {
  try {
    return readUnknown(body);
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error;
    throw badRequest(`the object provided is unrecognized (must be of type ${PROTOBUF}): ${error.message}`);
  }
}

function readUnknown(body: Buffer): Fields {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new MalformedProtobuf(`expected it to begin with "k8s" and a zero byte`);
  }
  const parts = partsOf(body.subarray(MAGIC.length));
  const typeMeta = partsOf(parts.get(1));
  const apiVersion = readText(typeMeta.get(1) ?? new Uint8Array());
  const kind = readText(typeMeta.get(2) ?? new Uint8Array());
  const encoding = readText(parts.get(3) ?? new Uint8Array());
  const type = readText(parts.get(4) ?? new Uint8Array());
  if (apiVersion === "" || kind === "") throw new MalformedProtobuf("expected an apiVersion and a kind");
  if (encoding !== "") throw unreadable(`content of encoding "${encoding}"`);
  if (type !== "" && type !== PROTOBUF) throw unreadable(`content of type "${type}" within it`);
  const message = messageName(apiVersion, kind);
  if (!MESSAGES.has(message)) throw unreadable(`${apiVersion} ${kind}`);
  return { apiVersion, kind, ...decodeMessage(message, parts.get(2) ?? new Uint8Array()) };
}

/** DeleteOptions are the same in every group and may name any. */
function messageName(apiVersion: string, kind: string): string {
  return kind === "DeleteOptions" ? "meta.k8s.io/v1.DeleteOptions" : `${apiVersion}.${kind}`;
}

/** The fields of a message that contains only texts and messages. */
function partsOf(bytes: Uint8Array = new Uint8Array()): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const reader = new WireReader(bytes);
  while (!reader.atEnd) {
    const { field, wire } = reader.tag();
    if (wire === WIRE.bytes) found.set(field, reader.bytes());
    else reader.skip(wire);
  }
  return found;
}

function unreadable(what: string): StatusError {
  const message = `the sandbox cannot read ${what} as ${PROTOBUF}: send JSON or YAML, such as by \`kubectl ... --dry-run=client -o yaml | kubectl apply -f -\``;
  return new StatusError(415, "UnsupportedMediaType", message, {});
}

/** Decodes a message into the object that JSON shows; skips fields that the table lacks. */
function decodeMessage(name: string, bytes: Uint8Array, into: Fields = {}): Fields {
  const message = messageOf(name);
  const reader = new WireReader(bytes);
  while (!reader.atEnd) {
    const { field: number, wire } = reader.tag();
    const field = message.get(number);
    if (field === undefined) reader.skip(wire);
    else readField(reader, wire, field, into, name);
  }
  return into;
}

function messageOf(name: string): Message {
  const message = MESSAGES.get(name);
  if (message === undefined) throw new Error(`expected a table of the message ${name}`);
  return message;
}

function readField(reader: WireReader, wire: number, field: MessageField, into: Fields, parent: string): void {
  const { name, type, holds, keepsZero } = field;
  const expected = holds === "map" ? WIRE.bytes : (SCALARS.get(type)?.wire ?? WIRE.bytes);
  if (holds === "list" && expected === WIRE.varint && wire === WIRE.bytes) {
    readPacked(reader.bytes(), field, into);
    return;
  }
  if (wire !== expected) {
    throw new MalformedProtobuf(`expected wire type ${expected} for ${name} of ${parent}, got ${wire}`);
  }
  if (holds === "map") addEntry(into, name, type, reader.bytes());
  else if (holds === "list") listOf(into, name).push(readValue(reader, type));
  else if (name === "") decodeMessage(type, reader.bytes(), into);
  else setOne(into, name, readValue(reader, type, into[name]), keepsZero || !SCALARS.has(type));
}

/** A second value replaces the first; a second part of a message is merged into the first. */
function readValue(reader: WireReader, type: string, before?: unknown): unknown {
  const scalar = SCALARS.get(type);
  if (scalar !== undefined) return scalar.read(reader);
  const special = SPECIAL_MESSAGES.get(type);
  if (special !== undefined) return special(reader.bytes());
  return decodeMessage(type, reader.bytes(), isFields(before) ? before : {});
}

function setOne(into: Fields, name: string, value: unknown, keepsZero: boolean): void {
  const isZero = value === "" || value === 0 || value === false;
  if (value === undefined || (isZero && !keepsZero)) delete into[name];
  else into[name] = value;
}

function listOf(into: Fields, name: string): unknown[] {
  const found = into[name];
  if (Array.isArray(found)) return found;
  const made: unknown[] = [];
  into[name] = made;
  return made;
}

function readPacked(bytes: Uint8Array, { name, type }: MessageField, into: Fields): void {
  const reader = new WireReader(bytes);
  while (!reader.atEnd) listOf(into, name).push(readValue(reader, type));
}

/** An entry of a map is a message of a key, field 1, and a value, field 2; each is absent if it is zero. */
function addEntry(into: Fields, name: string, type: string, bytes: Uint8Array): void {
  const reader = new WireReader(bytes);
  let key: unknown = "";
  let value: unknown = readValue(new WireReader(Uint8Array.of(0)), type);
  while (!reader.atEnd) {
    const { field, wire } = reader.tag();
    if (field > 2) {
      reader.skip(wire);
      continue;
    }
    if (wire !== WIRE.bytes) throw new MalformedProtobuf(`expected an entry of ${name}, got wire type ${wire}`);
    if (field === 1) key = readValue(reader, "string");
    else value = readValue(reader, type);
  }
  const map = isFields(into[name]) ? into[name] : {};
  setOwn(map, String(key), value);
  into[name] = map;
}

/** The messages that JSON does not show as objects. */
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

/** The last value of each field: these messages have no lists. */
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

/** Seconds since 1970 and nanoseconds; an empty message is a time that is not set. */
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
