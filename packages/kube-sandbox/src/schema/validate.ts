import { isIPv4, isIPv6 } from "node:net";
import { equal, type Fields, isFields } from "../objects.ts";
import { type FieldError, invalidValue, notSupported, required, typeInvalid } from "../rest/status-error.ts";
import { propertySchema, type StructuralSchema } from "./structural-schema.ts";

/** The problems of a value, in kube-apiserver's words, with paths such as `spec.items[0].name`. */
export function validate(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (value === null && schema.nullable === true) return [];
  return [
    ...typeErrors(schema, value, path),
    ...enumErrors(schema, value, path),
    ...formatErrors(schema, value, path),
    ...textErrors(schema, value, path),
    ...numberErrors(schema, value, path),
    ...listErrors(schema, value, path),
    ...propertyErrors(schema, value, path),
    ...combinatorErrors(schema, value, path, validate),
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
  if (schema["x-kubernetes-int-or-string"] === true) {
    if (found === "integer" || found === "string") return [];
    return [typeInvalid(path, found, `${path} in body must be of type integer,string: "${found}"`)];
  }
  const wanted = schema.type ?? "";
  if (wanted === "" || wanted === found || (wanted === "number" && found === "integer")) return [];
  return [typeInvalid(path, found, `${path} in body must be of type ${wanted}: "${found}"`)];
}

function enumErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (schema.enum === undefined || schema.enum.some((one) => equal(one, value))) return [];
  return [notSupported(path, value, schema.enum)];
}

function formatErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  const { format } = schema;
  if (format === undefined || !formatIsWrong(format, value)) return [];
  return [invalidValue(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`)];
}

function propertyErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => validate(items, item, `${path}[${index}]`));
  }
  if (!isFields(value)) return [];
  const inside = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const missing = (schema.required ?? []).filter((name) => isMissing(schema, value, name));
  return [
    ...propertyCountErrors(schema, value, path),
    ...missing.map((name) => required(inside(name))),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const innerSchema = propertySchema(schema, name);
      return innerSchema === undefined || missing.includes(name) ? [] : validate(innerSchema, inner, inside(name));
    }),
  ];
}

/** A null where null is not allowed counts as missing. */
function isMissing(schema: StructuralSchema, value: Fields, name: string): boolean {
  return !Object.hasOwn(value, name) || (value[name] === null && propertySchema(schema, name)?.nullable !== true);
}

type Validate = (schema: StructuralSchema, value: unknown, path: string) => readonly FieldError[];

/** allOf, anyOf, oneOf and not. Like kube-apiserver, it also reports the problems of the nearest alternative. */
function combinatorErrors(
  schema: StructuralSchema,
  value: unknown,
  path: string,
  validate: Validate,
): readonly FieldError[] {
  const named = JSON.stringify(path);
  // Kubernetes does not name the field of these.
  const wrong = (rule: string): FieldError => invalidValue("<nil>", "", rule);
  const errors: FieldError[] = [];
  if (schema.anyOf !== undefined) {
    const attempts = schema.anyOf.map((one) => validate(one, value, path));
    if (attempts.every((attempt) => attempt.length > 0)) {
      errors.push(wrong(`${named} must validate at least one schema (anyOf)`), ...nearest(attempts));
    }
  }
  if (schema.oneOf !== undefined) errors.push(...oneOfErrors(schema.oneOf, value, path, validate, wrong));
  if (schema.allOf !== undefined) {
    const attempts = schema.allOf.map((one) => validate(one, value, path));
    if (attempts.some((attempt) => attempt.length > 0)) {
      errors.push(wrong(`${named} must validate all the schemas (allOf)`), ...attempts.flat());
    }
  }
  if (schema.not !== undefined && validate(schema.not, value, path).length === 0) {
    errors.push(wrong(`${named} must not validate the schema (not)`));
  }
  return errors;
}

function oneOfErrors(
  alternatives: readonly StructuralSchema[],
  value: unknown,
  path: string,
  validate: Validate,
  wrong: (rule: string) => FieldError,
): readonly FieldError[] {
  const attempts = alternatives.map((one) => validate(one, value, path));
  const matches = attempts.filter((attempt) => attempt.length === 0).length;
  if (matches === 1) return [];
  const found = matches === 0 ? "Found none valid" : `Found ${matches} valid alternatives`;
  const text = `${JSON.stringify(path)} must validate one and only one schema (oneOf). ${found}`;
  return [wrong(text), ...(matches === 0 ? nearest(attempts) : [])];
}

/** The errors of the failed alternative that fits best. */
function nearest(attempts: readonly (readonly FieldError[])[]): readonly FieldError[] {
  return attempts.reduce((best, attempt) => (attempt.length < best.length ? attempt : best), attempts[0] ?? []);
}

const inBody = (path: string, value: unknown, rule: string): FieldError =>
  invalidValue(path, value, `${path} in body ${rule}`);

/** Length and pattern. */
function textErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (typeof value !== "string") return [];
  const errors: FieldError[] = [];
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    errors.push({ reason: "FieldValueTooLong", field: path, detail: `may not be more than ${schema.maxLength} bytes` });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    errors.push(inBody(path, value, `should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !schemaPattern(schema.pattern).test(value)) {
    errors.push(inBody(path, value, `should match '${schema.pattern}'`));
  }
  return errors;
}

