import { fieldsAt, textAt } from "../objects/fields.ts";
import type { Metadata } from "../objects/kube-object.ts";
import { type FieldError, invalidValue, required } from "../schema/field-error.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
/** Names that need not be subdomains: RBAC's hold colons. */
const PATH_SEGMENT_NAMES = /\.rbac\.authorization\.k8s\.io$/;

/** What is wrong with an object's name and labels. */
export function checkMetadata(resourceId: string, metadata: Metadata): readonly FieldError[] {
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
