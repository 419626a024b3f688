import { type Fields, fieldsAt, isFields, textAt, valueAt } from "../objects/fields.ts";
import { knownFields, knowsFieldsOf } from "../protobuf/known-fields.ts";
import { apiVersionOf, type ServedResource } from "../resources/resource-type.ts";
import { invalidValue } from "../schema/field-error.ts";
import { prune } from "../schema/prune.ts";
import { validate } from "../schema/validate.ts";
import { badRequest, invalid, type StatusError } from "./status-error.ts";

/** What to do with fields that no schema knows (query `fieldValidation`). */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** Reads an object of the wanted kind in the form that is stored: without unknown fields. */
export function decodeObject(
  served: ServedResource,
  body: Fields,
  validation: FieldValidation,
  warnings: string[],
): Fields {
  checkKind(served, body);
  checkMetadata(served, body);
  const unknown: string[] = [];
  const known = pruned(served, body, unknown);
  const texts = unknown.map((path) => `unknown field "${path}"`);
  if (texts.length > 0 && validation === "Strict") throw strictError(served, texts);
  if (validation === "Warn") warnings.push(...texts);
  if (!served.type.custom) checkTypes(served, known);
  return toStored(served, known);
}

function pruned(served: ServedResource, body: Fields, unknown: string[]): Fields {
  const message = `${apiVersionOf(served)}.${served.type.kind}`;
  if (!served.type.custom && knowsFieldsOf(message)) return knownFields(message, body, unknown);
  const { schema } = served.version;
  return schema === undefined ? body : prune(schema, body, unknown);
}

function toStored(served: ServedResource, body: Fields): Fields {
  return served.version.toStored?.(body) ?? body;
}

function checkKind(served: ServedResource, body: Fields): void {
  const [apiVersion, kind] = [textAt(body, "apiVersion"), textAt(body, "kind")];
  const wanted = apiVersionOf(served);
  if (served.type.custom && kind === "") throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`);
  if (apiVersion !== "" && apiVersion !== wanted) {
    const problem = `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`;
    throw badRequest(problem);
  }
  if (kind !== "" && kind !== served.type.kind && served.type.custom) {
    const error = invalidValue("kind", kind, `must be ${served.type.kind}`);
    throw invalid({ ...served.type, kind }, textAt(body, "metadata", "name"), [error]);
  }
  if (kind !== "" && kind !== served.type.kind) {
    throw badRequest(`${kind} in version "${served.version.name}" cannot be handled as a ${served.type.kind}`);
  }
}

function cannotBeHandled(served: ServedResource, problem: string): StatusError {
  const { kind } = served.type;
  return badRequest(`${kind} in version "${served.version.name}" cannot be handled as a ${kind}: ${problem}`);
}

function strictError(served: ServedResource, texts: readonly string[]): StatusError {
  return cannotBeHandled(served, `strict decoding error: ${texts.join(", ")}`);
}

function checkMetadata(served: ServedResource, body: Fields): void {
  const metadata = valueAt(body, "metadata");
  if (metadata !== undefined && metadata !== null && !isFields(metadata)) {
    throw cannotBeHandled(served, "json: cannot unmarshal value into Go struct field .metadata of type v1.ObjectMeta");
  }
  for (const field of ["labels", "annotations"]) {
    const wrong = Object.values(fieldsAt(metadata, field)).find((value) => typeof value !== "string" && value !== null);
    if (wrong === undefined) continue;
    const type = GO_TYPES[typeof wrong] ?? typeof wrong;
    const into = `Go struct field ObjectMeta.metadata.${field} of type string`;
    throw cannotBeHandled(served, `json: cannot unmarshal ${type} into ${into}`);
  }
}

/** What Go's decoder calls the types of JSON. */
const GO_TYPES: Readonly<Record<string, string>> = { boolean: "bool" };

function checkTypes(served: ServedResource, body: Fields): void {
  const { schema } = served.version;
  const nullsAside = withoutNulls(body);
  const wrong = schema === undefined ? [] : validate(schema, nullsAside, "");
  const error = wrong.find((one) => one.reason === "FieldValueTypeInvalid");
  if (error === undefined) return;
  const type = /of type (\w+)/.exec(error.detail)?.[1] ?? "";
  const into = `Go struct field ${served.type.kind}.${error.field} of type ${type === "integer" ? "int32" : type}`;
  throw cannotBeHandled(served, `json: cannot unmarshal ${String(error.value)} into ${into}`);
}

// Go's decoder takes null for "not set".
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutNulls(inner)]));
}
