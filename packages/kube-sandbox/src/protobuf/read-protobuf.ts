import { type Fields, isFields, setOwn, textAt } from "../objects.ts";
import { parseFields, TYPES, type TypeField, type TypeFields } from "../resources/kubernetes-types.ts";
import { badRequest, StatusError } from "../rest/status-error.ts";

/** The media type of Kubernetes' protobuf, in which kubectl sends objects that it creates. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

const MAGIC = Buffer.from("k8s\0", "latin1");

/** Bytes that are not protobuf, or not the expected message. */
class MalformedProtobuf extends Error {
  override readonly name = "MalformedProtobuf";
}

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
  const unknown = decodeMessage("Unknown", body.subarray(MAGIC.length));
  const [apiVersion, kind] = [textAt(unknown, "typeMeta", "apiVersion"), textAt(unknown, "typeMeta", "kind")];
  const [encoding, type] = [textAt(unknown, "contentEncoding"), textAt(unknown, "contentType")];
  if (apiVersion === "" || kind === "") throw new MalformedProtobuf("expected an apiVersion and a kind");
  if (encoding !== "") throw unreadable(`content of encoding "${encoding}"`);
  if (type !== "" && type !== PROTOBUF) throw unreadable(`content of type "${type}" within it`);
  // DeleteOptions are the same in every group and may name any.
  const message = kind === "DeleteOptions" ? "meta.k8s.io/v1.DeleteOptions" : `${apiVersion}.${kind}`;
  if (!TYPES.has(message)) throw unreadable(`${apiVersion} ${kind}`);
  return { apiVersion, kind, ...decodeMessage(message, Buffer.from(textAt(unknown, "raw"), "base64")) };
}

function unreadable(what: string): StatusError {
  const message = `the sandbox cannot read ${what} as ${PROTOBUF}: send JSON or YAML, such as by \`kubectl ... --dry-run=client -o yaml | kubectl apply -f -\``;
  return new StatusError(415, "UnsupportedMediaType", message, {});
}

/** The messages around an object, and those that JSON does not show as objects. */
const OTHER_MESSAGES: ReadonlyMap<string, TypeFields> = new Map([
  ["Unknown", parseFields("1 typeMeta TypeMeta", "2 raw bytes", "3 contentEncoding string", "4 contentType string")],
  ["TypeMeta", parseFields("1 apiVersion string", "2 kind string")],
  ["Time", parseFields("1 seconds! int64", "2 nanos! int32")],
  ["MicroTime", parseFields("1 seconds! int64", "2 nanos! int32")],
  ["Quantity", parseFields("1 string string")],
  ["IntOrString", parseFields("1 type int64", "2 intVal int32", "3 strVal string")],
  ["FieldsV1", parseFields("1 Raw string")],
]);

/** What JSON shows of a message instead of an object. */
export const SPECIAL_MESSAGES: ReadonlyMap<string, (message: Fields) => unknown> = new Map([
  ["Time", (message) => time(message, 0)],
  ["MicroTime", (message) => time(message, 6)],
  ["Quantity", ({ string = "" }) => string],
  ["IntOrString", ({ type = 0, intVal = 0, strVal = "" }: Fields) => (type === 0 ? intVal : strVal)],
  ["FieldsV1", parseFieldsV1],
]);

/** Seconds since 1970 and nanoseconds; an empty message is a time that is not set. */
function time(message: Fields, digits: number): string | undefined {
  const { seconds, nanos = 0 } = message;
  if (Object.keys(message).length === 0) return undefined;
  const date = new Date(Number(seconds ?? 0) * 1000);
  if (Number.isNaN(date.getTime())) throw new MalformedProtobuf("a time is out of range");
  const fraction = String(nanos).padStart(9, "0").slice(0, digits);
  return `${date.toISOString().slice(0, -".000Z".length)}${digits > 0 ? "." : ""}${fraction}Z`;
}

function parseFieldsV1({ Raw: raw }: Fields): Fields {
  try {
    return JSON.parse(String(raw));
  } catch {
    throw new MalformedProtobuf("the fields of a manager are not JSON");
  }
}

/** Decodes a message into the object that JSON shows; skips fields that the table lacks. */
function decodeMessage(name: string, bytes: Uint8Array, into: Fields = {}): Fields {
  const fields = TYPES.get(name)?.fields ?? OTHER_MESSAGES.get(name);
  if (fields === undefined) throw new Error(`expected a table of the message ${name}`);
  return decodeFields(fields, name, bytes, into);
}

