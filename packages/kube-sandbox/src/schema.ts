import { isIPv4, isIPv6 } from "node:net";
import { equal, type Fields, isFields, setOwn } from "./objects.ts";
import { duplicate, type FieldError, invalidValue, notSupported, required, typeInvalid } from "./rest/status-error.ts";

/** The part of OpenAPI v3 that a CustomResourceDefinition's structural schema may use. */
export interface StructuralSchema {
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly StructuralSchema[];
  readonly anyOf?: readonly StructuralSchema[];
  readonly oneOf?: readonly StructuralSchema[];
  readonly not?: StructuralSchema;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
}

/** The schema of one property; undefined if the schema does not describe it. */
export function propertySchema(schema: StructuralSchema | undefined, name: string): StructuralSchema | undefined {
  const { properties, additionalProperties } = schema ?? {};
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** Fills in the schema's defaults; a default replaces a null that the schema does not allow. */
export function applyDefaults(schema: StructuralSchema, value: unknown): unknown {
  if (isFields(value)) return defaultObject(schema, value);
  if (!Array.isArray(value) || schema.items === undefined) return value;
  const items = schema.items;
  return value.map((item) => applyDefaults(items, item));
}

function defaultObject(schema: StructuralSchema, object: Fields): Fields {
  const filled: Fields = {};
  for (const [name, value] of Object.entries(object)) {
    const inner = propertySchema(schema, name);
    if (value === null && inner?.default !== undefined && inner.nullable !== true) continue;
    setOwn(filled, name, inner === undefined ? value : applyDefaults(inner, value));
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (inner.default === undefined || Object.hasOwn(filled, name)) continue;
    setOwn(filled, name, applyDefaults(inner, structuredClone(inner.default)));
  }
  return filled;
}

/** Fields that every schema allows in a complete object. */
const OBJECT_FIELDS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** Drops fields that the schema lacks, and adds their paths to `unknown`. */
export function prune(schema: StructuralSchema, object: Fields, unknown: string[]): Fields {
  return pruneObject(schema, object, "", unknown);
}

function pruneValue(schema: StructuralSchema, value: unknown, path: string, unknown: string[]): unknown {
  if (isFields(value)) return pruneObject(schema, value, path, unknown);
  if (!Array.isArray(value) || schema.items === undefined) return value;
  const items = schema.items;
  return value.map((item, index) => pruneValue(items, item, `${path}[${index}]`, unknown));
}

function pruneObject(schema: StructuralSchema, object: Fields, path: string, unknown: string[]): Fields {
  const keepsAll = schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;
  const kept: Fields = {};
  for (const [name, value] of Object.entries(object)) {
    const inner = propertySchema(schema, name);
    const at = path === "" ? name : `${path}.${name}`;
    if (schema["x-kubernetes-embedded-resource"] === true && OBJECT_FIELDS.has(name)) setOwn(kept, name, value);
    else if (inner !== undefined) setOwn(kept, name, pruneValue(inner, value, at, unknown));
    else if (keepsAll) setOwn(kept, name, value);
    else unknown.push(at);
  }
  return kept;
}

/** The problems of a value, in kube-apiserver's words, with paths such as `spec.items[0].name`. */
export function validate(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (value === null && schema.nullable === true) return [];
  return [
    ...typeErrors(schema, value, path),
    ...(schema.enum?.some((one) => equal(one, value)) === false ? [notSupported(path, value, schema.enum)] : []),
    ...formatErrors(schema, value, path),
    ...limitErrors(schema, value, path),
    ...duplicateErrors(schema, value, path),
    ...innerErrors(schema, value, path),
    ...combinatorErrors(schema, value, path),
  ];
}

/** The name of the JSON type in kube-apiserver's messages. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function typeErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  const found = typeOf(value);
  const wanted = schema["x-kubernetes-int-or-string"] === true ? "integer,string" : (schema.type ?? found);
  if (wanted.split(",").includes(found) || (wanted === "number" && found === "integer")) return [];
  return [typeInvalid(path, found, `${path} in body must be of type ${wanted}: "${found}"`)];
}

/** Tests of formats. As in kube-apiserver, unknown formats never fail. */
const TEXT_FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  [
    "date-time",
    (text) =>
      /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})?$/.test(text) &&
      !Number.isNaN(Date.parse(text.slice(0, 10))),
  ],
  ["date", (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))],
  ["ipv4", isIPv4],
  ["ipv6", isIPv6],
  ["uuid", (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text)],
  ["uri", (text) => URL.canParse(text) || text.startsWith("/")],
  ["email", (text) => /^[^@\s]+@[^@\s]+$/.test(text)],
  ["hostname", (text) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i.test(text)],
  ["byte", (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0],
  ["duration", (text) => /^(([0-9.]+(ns|us|µs|ms|s|m|h))+|\d+ ?(d|w|day|week|hour|minute|second)s?)$/.test(text)],
]);

