import { equal } from "../objects/equal.ts";
import type { Fields } from "../objects/fields.ts";
import { type FieldError, invalidValue } from "./field-error.ts";
import { schemaPattern } from "./schema-pattern.ts";
import type { StructuralSchema } from "./structural-schema.ts";

const inBody = (path: string, value: unknown, rule: string): FieldError =>
  invalidValue(path, value, `${path} in body ${rule}`);

/** Length and pattern. */
export function textErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
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
export function numberErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
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
export function listErrors(schema: StructuralSchema, value: unknown, path: string): readonly FieldError[] {
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
export function propertyCountErrors(schema: StructuralSchema, value: Fields, path: string): readonly FieldError[] {
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
