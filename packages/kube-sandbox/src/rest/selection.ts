import { fieldsAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import { parseFieldSelector } from "../resources/field-selector.ts";
import { parseLabelSelector } from "../resources/label-selector.ts";
import { badRequest } from "./status-error.ts";
import type { Target } from "./target.ts";

/** Which objects of a resource a list or a watch is about. */
export interface Selection {
  readonly all: boolean;
  readonly has: (object: KubeObject) => boolean;
}

/** Reads labelSelector and fieldSelector; a name in the path selects that one object. */
export function selectionOf(target: Target, query: URLSearchParams): Selection {
  const labels = query.get("labelSelector") ?? "";
  const fields = query.get("fieldSelector") ?? "";
  const labelTest = parseLabelSelector(labels);
  if (labelTest === undefined) throw badRequest(`unable to parse requirement: found '${labels}'`);
  const fieldTest = parseFieldSelector(fields, target.served.type);
  const { name, namespace } = target;
  return {
    all: labels === "" && fields === "" && name === undefined,
    has: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      (name === undefined || object.metadata.name === name) &&
      labelTest(fieldsAt(object, "metadata", "labels")) &&
      fieldTest(object),
  };
}
