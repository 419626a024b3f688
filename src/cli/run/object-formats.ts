import type { Account, Parsed } from "../../core/index.ts";
import { SecretReaders } from "../../feeds/secret-readers.ts";
import { parseWorkerAutoscaler, secretsOf, WORKER_AUTOSCALER } from "../../formats/worker-autoscaler.ts";
import { renderWorkerAutoscalerStatus } from "../../formats/worker-autoscaler-status.ts";
import {
  parseWorkerPodAutoscaler,
  WORKER_POD_AUTOSCALER,
  type WorkerPodAutoscalerDefaults,
} from "../../formats/worker-pod-autoscaler.ts";
import { renderWorkerPodAutoscalerStatus } from "../../formats/worker-pod-autoscaler-status.ts";
import type { KubernetesObject, Resource } from "../../kubernetes/index.ts";
import type { Feed, Secrets } from "../../kubernetes/ports.ts";
import type { SourceType } from "../../sources/shared/source.ts";
import { readCredential } from "../shared/poll-once.ts";

/** A kind of objects that are autoscalers: where they are, how they are read, and how their status is written. */
export interface ObjectFormat {
  /** Origin.kind. */
  readonly kind: string;
  readonly resource: Resource;
  readonly parse: (object: KubernetesObject) => Parsed;
  /** The feed of these objects as the controller should see it. */
  readonly wrap: (feed: Feed) => Feed;
  readonly render: (account: Account, previous: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** Every kind of objects that Muster runs. */
export function objectFormats(
  defaults: WorkerPodAutoscalerDefaults,
  queueSources: readonly SourceType[],
  secrets: Secrets,
): readonly ObjectFormat[] {
  const readers = new SecretReaders<KubernetesObject>({
    secrets,
    namespaceOf: ({ metadata }) => metadata.namespace,
    referencesOf: secretsOf,
    parse: (object, stateOf) =>
      parseWorkerAutoscaler(object, { secrets: ({ name, key }) => readCredential(stateOf(name), key) }),
  });
  return [
    {
      kind: WORKER_POD_AUTOSCALER,
      resource: { group: "k8s.practo.dev", version: "v1", plural: "workerpodautoscalers" },
      parse: (object) => parseWorkerPodAutoscaler(object, defaults, queueSources),
      wrap: (feed) => feed,
      render: renderWorkerPodAutoscalerStatus,
    },
    {
      kind: WORKER_AUTOSCALER,
      resource: { group: "muster.dev", version: "v1alpha1", plural: "workerautoscalers" },
      parse: readers.parse,
      wrap: (feed) => readers.wrap(feed),
      render: renderWorkerAutoscalerStatus,
    },
  ];
}
