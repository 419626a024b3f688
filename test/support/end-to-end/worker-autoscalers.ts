import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { DEFINITIONS_PATH } from "../gadgets.ts";
import { eventually } from "../waiting.ts";
import type { Condition } from "./objects.ts";
import type { Stage } from "./stage.ts";

const DEFINITION = "deploy/crds/muster.dev_workerautoscalers.yaml";
const PATH = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";

/** What a status says of one signal. */
export interface FoundSignal {
  readonly name: string;
  readonly trust: string;
  readonly value?: number;
  readonly since: string;
  readonly lastReadTime?: string;
  readonly recommendedReplicas?: number;
  readonly message?: string;
  readonly learned?: { readonly secondsPerMessage: number; readonly messages: number; readonly time: string };
}

/** A WorkerAutoscaler as the cluster has it. */
export interface FoundWorkerAutoscaler {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly lastScaleTime?: string;
    readonly conditions?: readonly Condition[];
    readonly signals?: readonly FoundSignal[];
    readonly lastScaling?: {
      readonly time: string;
      readonly from: number;
      readonly to: number;
      readonly reason: string;
    };
    readonly lastDecision?: {
      readonly from: number;
      readonly desiredReplicas: number;
      readonly steps: readonly { readonly rule: string; readonly because: string }[];
    };
  };
}

/** Makes the kind known to the stage's cluster. */
export async function installWorkerAutoscalers({ objects }: Stage): Promise<void> {
  await objects.create(DEFINITIONS_PATH, parse(readFileSync(DEFINITION, "utf8")));
  await eventually(() => objects.get(PATH));
}

/** A WorkerAutoscaler for the Deployment of the same name, 0 to 10 replicas, looked at every second and never cooling down. */
export async function createWorkerAutoscaler({ objects }: Stage, name: string, spec: object): Promise<void> {
  const usual = { scaleTargetRef: { kind: "Deployment", name }, maxReplicas: 10 };
  await objects.create(PATH, {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name },
    spec: { ...usual, pollIntervalSeconds: 1, cooldownSeconds: 0, ...spec },
  });
}

export async function changeWorkerAutoscaler({ objects }: Stage, name: string, spec: object): Promise<void> {
  await objects.patch(`${PATH}/${name}`, { spec });
}

export async function workerAutoscaler({ objects }: Stage, name: string): Promise<FoundWorkerAutoscaler> {
  return (await objects.get(`${PATH}/${name}`)) as FoundWorkerAutoscaler;
}

/** Resolves with the condition's message once the object's status says it for this reason, and a matching message. */
export function said(stage: Stage, name: string, type: string, reason: string, message = /^/): Promise<string> {
  return eventually(async () => {
    const { status } = await workerAutoscaler(stage, name);
    const condition = status?.conditions?.find((one) => one.type === type);
    assert.equal(condition?.reason, reason, `${type} of ${name}: ${JSON.stringify(condition)}`);
    assert.match(condition?.message ?? "", message);
    return condition?.message ?? "";
  });
}
