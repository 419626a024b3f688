import { type FieldError, invalidValue } from "./field-error.ts";
import type { StructuralSchema } from "./structural-schema.ts";

type Validate = (schema: StructuralSchema, value: unknown, path: string) => readonly FieldError[];

/** allOf, anyOf, oneOf and not. Like the server, it also says what the nearest alternative lacks. */
export function combinatorErrors(
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

/** Of the failed alternatives, the errors of the one that fits best. */
function nearest(attempts: readonly (readonly FieldError[])[]): readonly FieldError[] {
  return attempts.reduce((best, attempt) => (attempt.length < best.length ? attempt : best), attempts[0] ?? []);
}
