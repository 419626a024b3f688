import type {
  Account,
  Incident,
  Instant,
  Origin,
  Parsed,
  WorkerPod,
  WorkloadReference,
  WorkloadState,
} from "../core/index.ts";

export type { Parsed, WorkloadState } from "../core/index.ts";

/** Receives autoscalers from a feed. Level-based: keeping the same one twice is harmless. */
export interface FeedSink {
  keep(parsed: Parsed): void;
  forget(id: string): void;
}

/** Where autoscalers come from: a watch of objects, a folder of files. */
export interface Feed {
  /** Runs until aborted; resolves `synced` once everything that exists now has been handed over. */
  start(sink: FeedSink, signal: AbortSignal): { readonly synced: Promise<void> };
}

/** Why the API server did not do what was asked. */
export type KubernetesErrorKind =
  | "Conflict"
  | "NotFound"
  | "Forbidden"
  | "Invalid"
  | "Throttled"
  | "Gone"
  | "Unavailable"
  | "TimedOut"
  /** Not sent: this process does not hold the lease, or not for long enough. */
  | "NotLeading"
  /** Not sent: the Jobs that were created last failed at once. */
  | "JobsFailing";

/** The only error that kubernetes/ rejects with. The message holds no credential. */
export class KubernetesError extends Error {
  override readonly name = "KubernetesError";
  readonly kind: KubernetesErrorKind;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Seconds the server asked us to wait (429, 503), at most 30. */
  readonly retryAfterSeconds?: number;