/** Bounds and multiples. */
function numberErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (typeof value !== "number") return [];
  const { minimum, maximum, multipleOf } = schema;
  const errors: FieldError[] = [];
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    errors.push(inBody(path, value, `should be a multiple of ${multipleOf}`));
  }
  if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    errors.push(inBody(path, value, `should be less than ${orEqual(schema.exclusiveMaximum)}${maximum}`));
  }
  if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    errors.push(inBody(path, value, `should be greater than ${orEqual(schema.exclusiveMinimum)}${minimum}`));
  }
  return errors;
}

const orEqual = (exclusive: boolean | undefined): string => (exclusive === true ? "" : "or equal to ");

/** Number and uniqueness of items. */
function listErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
  if (!Array.isArray(value)) return [];
  const errors: FieldError[] = [];
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    errors.push(inBody(path, value.length, `should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) {
    errors.push({
      reason: "FieldValueTooMany",
      field: path,
      detail: `${value.length}: must have at most ${maxItems} items`,
    });
  }
  return [...errors, ...duplicateErrors(schema, value, path)];
}

function duplicateErrors(schema: StructuralSchema, value: readonly unknown[], path: string): readonly FieldError[] {
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const listType = schema["x-kubernetes-list-type"];
  if (listType !== "set" && listType !== "map") return [];
  const identity = (item: unknown): unknown =>
    listType === "set" ? item : Object.fromEntries(keys.map((key) => [key, (item as Fields | null)?.[key]]));
  return value.flatMap((item, index) => {
    const id = identity(item);
    const seen = value.slice(0, index).some((earlier) => equal(identity(earlier), id));
    return seen ? [{ reason: "FieldValueDuplicate" as const, field: `${path}[${index}]`, value: id, detail: "" }] : [];
  });
}

/** Number of properties of an object. */
function propertyCountErrors(schema: StructuralSchema, value: Fields, path: string): readonly FieldError[] {
  const count = Object.keys(value).length;
  const errors: FieldError[] = [];
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined && count < minProperties) {
    errors.push(inBody(path, count, `should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && count > maxProperties) {
    errors.push({
      reason: "FieldValueTooMany",
      field: path,
      detail: `${count}: must have at most ${maxProperties} items`,
    });
  }
  return errors;
}

/** Tests of formats. As in kube-apiserver, unknown formats never fail. */
const TEXT_FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": (text) =>
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})?$/.test(text) &&
    !Number.isNaN(Date.parse(text.slice(0, 10))),
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
  ipv4: isIPv4,
  ipv6: isIPv6,
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uri: (text) => URL.canParse(text) || text.startsWith("/"),
  email: (text) => /^[^@\s]+@[^@\s]+$/.test(text),
  hostname: (text) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i.test(text),
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
  duration: (text) =>
    /^([0-9.]+(ns|us|µs|ms|s|m|h))+$/.test(text) || /^\d+ ?(d|w|day|week|hour|minute|second)s?$/.test(text),
};

/** Whether a value has the right type but not the format of its schema. */
function formatIsWrong(format: string, value: unknown): boolean {
  return typeof value === "string" && Object.hasOwn(TEXT_FORMATS, format) && TEXT_FORMATS[format]?.(value) === false;
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
