import type { KubernetesObject, Resource } from "../objects.ts";

export const JOBS: Resource = { group: "batch", version: "v1", plural: "jobs" };
export const AUTOSCALERS: Resource = { group: "muster.dev", version: "v1alpha1", plural: "workerautoscalers" };

/** On each Job and its pods: the name of the WorkerAutoscaler that created it. */
export const AUTOSCALER_LABEL = "muster.dev/worker-autoscaler";
const NUMBER = "muster.dev/job-number";
const GENERATION = "muster.dev/generation";

/** What a WorkerAutoscaler says of its Jobs, with all defaults. */
export interface JobTerms {
  /** Of a batch/v1 JobTemplateSpec. */
  readonly template: {
    readonly metadata?: Readonly<Record<string, unknown>> | undefined;
    readonly spec: Readonly<Record<string, unknown>>;
  };
  readonly successfulJobsHistoryLimit: number;
  readonly failedJobsHistoryLimit: number;
  readonly retryAfterSeconds: number;
  /** False: nothing is written, not even to clean up. */
  readonly isActive: boolean;
}

/** How a Job ended. */
export interface JobEnd {
  readonly isFailed: boolean;
  /** By the API server's clock. */
  readonly at: number;
  readonly reason: string;
  readonly message: string;
}

/** What is kept of a Job. */
export interface Job {
  readonly autoscaler: string;
  readonly number: number | undefined;
  readonly generation: number | undefined;
  /** Whether a pod of it is ready; undefined: it has pods, and the API server is too old to say. */
  readonly isReady: boolean | undefined;
  /** Its pods are gone, and come when somebody takes this back, such as Kueue. */
  readonly isSuspended: boolean;
  /** Pods of it that failed; a new one takes the place of each while it may. */
  readonly failedPods: number;
  /** By the API server's clock. */
  readonly createdAt: number;
  readonly end?: JobEnd;
}

interface JobStatus {
  readonly active?: number;
  readonly failed?: number;
  /** Pods that are ready; from Kubernetes 1.24 on. */
  readonly ready?: number;
  readonly conditions?: readonly {
    readonly type?: string;
    readonly status?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly lastTransitionTime?: string;
  }[];
}

export function trimJob({ metadata, spec, status }: KubernetesObject): Job {
  const { active = 0, ready, failed = 0, conditions = [] } = (status ?? {}) as JobStatus;
  const isReady = ready === undefined && active > 0 ? undefined : (ready ?? 0) > 0;
  const { labels, annotations, creationTimestamp = "" } = metadata;
  const ended = conditions.find(({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True");
  const createdAt = Date.parse(creationTimestamp) || 0;
  return {
    autoscaler: labels?.[AUTOSCALER_LABEL] ?? "",
    number: wholeNumber(annotations?.[NUMBER]),
    generation: wholeNumber(annotations?.[GENERATION]),
    ...{ isReady, isSuspended: record(spec).suspend === true, failedPods: failed },
    createdAt,
    ...(ended !== undefined && {
      end: {
        isFailed: ended.type === "Failed",
        at: Date.parse(ended.lastTransitionTime ?? "") || createdAt,
        reason: ended.reason ?? "",
        message: ended.message ?? "",
      },
    }),
  };
}

function wholeNumber(text: string | undefined): number | undefined {
  const number = Number(text ?? Number.NaN);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A Job's name has at most 63 characters, as it is a label of its pods: these, the UID's 8, two dashes and a number. */
const LONGEST_PREFIX = 40;

export function jobName({ metadata: { name, uid } }: KubernetesObject, number: number): string {
  const prefix = name.slice(0, LONGEST_PREFIX).replaceAll(".", "-").replace(/-+$/, "");
  return `${prefix}-${uid.slice(0, 8)}-${number}`;
}

/**
 * A request to create a Job that no answer came to may be carried out for as long as an API server works on one: a name
 * that was free again by then would be taken twice.
 */
export const LEAST_TTL_SECONDS = 60;

/** The Job of that number. */
export function jobOf(owner: KubernetesObject, terms: JobTerms, number: number): object {
  const { template } = terms;
  const { name, namespace, uid, generation = 0 } = owner.metadata;
  const label = { [AUTOSCALER_LABEL]: name };
  const lives = timeToLive(terms);
  const ttl = lives === undefined ? {} : { ttlSecondsAfterFinished: Math.max(LEAST_TTL_SECONDS, lives) };
  const pod = record(template.spec.template);
  const podMetadata = record(pod.metadata);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: jobName(owner, number),
      namespace,
      labels: { ...record(template.metadata?.labels), ...label },
      annotations: {
        ...record(template.metadata?.annotations),
        [NUMBER]: String(number),
        [GENERATION]: String(generation),
      },
      ownerReferences: [{ apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", name, uid, controller: true }],
    },
    spec: {
      ...template.spec,
      ...ttl,
      template: { ...pod, metadata: { ...podMetadata, labels: { ...record(podMetadata.labels), ...label } } },
    },
  };
}

/** Seconds after which a Job that ended is removed; undefined: by the history limits alone. */
export function timeToLive({ template: { spec } }: JobTerms): number | undefined {
  const { ttlSecondsAfterFinished: seconds } = spec;
  return typeof seconds === "number" && seconds >= 0 ? seconds : undefined;
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
