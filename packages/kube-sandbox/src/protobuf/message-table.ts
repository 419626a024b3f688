import { type Fields, isFields, setOwn } from "../objects.ts";
import { KUBERNETES_MESSAGES } from "./messages.generated.ts";

/** One field of a message. */
export interface MessageField {
  /** The name in JSON; empty if JSON shows the field's fields in its parent. */
  readonly name: string;
  /** A scalar's type, or a message's name. */
  readonly type: string;
  readonly holds: "one" | "list" | "map";
  /** Whether a zero counts as a value. Otherwise senders always write zeros, and JSON leaves them out. */
  readonly keepsZero: boolean;
}

/** A message's fields by number. */
export type Message = ReadonlyMap<number, MessageField>;

/**
 * Every message that can be read, by name: APIVERSION.KIND for whole objects. The table, which generate/ writes, has a
 * line for each, `NAME: FIELD, FIELD`, with fields `NUMBER NAME TYPE`. The name `...` stands for a field whose fields
 * JSON shows in its parent; `!` after a name: JSON keeps a zero; `[]` before a type: a list; `map[]`: a map with text
 * keys.
 */
export const MESSAGES: ReadonlyMap<string, Message> = new Map(readTable(KUBERNETES_MESSAGES));

function readTable(table: string): [string, Message][] {
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", fields = ""] = line.split(": ");
      return [name, new Map(fields.split(",").map(readField))];
    });
}

function readField(text: string): [number, MessageField] {
  const [number, name = "", type = ""] = text.trim().split(" ");
  const [, shape, element = ""] = /^(\[\]|map\[\])?(.+)$/.exec(type) ?? [];
  return [
    Number(number),
    {
      name: name === "..." ? "" : name.replace("!", ""),
      type: element,
      holds: shape === undefined ? "one" : shape === "[]" ? "list" : "map",
      keepsZero: name.endsWith("!"),
    },
  ];
}

type FieldsByName = ReadonlyMap<string, MessageField>;

const byName = new Map<string, FieldsByName | undefined>();

/** Whether the table has a kind, named APIVERSION.KIND. */
export function knowsFieldsOf(kind: string): boolean {
  return MESSAGES.has(kind);
}

/** Drops fields that a message lacks, and adds their paths to `unknown`. */
export function knownFields(message: string, object: Fields, unknown: string[], under = ""): Fields {
  const fields = fieldsOf(message);
  if (fields === undefined) return object;
  const kept: Fields = {};
  for (const [name, value] of Object.entries(object)) {
    const path = under === "" ? name : `${under}.${name}`;
    const field = fields.get(name);
    if (field !== undefined) setOwn(kept, name, knownPart(field, value, path, unknown));
    else if (isTypeOf(fields, name)) setOwn(kept, name, value);
    else unknown.push(path);
  }
  return kept;
}

/** Complete objects, also nested ones, have apiVersion and kind, which are not fields of their message. */
function isTypeOf(fields: FieldsByName, name: string): boolean {
  return fields.has("metadata") && (name === "apiVersion" || name === "kind");
}

function knownPart({ type, holds }: MessageField, value: unknown, path: string, unknown: string[]): unknown {
  const one = (part: unknown, at: string): unknown => (isFields(part) ? knownFields(type, part, unknown, at) : part);
  if (holds === "list") return Array.isArray(value) ? value.map((part, at) => one(part, `${path}[${at}]`)) : value;
  if (holds === "one" || !isFields(value)) return one(value, path);
  const kept: Fields = {};
  for (const [key, part] of Object.entries(value)) setOwn(kept, key, one(part, `${path}.${key}`));
  return kept;
}

function fieldsOf(message: string): FieldsByName | undefined {
  if (!byName.has(message)) byName.set(message, readFields(message));
  return byName.get(message);
}

function readFields(message: string): FieldsByName | undefined {
  const fields = [...(MESSAGES.get(message)?.values() ?? [])];
  if (fields.length === 0) return undefined;
  const spread = fields.flatMap((field) => (field.name === "" ? [...(fieldsOf(field.type)?.values() ?? [])] : [field]));
  return new Map(spread.map((field) => [field.name, field]));
}
