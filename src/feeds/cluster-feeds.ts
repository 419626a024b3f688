import type { Log } from "../controller/log.ts";
import { annotatedSecrets } from "../formats/busy-workers.ts";
import { SCALED_OBJECT } from "../formats/scaled-object.ts";
import { renderWorkerAutoscalerStatus, renderWorkerPodAutoscalerStatus } from "../formats/status.ts";
import { parseWorkerAutoscaler, secretsOf, WORKER_AUTOSCALER } from "../formats/worker-autoscaler.ts";
import {
  parseWorkerPodAutoscaler,
  WORKER_POD_AUTOSCALER,
  type WorkerPodAutoscalerDefaults,
} from "../formats/worker-pod-autoscaler.ts";
import {
  type ApiClient,
  type KubernetesObject,
  objectFeed,
  type Resource,
  type StatusFormat,
  type WatchHealth,
} from "../kubernetes/index.ts";
import type { Feed, Secrets } from "../kubernetes/ports.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { type KedaFeedOptions, kedaFeed } from "./keda-feed.ts";
import { readCredential, SecretReaders } from "./secret-readers.ts";

/** The feeds of the cluster's autoscalers, and how each account returns to its object's status. */
interface ClusterFeeds {
  readonly feeds: readonly Feed[];
  /** By Origin.kind. */
  readonly statusFormats: ReadonlyMap<string, StatusFormat>;
}

interface ClusterFeedOptions {
  readonly client: ApiClient;
  /** Absent: all of them. */
  readonly namespace: string | undefined;
  readonly secrets: Secrets;
  readonly defaults: WorkerPodAutoscalerDefaults;
  /** What a queueURI may name. */
  readonly queueSources: readonly SourceType[];
  readonly healthChanged: (health: WatchHealth) => void;
  /** Absent: KEDA's objects are left alone. */
  readonly keda?: Pick<KedaFeedOptions, "onProblem" | "takeOver"> & { readonly namespace: string };
}

const ORIGINALS: Resource = { group: "k8s.practo.dev", version: "v1", plural: "workerpodautoscalers" };
const OWN: Resource = { group: "muster.dev", version: "v1alpha1", plural: "workerautoscalers" };

/** One feed for each kind of autoscaler objects. */
export function clusterFeeds(options: ClusterFeedOptions): ClusterFeeds {
  const { secrets, defaults, queueSources, keda, ...watch } = options;
  const readers = new SecretReaders<KubernetesObject>({
    secrets,
    namespaceOf: ({ metadata }) => metadata.namespace,
    referencesOf: secretsOf,
    parse: (object, stateOf) =>
      parseWorkerAutoscaler(object, { secrets: ({ name, key }) => readCredential(stateOf(name), key) }),
  });
  const originalReaders = new SecretReaders<KubernetesObject>({
    secrets,
    namespaceOf: ({ metadata }) => metadata.namespace,
    referencesOf: ({ metadata }) => annotatedSecrets(metadata.annotations),
    parse: (object, stateOf) =>
      parseWorkerPodAutoscaler(object, defaults, queueSources, ({ name, key }) => readCredential(stateOf(name), key)),
  });
  const originals = objectFeed({ ...watch, resource: ORIGINALS, parse: originalReaders.parse });
  const own = objectFeed({ ...watch, resource: OWN, parse: readers.parse });
  const scaledObjects =
    keda && kedaFeed({ ...watch, ...keda, namespace: watch.namespace, secrets, kedaNamespace: keda.namespace });
  return {
    feeds: [originalReaders.wrap(originals), readers.wrap(own), ...(scaledObjects ? [scaledObjects.feed] : [])],
    statusFormats: new Map<string, StatusFormat>([
      ...(scaledObjects ? [[SCALED_OBJECT, scaledObjects.statusFormat] as const] : []),
      [
        WORKER_POD_AUTOSCALER,
        {
          resource: ORIGINALS,
          objects: originals.objects,
          statusOf: (_origin, account, previous) => renderWorkerPodAutoscalerStatus(account, previous),
        },
      ],
      [
        WORKER_AUTOSCALER,
        {
          resource: OWN,
          objects: own.objects,
          statusOf: (_origin, account, previous) => renderWorkerAutoscalerStatus(account, previous),
        },
      ],
    ]),
  };
}

/** An interrupted watch usually resumes within this time: only a longer interruption is logged. */
const PATIENCE_MILLISECONDS = 3_000;

/** Logs when a kind of autoscalers cannot be watched, why, and when it can be watched again. */
export class WatchReporter {
  readonly #log: Log;
  readonly #troubles = new Map<string, string>();
  readonly #reported = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** What is wrong right now, one sentence for each kind of objects. */
  get troubles(): readonly string[] {
    return [...this.#troubles.values()];
  }

  readonly update = ({ resource, failure }: WatchHealth): void => {
    this.#clearTimer(resource);
    if (failure === undefined) {
      this.#troubles.delete(resource);
      if (this.#reported.delete(resource)) this.#log.info("These autoscalers can be watched now", { resource });
      return;
    }
    const { kind, message: detail } = failure;
    this.#troubles.set(resource, detail);
    const tell = () => {
      this.#reported.add(resource);
      if (kind === "NotFound") this.#log.info("These autoscalers are not installed yet", { resource, detail });
      else this.#log.warn("These autoscalers cannot be watched", { resource, kind, detail });
    };
    this.#timers.set(resource, setTimeout(tell, PATIENCE_MILLISECONDS));
  };

  close(): void {
    for (const resource of [...this.#timers.keys()]) this.#clearTimer(resource);
  }

  #clearTimer(resource: string): void {
    clearTimeout(this.#timers.get(resource));
    this.#timers.delete(resource);
  }
}
