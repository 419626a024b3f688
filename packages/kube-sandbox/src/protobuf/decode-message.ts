import { type Fields, isFields, setOwn } from "../objects/fields.ts";
import { MESSAGES, type Message, type MessageField } from "./message-table.ts";
import { SCALARS } from "./read-scalar.ts";
import { SPECIAL_MESSAGES } from "./read-special.ts";
import { MalformedProtobuf, WIRE, WireReader } from "./wire-reader.ts";

/** Reads a message of the tables into the object that JSON would show; fields that the tables lack are passed over. */
export function decodeMessage(name: string, bytes: Uint8Array, into: Fields = {}): Fields {
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

/** A value that comes twice replaces the first one, and a message's second part adds to the first. */
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

/** An entry is a message of a key, field 1, and a value, field 2; either may be left out for its zero. */
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
