import type { Fields } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";
import type { ServedResource } from "../resources/resource-type.ts";
import { applyDefaults } from "../schema/apply-defaults.ts";
import { validate } from "../schema/validate.ts";
import { checkMetadata } from "./check-metadata.ts";
import { scaleErrors } from "./scale-errors.ts";
import { invalid } from "./status-error.ts";

/** Fills in defaults and checks an object before it is stored. Throws the StatusError that says what is wrong. */
export function admit(served: ServedResource, wanted: KubeObject, previous: KubeObject | undefined): KubeObject {
  const { type, version } = served;
  const object = withDefaults(served, wanted, previous);
  const errors = [
    ...checkMetadata(type.id, object.metadata),
    ...(type.custom && version.schema !== undefined ? validate(version.schema, withoutMetadata(object), "") : []),
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

// The schema may describe metadata; the server checks that part itself.
function withoutMetadata(object: KubeObject): Fields {
  return { ...object, metadata: {} };
}
