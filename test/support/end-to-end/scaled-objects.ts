import assert from "node:assert/strict";
import { DEFINITIONS_PATH } from "../gadgets.ts";
import { eventually } from "../waiting.ts";
import type { Stage } from "./stage.ts";

const GROUP = "keda.sh";
const SCALED_OBJECTS = `/apis/${GROUP}/v1alpha1/namespaces/default/scaledobjects`;
const AUTHENTICATIONS = `/apis/${GROUP}/v1alpha1/namespaces/default/triggerauthentications`;
const FINALIZER = "finalizer.keda.sh";

const text = { type: "string" };
const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** The fields that KEDA's own definition lets a status have: the API server drops all others. */
const STATUS = {
  type: "object",
  properties: {
    scaleTargetKind: text,
    scaleTargetGVKR: anything,
    originalReplicaCount: { type: "integer" },
    lastActiveTime: { type: "string", format: "date-time" },
    externalMetricNames: { type: "array", items: text },
    conditions: {
      type: "array",
      items: {
        type: "object",
        required: ["status", "type"],
        properties: { type: text, status: text, reason: text, message: text },
      },
    },
    health: anything,
    hpaName: text,
    triggersTypes: text,
    authenticationsTypes: text,
  },
};

interface FoundScaledObject {
  readonly metadata: { readonly finalizers?: readonly string[] };
  readonly status?: {
    readonly scaleTargetKind?: string;
    readonly lastActiveTime?: string;
    readonly externalMetricNames?: readonly string[];
    readonly hpaName?: string;
    readonly triggersTypes?: string;
    readonly authenticationsTypes?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

/** Makes KEDA's kinds known to the stage's cluster, as far as they matter here. */
export async function installKedaKinds({ objects }: Stage): Promise<void> {
  const kinds = [
    { plural: "scaledobjects", kind: "ScaledObject", scope: "Namespaced", status: STATUS },
    { plural: "triggerauthentications", kind: "TriggerAuthentication", scope: "Namespaced", status: anything },
    {
      plural: "clustertriggerauthentications",
      kind: "ClusterTriggerAuthentication",
      scope: "Cluster",
      status: anything,
    },
  ];
  for (const { plural, kind, scope, status } of kinds) {
    await objects.create(DEFINITIONS_PATH, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${GROUP}` },
      spec: {
        group: GROUP,
        scope,
        names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
        versions: [
          {
            ...{ name: "v1alpha1", served: true, storage: true, subresources: { status: {} } },
            schema: { openAPIV3Schema: { type: "object", properties: { spec: anything, status } } },
          },
        ],
      },
    });
  }
  await eventually(() => objects.get(SCALED_OBJECTS));
  await eventually(() => objects.get(AUTHENTICATIONS));
  await eventually(() => objects.get(`/apis/${GROUP}/v1alpha1/clustertriggerauthentications`));
}

/** A ScaledObject for the Deployment of the same name, with the finalizer that KEDA's operator put on it. */
export async function createScaledObject(
  { objects }: Stage,
  name: string,
  spec: object,
  annotations = {},
): Promise<void> {
  await objects.create(SCALED_OBJECTS, {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "ScaledObject",
    metadata: { name, annotations, finalizers: [FINALIZER] },
    spec: { scaleTargetRef: { name }, pollingInterval: 1, cooldownPeriod: 0, ...spec },
  });
}

export async function createAuthentication({ objects }: Stage, name: string, spec: object): Promise<void> {
  await objects.create(AUTHENTICATIONS, {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "TriggerAuthentication",
    metadata: { name, finalizers: [FINALIZER] },
    spec,
  });
}

export const scaledObjectPath = (name: string): string => `${SCALED_OBJECTS}/${name}`;
export const authenticationPath = (name: string): string => `${AUTHENTICATIONS}/${name}`;

export async function scaledObject({ objects }: Stage, name: string): Promise<FoundScaledObject> {
  return (await objects.get(scaledObjectPath(name))) as FoundScaledObject;
}

/** Resolves once a condition has this status and reason, with its message. */
export function scaledObjectSays(
  stage: Stage,
  name: string,
  type: string,
  { status, reason, message = /^/ }: { readonly status: string; readonly reason: string; readonly message?: RegExp },
): Promise<void> {
  return eventually(async () => {
    const found = (await scaledObject(stage, name)).status?.conditions?.find((one) => one.type === type);
    assert.deepEqual([found?.status, found?.reason], [status, reason], `${type} of ${name}: ${JSON.stringify(found)}`);
    assert.match(found?.message ?? "", message);
  });
}
