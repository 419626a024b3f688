import {
  parseWorkerPodAutoscaler,
  WORKER_POD_AUTOSCALER,
  type WorkerPodAutoscalerDefaults,
} from "../../config/worker-pod-autoscaler.ts";
import { renderWorkerPodAutoscalerStatus } from "../../config/worker-pod-autoscaler-status.ts";
import type { Account, Parsed } from "../../core/index.ts";
import type { KubernetesObject, Resource } from "../../kubernetes/index.ts";
import type { SourceType } from "../../sources/shared/source.ts";

/** A kind of objects that are autoscalers: where they are, how they are read, and how their status is written. */
export interface ObjectFormat {
  /** Origin.kind. */
  readonly kind: string;
  readonly resource: Resource;
  readonly parse: (object: KubernetesObject) => Parsed;
  readonly render: (account: Account, previous: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** Every kind of objects that Muster runs. */
export function objectFormats(
  defaults: WorkerPodAutoscalerDefaults,
  queueSources: readonly SourceType[],
): readonly ObjectFormat[] {
  return [
    {
      kind: WORKER_POD_AUTOSCALER,
      resource: { group: "k8s.practo.dev", version: "v1", plural: "workerpodautoscalers" },
      parse: (object) => parseWorkerPodAutoscaler(object, defaults, queueSources),
      render: renderWorkerPodAutoscalerStatus,
    },
  ];
}
