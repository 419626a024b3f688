import type { Fields } from "../objects.ts";

/** Names a resource in messages: `deployments.apps`, `pods`. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** A Status of kind Failure, in kube-apiserver's words. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  readonly reason: string;
  /** Absent in the few answers that have none in Kubernetes. */
  readonly details: Fields | undefined;
  readonly metadata: Fields;

  constructor(code: number, reason: string, message: string, details?: Fields, metadata: Fields = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.metadata = metadata;
  }

  toStatus(): Fields {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: this.metadata,
      status: "Failure",
      message: this.message,
      ...(this.reason !== "" && { reason: this.reason }),
      ...(this.details !== undefined && { details: this.details }),
      code: this.code,
    };
  }
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualified({ group, plural }: Pick<ResourceName, "group" | "plural">): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function detailsOf(resource: ResourceName, name: string): Fields {
  return { name, ...(resource.group !== "" && { group: resource.group }), kind: resource.plural };
}

export function notFound(resource: ResourceName, name: string): StatusError {
  return new StatusError(404, "NotFound", `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function alreadyExists(resource: ResourceName, name: string): StatusError {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new StatusError(409, "AlreadyExists", message, detailsOf(resource, name));
}

const MODIFIED = "the object has been modified; please apply your changes to the latest version and try again";

export function conflict(resource: ResourceName, name: string, because = MODIFIED): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${because}`;
  return new StatusError(409, "Conflict", message, detailsOf(resource, name));
}

/** A conflict of uids: another object has the name now. */
export function uidConflict(resource: ResourceName, name: string, wanted: string, found: string): StatusError {
  return conflict(resource, name, `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`);
}

export function forbidden(resource: ResourceName, name: string, because: string): StatusError {
  const message = `${qualified(resource)} "${name}" is forbidden: ${because}`;
  return new StatusError(403, "Forbidden", message, detailsOf(resource, name));
}

export function invalid(resource: ResourceName, name: string, errors: readonly FieldError[]): StatusError {
  const texts = [...new Set(errors.map(fieldErrorText))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const { group } = resource;
  const kind = group === "" ? resource.kind : `${resource.kind}.${group}`;
  const causes = errors.map((error) => {
    const { reason, field } = error;
    return { reason, message: fieldErrorText(error).slice(`${field}: `.length), field };
  });
  const details = { ...(name !== "" && { name }), ...(group !== "" && { group }), kind: resource.kind, causes };
  return new StatusError(422, "Invalid", `${kind} "${name}" is invalid: ${list}`, details);
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

export function methodNotAllowed(): StatusError {
  const message = "the server does not allow this method on the requested resource";
  return new StatusError(405, "MethodNotAllowed", message, {});
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new StatusError(415, "UnsupportedMediaType", message, {});
}

/** The answer to a patch that fails, for example in a `test`. */
export function unprocessable(): StatusError {
  return new StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {});
}

/** The answer to a watch, or a page of a list, that starts before the kept history. */
export function expired(message: string, metadata: Fields = {}): StatusError {
  return new StatusError(410, "Expired", message, undefined, metadata);
}

export function internalError(message: string): StatusError {
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** The answer to requests that need a real container: `kubectl logs`, `exec`, `attach` and `port-forward`. */
export function simulatedPod(subresource: string): StatusError {
  const message = `pods of the sandbox are simulated and run no container: there is no "${subresource}"; see "kubectl describe pod" and "kubectl get events"`;
  return new StatusError(501, "NotImplemented", message, {});
}

/** The answer to a path under /api or /apis that is not served. */
export function nothingThere(): StatusError {
  return new StatusError(404, "NotFound", "the server could not find the requested resource", {});
}

/** A resourceVersion from the future. */
export function tooLargeResourceVersion(asked: number, current: number): StatusError {
  const details = {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  };
  return new StatusError(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, details);
}

/** The kinds of errors that Kubernetes knows for one field, and how it prints them. */
const FIELD_REASONS = {
  FieldValueInvalid: "Invalid value",
  FieldValueRequired: "Required value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueTypeInvalid: "Invalid value",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueDuplicate: "Duplicate value",
  FieldValueForbidden: "Forbidden",
} as const;

export interface FieldError {
  readonly reason: keyof typeof FIELD_REASONS;
  readonly field: string;
  readonly value?: unknown;
  readonly detail: string;
}

const fieldError =
  (reason: FieldError["reason"]) =>
  (field: string, value: unknown, detail = ""): FieldError => ({ reason, field, value, detail });

export const invalidValue = fieldError("FieldValueInvalid");
export const typeInvalid = fieldError("FieldValueTypeInvalid");
export const duplicate = fieldError("FieldValueDuplicate");

export function required(field: string, detail = ""): FieldError {
  return { reason: "FieldValueRequired", field, detail };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const detail = `supported values: ${supported.map((one) => `"${String(one)}"`).join(", ")}`;
  return { reason: "FieldValueNotSupported", field, value, detail };
}

/** A list of the error, or an empty one if the condition holds. */
export function errorUnless(holds: boolean, error: () => FieldError): readonly FieldError[] {
  return holds ? [] : [error()];
}

/** The error as Kubernetes prints it: `spec.replicas: Invalid value: -1: must be ...`. */
function fieldErrorText(error: FieldError): string {
  const parts = [error.field, FIELD_REASONS[error.reason]];
  // Texts are quoted; other values print as JSON, as newer servers do (older ones print Go syntax for objects).
  if ("value" in error) parts.push(JSON.stringify(error.value ?? null));
  if (error.detail !== "") parts.push(error.detail);
  return parts.join(": ");
}
