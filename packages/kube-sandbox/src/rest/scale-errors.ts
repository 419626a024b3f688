import { valueAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import type { ScalePaths } from "../resources/resource-type.ts";
import { type FieldError, invalidValue } from "../schema/field-error.ts";

const INT32_MAX = 2 ** 31 - 1;

/** What keeps a custom resource's replicas from being shown by its scale subresource. */
export function scaleErrors(paths: ScalePaths | undefined, object: KubeObject): readonly FieldError[] {
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
