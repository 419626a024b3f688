import { type Fields, isFields, valueAt } from "../objects/fields.ts";
import { type FieldError, invalidValue, notSupported, required } from "../schema/field-error.ts";
import { schemaPattern } from "../schema/schema-pattern.ts";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];

/** Where a schema is not structural, or says what cannot be. */
export function schemaErrors(schema: Fields, path: string): readonly FieldError[] {
  const free = schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const { type } = schema;
  const errors: FieldError[] = [];
  if (type === undefined && !free)
    errors.push(required(`${path}.type`, "must not be empty for specified object fields"));
  if (type !== undefined && !TYPES.includes(String(type))) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (schema.properties !== undefined && schema.additionalProperties !== undefined) {
    const text = "additionalProperties and properties are mutual exclusive";
    errors.push({ reason: "FieldValueForbidden", field: `${path}.additionalProperties`, detail: text });
  }
  if (typeof schema.pattern === "string") errors.push(...patternErrors(schema.pattern, `${path}.pattern`));
  return [...errors, ...innerErrors(schema, path)];
}

function patternErrors(pattern: string, path: string): readonly FieldError[] {
  try {
    schemaPattern(pattern);
    return [];
  } catch (error) {
    return [invalidValue(path, pattern, `must be a valid regular expression, but isn't: ${String(error)}`)];
  }
}

function innerErrors(schema: Fields, path: string): readonly FieldError[] {
  const properties = Object.entries(isFields(schema.properties) ? schema.properties : {});
  const inner: (readonly [unknown, string])[] = properties.map(([name, one]) => [one, `${path}.properties[${name}]`]);
  if (schema.type === "array" && schema.items === undefined) {
    return [required(`${path}.items`, "must be specified")];
  }
  if (schema.items !== undefined) inner.push([schema.items, `${path}.items`]);
  if (isFields(schema.additionalProperties)) inner.push([schema.additionalProperties, `${path}.additionalProperties`]);
  return inner.flatMap(([one, at]) => (isFields(one) && valueAt(one) !== undefined ? schemaErrors(one, at) : []));
}
