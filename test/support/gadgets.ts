import type { Account, Condition, Incident, Origin, Parsed } from "../../src/core/index.ts";
import type { KubernetesObject, Resource } from "../../src/kubernetes/objects.ts";

/** A small custom kind with a status, for tests of feeds and reports: `spec.size`, `status.current`, `.conditions`. */
export const GADGETS: Resource = { group: "test.example", version: "v1", plural: "gadgets" };
export const GADGET_PATH = "/apis/test.example/v1/namespaces/default/gadgets";
export const DEFINITIONS_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const FIELDS = {
  spec: { type: "object", properties: { size: { type: "integer" } } },
  status: {
    type: "object",
    properties: {
      current: { type: "integer", maximum: 1000 },
      observedGeneration: { type: "integer" },
      conditions: {
        type: "array",
        items: {
          type: "object",
          properties: Object.fromEntries(["type", "status", "reason"].map((name) => [name, { type: "string" }])),
        },
      },
    },
  },
};

export const GADGET_DEFINITION = {
  metadata: { name: "gadgets.test.example" },
  spec: {
    group: "test.example",
    scope: "Namespaced",
    names: { plural: "gadgets", kind: "Gadget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: FIELDS } },
        subresources: { status: {} },
      },
    ],
  },
};

export function gadget(name: string, size = 1): object {
  return { apiVersion: "test.example/v1", kind: "Gadget", metadata: { name }, spec: { size } };
}

/** Reads a gadget; one of negative size cannot be read at all. */
export function parseGadget({ kind = "", metadata, spec }: KubernetesObject): Parsed {
  const { size } = spec as { size: number };
  if (size < 0) throw new Error("a size below nothing");
  const { namespace, name, uid, generation } = metadata;
  const origin = { kind, namespace, name, uid, ...(generation === undefined ? {} : { generation }) };
  return { id: `Gadget/${namespace}/${name}`, origin, problems: [{ path: "spec.size", message: String(size) }] };
}

/** Where a gadget's reports go. */
export function gadgetOrigin(name: string, more: Partial<Origin> = {}): Origin {
  return { kind: "Gadget", namespace: "default", name, ...more };
}

export function account(current: number, reason = "AllWell", generation = 1): Account {
  const conditions: Condition[] = [{ type: "Ready", status: "True", reason, message: "" }];
  return { at: Date.now(), currentReplicas: current, observedGeneration: generation, signals: {}, conditions };
}

/** A gadget's whole status. */
export function gadgetStatus(_origin: Origin, { currentReplicas, observedGeneration, conditions }: Account): object {
  const kept = conditions.map(({ type, status, reason }) => ({ type, status, reason }));
  return { current: currentReplicas, observedGeneration, conditions: kept };
}

export function incident(message: string, reason = "Scaled"): Incident {
  return { type: "Normal", reason, message };
}