function decodeFields(fields: TypeFields, parent: string, bytes: Uint8Array, into: Fields): Fields {
  const reader = new WireReader(bytes);
  while (!reader.atEnd) {
    const { field: number, wire } = reader.tag();
    const field = fields.get(number);
    if (field === undefined) reader.skip(wire);
    else readField(reader, wire, field, into, parent);
  }
  return into;
}

function readField(reader: WireReader, wire: number, field: TypeField, into: Fields, parent: string): void {
  const { name, type, holds } = field;
  const list = (): unknown[] => {
    const found = Array.isArray(into[name]) ? into[name] : [];
    into[name] = found;
    return found;
  };
  const expected = holds === "map" ? WIRE.bytes : (SCALARS.get(type)?.wire ?? WIRE.bytes);
  if (holds === "list" && expected === WIRE.varint && wire === WIRE.bytes) {
    const packed = new WireReader(reader.bytes());
    while (!packed.atEnd) list().push(readValue(packed, type));
    return;
  }
  if (wire !== expected) {
    throw new MalformedProtobuf(`expected wire type ${expected} for ${name} of ${parent}, got ${wire}`);
  }
  if (holds === "map") addEntry(into, name, type, reader.bytes());
  else if (holds === "list") list().push(readValue(reader, type));
  else if (name === "") decodeMessage(type, reader.bytes(), into);
  else setOne(into, field, readValue(reader, type, into[name]));
}

function setOne(into: Fields, { name, type, keepsZero }: TypeField, value: unknown): void {
  const isZero = SCALARS.has(type) && (value === "" || value === 0 || value === false);
  if (value === undefined || (isZero && !keepsZero)) delete into[name];
  else into[name] = value;
}

/** A second value replaces the first; a second part of a message is merged into the first. */
function readValue(reader: WireReader, type: string, before?: unknown): unknown {
  const scalar = SCALARS.get(type);
  if (scalar !== undefined) return scalar.read(reader);
  const special = SPECIAL_MESSAGES.get(type);
  const message = decodeMessage(type, reader.bytes(), special === undefined && isFields(before) ? before : {});
  return special === undefined ? message : special(message);
}

/** An entry of a map is a message of a key and a value; each is absent if it is zero. */
function addEntry(into: Fields, name: string, type: string, bytes: Uint8Array): void {
  const fields = parseFields("1 key string", `2 value! ${type}`);
  const { key = "", value = readValue(new WireReader(Uint8Array.of(0)), type) } = decodeFields(fields, name, bytes, {});
  const map = isFields(into[name]) ? into[name] : {};
  setOwn(map, String(key), value);
  into[name] = map;
}

/** Wire types: a number of 1 to 10 bytes, of 8 bytes, a length and that many bytes, a number of 4 bytes. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const MAX_FIELD = 2 ** 29 - 1;

/** Reads protobuf's wire format, never past its end. */
class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  tag(): { readonly field: number; readonly wire: number } {
    const value = Number(this.varint());
    const field = Math.floor(value / 8);
    if (field < 1 || field > MAX_FIELD) throw new MalformedProtobuf(`${field} is no field number`);
    return { field, wire: value % 8 };
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new MalformedProtobuf("a number is longer than 10 bytes");
  }

  bytes(): Uint8Array {
    return this.#take(Number(this.varint()));
  }

  skip(wire: number): void {
    if (wire === WIRE.varint) this.varint();
    else if (wire === WIRE.bytes) this.bytes();
    else if (wire === WIRE.fixed64) this.#take(8);
    else if (wire === WIRE.fixed32) this.#take(4);
    else throw new MalformedProtobuf(`wire type ${wire} is not in use`);
  }

  #take(count: number): Uint8Array {
    const left = this.#bytes.length - this.#at;
    if (count > left) throw new MalformedProtobuf(`expected ${count} more bytes, got ${left}`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

interface Scalar {
  readonly wire: number;
  readonly read: (reader: WireReader) => string | number | boolean;
}

/** The scalar types that Kubernetes' messages have, as JSON shows them. */
export const SCALARS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ["string", { wire: WIRE.bytes, read: (reader) => readText(reader.bytes()) }],
  ["bytes", { wire: WIRE.bytes, read: (reader) => Buffer.from(reader.bytes()).toString("base64") }],
  ["bool", { wire: WIRE.varint, read: (reader) => reader.varint() !== 0n }],
  ["int32", { wire: WIRE.varint, read: (reader) => Number(BigInt.asIntN(32, reader.varint())) }],
  ["int64", { wire: WIRE.varint, read: (reader) => Number(BigInt.asIntN(64, reader.varint())) }],
]);

const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readText(bytes: Uint8Array): string {
  try {
    return TEXT.decode(bytes);
  } catch {
    throw new MalformedProtobuf("a text is not UTF-8");
  }
}