function formatErrors({ format = "" }: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (typeof value !== "string" || (TEXT_FORMATS.get(format)?.(value) ?? true)) return [];
  return [invalidValue(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`)];
}

const orEqual = (exclusive: boolean | undefined): string => (exclusive === true ? "" : "or equal to ");
const inBody = (path: string, value: unknown, rule: string): FieldError =>
  invalidValue(path, value, `${path} in body ${rule}`);

/** Lengths, counts, bounds, multiples and patterns. */
function limitErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (typeof value === "string") return textErrors(schema, value, path);
  if (typeof value === "number") return numberErrors(schema, value, path);
  if (Array.isArray(value)) return countErrors(path, "items", value.length, schema.minItems, schema.maxItems);
  if (!isFields(value)) return [];
  return countErrors(path, "properties", Object.keys(value).length, schema.minProperties, schema.maxProperties);
}

function textErrors(schema: StructuralSchema, value: string, path: string): readonly FieldError[] {
  const { maxLength = Number.POSITIVE_INFINITY, minLength = 0, pattern } = schema;
  const errors: FieldError[] = [];
  const length = [...value].length;
  if (length > maxLength) {
    errors.push({ reason: "FieldValueTooLong", field: path, detail: `may not be more than ${maxLength} bytes` });
  }
  if (length < minLength) errors.push(inBody(path, value, `should be at least ${minLength} chars long`));
  if (pattern !== undefined && !schemaPattern(pattern).test(value)) {
    errors.push(inBody(path, value, `should match '${pattern}'`));
  }
  return errors;
}

function numberErrors(schema: StructuralSchema, value: number, path: string): readonly FieldError[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const errors: FieldError[] = [];
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    errors.push(inBody(path, value, `should be a multiple of ${multipleOf}`));
  }
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    errors.push(inBody(path, value, `should be less than ${orEqual(exclusiveMaximum)}${maximum}`));
  }
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    errors.push(inBody(path, value, `should be greater than ${orEqual(exclusiveMinimum)}${minimum}`));
  }
  return errors;
}

function countErrors(path: string, what: string, count: number, min = 0, max = Number.POSITIVE_INFINITY): FieldError[] {
  if (count < min) return [inBody(path, count, `should have at least ${min} ${what}`)];
  if (count <= max) return [];
  return [{ reason: "FieldValueTooMany", field: path, detail: `${count}: must have at most ${max} items` }];
}

/** Items of a set, or keys of a list that is a map, that come twice. */
function duplicateErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const listType = schema["x-kubernetes-list-type"];
  if (!Array.isArray(value) || (listType !== "set" && listType !== "map")) return [];
  const identities = value.map((item) =>
    listType === "set" ? item : Object.fromEntries(keys.map((key) => [key, (item as Fields | null)?.[key]])),
  );
  return identities.flatMap((id, index) =>
    identities.slice(0, index).some((earlier) => equal(earlier, id)) ? [duplicate(`${path}[${index}]`, id)] : [],
  );
}

/** The problems of items and properties. */
function innerErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  const { items } = schema;
  if (Array.isArray(value) && items !== undefined) {
    return value.flatMap((item, index) => validate(items, item, `${path}[${index}]`));
  }
  if (!isFields(value)) return [];
  const inside = (name: string): string => (path === "" ? name : `${path}.${name}`);
  // A null where null is not allowed counts as missing.
  const isMissing = (name: string): boolean =>
    !Object.hasOwn(value, name) || (value[name] === null && propertySchema(schema, name)?.nullable !== true);
  const missing = (schema.required ?? []).filter(isMissing);
  return [
    ...missing.map((name) => required(inside(name))),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const innerSchema = propertySchema(schema, name);
      return innerSchema === undefined || missing.includes(name) ? [] : validate(innerSchema, inner, inside(name));
    }),
  ];
}

/** allOf, anyOf, oneOf and not. Like kube-apiserver, it also reports the problems of the nearest alternative. */
function combinatorErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  // Kubernetes does not name the field of these.
  const wrong = (rule: string): FieldError => invalidValue("<nil>", "", `${JSON.stringify(path)} ${rule}`);
  const attempt = (all: readonly StructuralSchema[] = []) => all.map((one) => validate(one, value, path));
  const failed = (attempts: readonly (readonly FieldError[])[]) => attempts.filter((errors) => errors.length > 0);
  const [any, one, all] = [attempt(schema.anyOf), attempt(schema.oneOf), attempt(schema.allOf)];
  const errors: FieldError[] = [];
  if (any.length > 0 && failed(any).length === any.length) {
    errors.push(wrong("must validate at least one schema (anyOf)"), ...nearest(any));
  }
  const matches = one.length - failed(one).length;
  if (one.length > 0 && matches !== 1) {
    const found = matches === 0 ? "Found none valid" : `Found ${matches} valid alternatives`;
    errors.push(
      wrong(`must validate one and only one schema (oneOf). ${found}`),
      ...(matches === 0 ? nearest(one) : []),
    );
  }
  if (failed(all).length > 0) errors.push(wrong("must validate all the schemas (allOf)"), ...all.flat());
  if (schema.not !== undefined && validate(schema.not, value, path).length === 0) {
    errors.push(wrong("must not validate the schema (not)"));
  }
  return errors;
}

/** The errors of the failed alternative that fits best. */
function nearest(attempts: readonly (readonly FieldError[])[]): readonly FieldError[] {
  return attempts.reduce((best, attempt) => (attempt.length < best.length ? attempt : best), attempts[0] ?? []);
}

const compiled = new Map<string, RegExp>();
const REMEMBERED = 1_000;

/** Compiles a schema's pattern. Of RE2's own syntax, it supports a leading `(?i)`. Throws a SyntaxError. */
export function schemaPattern(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const flags = pattern.startsWith("(?i)") ? "i" : "";
  const made = new RegExp(flags === "" ? pattern : pattern.slice("(?i)".length), flags);
  if (compiled.size >= REMEMBERED) compiled.clear();
  compiled.set(pattern, made);
  return made;
}
