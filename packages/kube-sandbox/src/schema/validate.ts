import { equal } from "../objects/equal.ts";
import { type Fields, isFields } from "../objects/fields.ts";
import { combinatorErrors } from "./combinators.ts";
import { type FieldError, invalidValue, notSupported, required, typeInvalid } from "./field-error.ts";
import { formatIsWrong } from "./format.ts";
import { propertySchema, type StructuralSchema } from "./structural-schema.ts";
import { listErrors, numberErrors, propertyCountErrors, textErrors } from "./value-limits.ts";

/** What is wrong with a value, in the words of kube-apiserver. Paths as in `spec.items[0].name`. */
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

/** The JSON type as the server's messages name it. */
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
