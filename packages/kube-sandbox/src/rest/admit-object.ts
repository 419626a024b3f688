import { type Fields, fieldsAt, isFields, type KubeObject, type Metadata, textAt, valueAt } from "../objects.ts";
import { apiVersionOf, type ScalePaths, type ServedResource } from "../resources/resource-type.ts";
import { applyDefaults, prune, validate } from "../schema.ts";
import { badRequest, type FieldError, invalid, invalidValue, required, type StatusError } from "./status-error.ts";

/** How to treat unknown fields (query `fieldValidation`). */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** Reads an object of the expected kind into its stored form, without unknown fields. */
export function decodeObject(
  served: ServedResource,
  body: Fields,
  validation: FieldValidation,
  warnings: string[],
): Fields {
  checkKind(served, body);
  checkMetadataTypes(served, body);
  const { schema, toStored } = served.version;
  const unknown: string[] = [];
  // The server checks the metadata of custom resources itself.
  const isEmbedded = { "x-kubernetes-embedded-resource": served.type.custom };
  const known = schema === undefined ? body : prune({ ...schema, ...isEmbedded }, body, unknown);
  const texts = unknown.map((path) => `unknown field "${path}"`);
  if (texts.length > 0 && validation === "Strict") {
    throw cannotBeHandled(served, `strict decoding error: ${texts.join(", ")}`);
  }
  if (validation === "Warn") warnings.push(...texts);
  if (!served.type.custom) checkTypes(served, known);
  return toStored?.(known) ?? known;
}

