/** The kinds of errors that Kubernetes knows for one field. */
type FieldErrorReason =
  | "FieldValueInvalid"
  | "FieldValueRequired"
  | "FieldValueNotSupported"
  | "FieldValueTypeInvalid"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueDuplicate"
  | "FieldValueForbidden";

/** The problem of one field. */
export interface FieldError {
  readonly reason: FieldErrorReason;
  readonly field: string;
  readonly value?: unknown;
  readonly detail: string;
}

export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  reason: "FieldValueInvalid",
  field,
  value,
  detail,
});

export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: "FieldValueTypeInvalid",
  field,
  value,
  detail,
});

export const required = (field: string, detail = ""): FieldError => ({ reason: "FieldValueRequired", field, detail });

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: "FieldValueDuplicate",
  field,
  value,
  detail: "",
});

export const notSupported = (field: string, value: unknown, supported: readonly unknown[]): FieldError => ({
  reason: "FieldValueNotSupported",
  field,
  value,
  detail: `supported values: ${supported.map((one) => `"${String(one)}"`).join(", ")}`,
});

const WORDS: Readonly<Record<FieldErrorReason, string>> = {
  FieldValueInvalid: "Invalid value",
  FieldValueRequired: "Required value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueTypeInvalid: "Invalid value",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueDuplicate: "Duplicate value",
  FieldValueForbidden: "Forbidden",
};

const VALUELESS: ReadonlySet<FieldErrorReason> = new Set([
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueTooLong",
  "FieldValueTooMany",
]);

/** The error as Kubernetes prints it: `spec.replicas: Invalid value: -1: must be ...`. */
export function fieldErrorText(error: FieldError): string {
  const parts = [error.field, WORDS[error.reason]];
  if (!VALUELESS.has(error.reason) && "value" in error) parts.push(valueText(error.value));
  if (error.detail !== "") parts.push(error.detail);
  return parts.join(": ");
}

// Texts are quoted; other values print as JSON, as newer servers do (older ones print Go syntax for objects).
function valueText(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : JSON.stringify(value ?? null);
}