  constructor(
    kind: KubernetesErrorKind,
    message: string,
    details: ErrorOptions & { status?: number; retryAfterSeconds?: number } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Whether this process may write, to be asked immediately before each write. */
export interface WritePermit {
  /**
   * Milliseconds that a write begun now may take; 0: none may begin, or not one that was decided on at `decidedAt`
   * (performance.now()), as the process did not run in between.
   */
  leftMs(decidedAt?: number): number;
  /** From now on `callback` is called whenever writes may begin again after `leftMs` was 0. */
  onGranted(callback: () => void): void;
}

/** Where no lease decides: a single process, a dry run. */
export const ALWAYS: WritePermit = { leftMs: () => Number.POSITIVE_INFINITY, onGranted: () => undefined };

/** Where nothing is to be written: a dry run. */
export const NEVER: WritePermit = { leftMs: () => 0, onGranted: () => undefined };

/** One of several Muster processes acts at a time. */
export interface Leadership {
  readonly permit: WritePermit;
  /**
   * Runs until aborted. Calls `elected` when this process may act and aborts the signal it gave it the moment it
   * may not any longer (the lease could not be renewed in time). On abort it waits for `elected` to return, then
   * gives the lease back.
   */
  run(elected: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** A workload that exists. */
export interface WorkloadObject extends WorkloadReference {
  readonly uid: string;
}

/** Where accounts go: an object's status and events. Never blocks and never throws: it writes when it can. */
export interface Reporter {
  /** The newest account wins; nothing is written where the status would not change. */
  report(origin: Origin, account: Account): void;
  /**
   * Deduplicated: the same incident again raises the event's count at most. An incident of a file, which is no object of
   * the cluster, is an event of its workload.
   */
  tell(origin: Origin, incident: Incident, workload?: WorkloadObject): void;
  forget(origin: Origin): void;
  /** Drops what is pending: another process acts now. */
  discard(): void;
  /** Writes what is pending, within the signal's time: for SIGTERM. */
  flush(signal: AbortSignal): Promise<void>;
}

/** What is known about one Secret. Values are never logged, shown or put into errors. */
export type SecretState =
  /** Not read yet, or the API server cannot tell: `because` says why. */
  | { readonly state: "unknown"; readonly because: string; readonly isForbidden?: boolean }
  | { readonly state: "missing" }
  | {
      readonly state: "present";
      readonly values: Readonly<Record<string, string>>;
      /** Its annotation muster.dev/allowed-hosts: where its values may be sent. Absent: anywhere. */
      readonly allowedHosts?: string;
    };

/** Reads Secrets by name, and again whenever they change. */
export interface Secrets {
  /** Calls back at once with what is known, then on every change, until stopped. Shares one watch per Secret. */
  follow(secret: SecretReference, changed: (state: SecretState) => void): { stop(): void };
}

export interface SecretReference {
  readonly namespace: string;
  readonly name: string;
}

/** Reads and scales workloads: everything with a scale subresource. */
export interface Workloads {
  /**
   * Calls back at once with what is known, then on every change, until stopped. Shares one watch per kind. `changed`
   * must not throw.
   */
  follow(workload: WorkloadReference, changed: (state: WorkloadState) => void): { stop(): void };
  /**
   * Sets spec.replicas through the scale subresource and changes nothing else, and only of the resourceVersion it was
   * decided on. Where the workload has changed since, a rise that is still one is tried again at once; a scale-down
   * rejects with Conflict. Rejects with a KubernetesError.
   */
  scale(
    workload: WorkloadReference,
    change: { readonly from: number; readonly to: number; readonly resourceVersion?: string },
    signal: AbortSignal,
  ): Promise<void>;
}

export interface PodReference {
  readonly namespace: string;
  readonly name: string;
  /** Absent: the pod that has the name now. */
  readonly uid?: string;
}

/** A workload's pods, and its scale as it was right before they were listed. */
export interface WorkloadPods {
  readonly replicas: number;
  readonly resourceVersion: string;
  /** Those that have not ended. */
  readonly pods: readonly WorkerPod[];
}

/** A pod with a mark of ours, of which no more is known than its metadata. */
export interface MarkedPod {
  readonly namespace: string;
  /** What controls it, such as a ReplicaSet. */
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly pod: WorkerPod;
}

/**
 * What became of a worker's wish to be protected. "leaving": it is about to be stopped, or is being stopped. "forever":
 * somebody protected it without an end, and that stays.
 */
export type ProtectionOutcome = "done" | "forever" | "leaving" | "gone";

/** "unknown": not a valid token; "no-pod": valid, but not bound to a pod. */
export type TokenPod = Required<PodReference> | "unknown" | "no-pod";

/** The pods of workloads whose busy workers are protected. Everything rejects with a KubernetesError. */
export interface Pods {
  /**
   * The pods that the selector of the workload's scale matches and that its controllers made. `from` "cache": as the API
   * server's watch cache has them, which is what Kubernetes' own controllers are told.
   */
  list(workload: WorkloadReference, from: "storage" | "cache", signal: AbortSignal): Promise<WorkloadPods>;
  /** Pods with marks of ours, in a namespace or (undefined) wherever this process looks. */
  listMarked(namespace: string | undefined, signal: AbortSignal): Promise<readonly MarkedPod[]>;
  /** Whether this Kubernetes stops pods by their deletion costs: 1.22 and later do. */
  ordersByCost(signal: AbortSignal): Promise<boolean>;
  /**
   * Writes the pod's deletion cost, or (undefined) takes ours back, and changes nothing else. Resolves with the pod as it
   * is then: without the mark where it was protected since it was read, has the cost of another controller, or ends. One
   * that was read as protected is marked all the same: it goes by force. Undefined: it is gone.
   */
  mark(
    namespace: string,
    pod: WorkerPod,
    cost: number | undefined,
    signal: AbortSignal,
  ): Promise<WorkerPod | undefined>;
  /** Undefined: it is gone. */
  find(pod: PodReference, signal: AbortSignal): Promise<WorkerPod | undefined>;
  /**
   * Protects a worker until then, or (undefined) no longer. A mark and a protection cannot cross: of two that are written
   * at once, the later one sees the other.
   */
  protect(pod: PodReference, until: Instant | undefined, signal: AbortSignal): Promise<ProtectionOutcome>;
}