function checkKind(served: ServedResource, body: Fields): void {
  const [apiVersion, kind] = [textAt(body, "apiVersion"), textAt(body, "kind")];
  const { type, version } = served;
  const wanted = apiVersionOf(served);
  if (type.custom && kind === "") throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`);
  if (apiVersion !== "" && apiVersion !== wanted) {
    const problem = `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`;
    throw badRequest(problem);
  }
  if (kind === "" || kind === type.kind) return;
  if (!type.custom) throw badRequest(`${kind} in version "${version.name}" cannot be handled as a ${type.kind}`);
  const error = invalidValue("kind", kind, `must be ${type.kind}`);
  throw invalid({ ...type, kind }, textAt(body, "metadata", "name"), [error]);
}

function cannotBeHandled(served: ServedResource, problem: string): StatusError {
  const { kind } = served.type;
  return badRequest(`${kind} in version "${served.version.name}" cannot be handled as a ${kind}: ${problem}`);
}

function cannotUnmarshal(served: ServedResource, found: string, field: string, type: string): StatusError {
  return cannotBeHandled(served, `json: cannot unmarshal ${found} into Go struct field ${field} of type ${type}`);
}

function checkMetadataTypes(served: ServedResource, body: Fields): void {
  const metadata = valueAt(body, "metadata");
  if (metadata !== undefined && metadata !== null && !isFields(metadata)) {
    throw cannotUnmarshal(served, "value", ".metadata", "v1.ObjectMeta");
  }
  for (const field of ["labels", "annotations"]) {
    const wrong = Object.values(fieldsAt(metadata, field)).find((value) => typeof value !== "string" && value !== null);
    const found = typeof wrong === "boolean" ? "bool" : typeof wrong;
    if (wrong !== undefined) throw cannotUnmarshal(served, found, `ObjectMeta.metadata.${field}`, "string");
  }
}

function checkTypes(served: ServedResource, body: Fields): void {
  const { schema } = served.version;
  const errors = schema === undefined ? [] : validate(schema, withoutNulls(body), "");
  const error = errors.find((one) => one.reason === "FieldValueTypeInvalid");
  if (error === undefined) return;
  const type = /of type (\w+)/.exec(error.detail)?.[1] ?? "";
  const field = `${served.type.kind}.${error.field}`;
  throw cannotUnmarshal(served, String(error.value), field, type === "integer" ? "int32" : type);
}

// Go's decoder treats null as "not set".
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutNulls(inner)]));
}

/** Fills in defaults and checks an object before it is stored. Throws a StatusError that lists its problems. */
export function admit(served: ServedResource, wanted: KubeObject, previous: KubeObject | undefined): KubeObject {
  const { type, version } = served;
  const object = withDefaults(served, wanted, previous);
  const errors = [
    ...checkMetadata(type.id, object.metadata),
    // The schema may describe metadata; the server checks that part itself.
    ...(type.custom && version.schema !== undefined ? validate(version.schema, { ...object, metadata: {} }, "") : []),
    ...(type.custom ? scaleErrors(version.scale, object) : []),
    ...(type.check?.(object, previous) ?? []),
  ];
  if (errors.length > 0) throw invalid(type, object.metadata.name, errors);
  return object;
}

function withDefaults(served: ServedResource, wanted: KubeObject, previous: KubeObject | undefined): KubeObject {
  const { type, version } = served;
  if (!type.custom || version.schema === undefined) return type.prepare?.(wanted, previous) ?? wanted;
  const filled = applyDefaults(version.schema, wanted) as KubeObject;
  return { ...filled, metadata: wanted.metadata };
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
/** Resources whose names need not be subdomains: RBAC's contain colons. */
const PATH_SEGMENT_NAMES = /\.rbac\.authorization\.k8s\.io$/;

function checkMetadata(resourceId: string, metadata: Metadata): readonly FieldError[] {
  const { name } = metadata;
  if (name === "") return [required("metadata.name", "name or generateName is required")];
  return [...nameErrors(resourceId, name), ...labelErrors(metadata), ...ownerErrors(metadata)];
}

function nameErrors(resourceId: string, name: string): readonly FieldError[] {
  if (PATH_SEGMENT_NAMES.test(resourceId)) return [];
  const isLabel = resourceId === "namespaces";
  const limit = isLabel ? 63 : 253;
  if (name.length > limit) return [invalidValue("metadata.name", name, `must be no more than ${limit} characters`)];
  if ((isLabel ? LABEL : SUBDOMAIN).test(name)) return [];
  return [invalidValue("metadata.name", name, isLabel ? LABEL_RULE : SUBDOMAIN_RULE)];
}

function labelErrors(metadata: Metadata): readonly FieldError[] {
  return Object.values(fieldsAt(metadata, "labels")).flatMap((value) => {
    const text = String(value ?? "");
    if (text.length > 63) return [invalidValue("metadata.labels", text, "must be no more than 63 characters")];
    return LABEL_VALUE.test(text) ? [] : [invalidValue("metadata.labels", text, LABEL_VALUE_RULE)];
  });
}

function ownerErrors(metadata: Metadata): readonly FieldError[] {
  const owners = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  return owners.flatMap((owner, index) =>
    ["apiVersion", "kind", "name", "uid"]
      .filter((field) => textAt(owner, field) === "")
      .map((field) => invalidValue(`metadata.ownerReferences[${index}].${field}`, "", `${field} must not be empty`)),
  );
}

const INT32_MAX = 2 ** 31 - 1;

/** Why the scale subresource cannot show the replicas of a custom resource. */
function scaleErrors(paths: ScalePaths | undefined, object: KubeObject): readonly FieldError[] {
  if (paths === undefined) return [];
  const field = `.${paths.specReplicas.join(".")}`;
  const replicas = valueAt(object, ...paths.specReplicas);
  if (replicas === undefined) return [];
  if (!Number.isInteger(replicas)) {
    const type = typeof replicas === "number" ? "float64" : typeof replicas;
    const text = `${field} accessor error: ${String(replicas)} is of the type ${type}, expected int64`;
    return [invalidValue(field, 0, text)];
  }
  const count = Number(replicas);
  if (count < 0) return [invalidValue(field, count, "should be a non-negative integer")];
  return count > INT32_MAX ? [invalidValue(field, count, `should be less than or equal to ${INT32_MAX}`)] : [];
}
