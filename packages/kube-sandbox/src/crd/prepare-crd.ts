import { fieldsAt, listAt, textAt, valueAt } from "../objects/fields.ts";
import type { KubeObject } from "../objects/kube-object.ts";

/** Fills in what a CustomResourceDefinition may leave out. */
export function prepareCrd(definition: KubeObject): KubeObject {
  const spec = fieldsAt(definition, "spec");
  const names = fieldsAt(spec, "names");
  const kind = textAt(names, "kind");
  const spelled = { listKind: `${kind}List`, singular: kind.toLowerCase(), ...names };
  const acceptedNames = { plural: "", kind: "" };
  const stored = listAt(spec, "versions").find((version) => valueAt(version, "storage") === true);
  const storedVersions = stored === undefined ? [] : [textAt(stored, "name")];
  const status = { conditions: [], acceptedNames, storedVersions };
  return {
    ...definition,
    spec: { conversion: { strategy: "None" }, ...spec, names: spelled },
    status: { ...status, ...fieldsAt(definition, "status") },
  };
}
