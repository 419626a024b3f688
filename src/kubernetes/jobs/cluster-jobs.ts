import type { WorkloadReference } from "../../core/index.ts";
import { type KubernetesObject, objectKey } from "../objects.ts";
import { ALWAYS, KubernetesError, type WorkloadState, type Workloads, type WritePermit } from "../ports.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { WatchCache, type WatchHealth } from "../watch/watch-cache.ts";
import { cleanJobs } from "./clean-jobs.ts";
import { createJobs, type JobAccount, type JobTools } from "./create-jobs.ts";
import { JobBook } from "./job-book.ts";
import { AUTOSCALER_LABEL, JOBS, type Job, type JobTerms, trimJob } from "./job-objects.ts";
import { JobPods } from "./job-pods.ts";

interface ClusterJobsOptions {
  readonly client: ApiClient;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly termsOf: (owner: KubernetesObject) => JobTerms | undefined;
  /** Whether this process may remove Jobs that ended. Default: always. */
  readonly permit?: WritePermit;
  /** Milliseconds since the epoch. Default: this machine's. */
  readonly now?: () => number;
  /** Told when Jobs that ended cannot be removed. */
  readonly onProblem?: (problem: KubernetesError, autoscaler: { namespace: string; name: string }) => void;
}

interface Followed extends JobAccount {
  readonly followers: Set<(state: WorkloadState) => void>;
  cleaning?: NodeJS.Timeout | undefined;
  cleaningAt?: number;
}

const GRANT = "grant it by deploy/job-runner.yaml, or by rbac.jobs of the chart";
const CLEAN_FIRST_MS = 1_000;
/** A burst of ends is cleaned up after once. */
const CLEAN_AFTER_MS = 10_000;
const CLEAN_AGAIN_MS = 30_000;
/** The limits may have changed. */
const CLEAN_ANYWAY_MS = 600_000;
const CLEAN_WITHIN_MS = 60_000;

/**
 * The Jobs of WorkerAutoscalers as workloads: the replicas of one are its Jobs that have not ended. One watch of all Jobs
 * that carry our label. A rise creates Jobs, a fall is nothing to do; Jobs that ended are removed by the object's limits.
 */
export class ClusterJobs implements Workloads {
  readonly #options: ClusterJobsOptions;
  readonly #tools: JobTools;
  readonly #followed = new Map<string, Followed>();
  /** Of every autoscaler that has Jobs, followed or not. */
  readonly #books = new Map<string, JobBook>();
  readonly #cache: WatchCache<Job>;
  readonly #pods: JobPods;
  readonly #stop = new AbortController();
  #isBegun = false;
  #syncedAt = 0;
  #scalings = 0;

  constructor(options: ClusterJobsOptions) {
    this.#options = options;
    const { client, namespace, termsOf } = options;
    const now = options.now ?? Date.now;
    this.#tools = { client, termsOf, now, learn: (job) => this.#cache.learnObject(job) };
    const changed = (job: string | undefined) => this.#podsChanged(job);
    this.#pods = new JobPods({ client, namespace, changed }, this.#stop.signal);
    this.#cache = new WatchCache<Job>({
      ...{ client, resource: JOBS, namespace, labelSelector: AUTOSCALER_LABEL, trim: trimJob },
      changed: (key, entry, before) => this.#changed(key, entry, before),
      stateChanged: () => {
        if (this.#cache.isSynced && this.#syncedAt === 0) this.#syncedAt = now();
        for (const followed of this.#followed.values()) this.#tell(followed);
      },
    });
  }

  follow(workload: WorkloadReference, changed: (state: WorkloadState) => void): { stop(): void } {
    const { namespace, name } = workload;
    const key = objectKey(namespace, name);
    const followed = this.#followed.get(key) ?? { namespace, name, book: this.#book(key), followers: new Set() };
    this.#followed.set(key, followed);
    followed.followers.add(changed);
    if (!this.#isBegun) {
      this.#isBegun = true;
      void this.#cache.run(this.#stop.signal);
    }
    changed(this.#stateOf(followed));
    this.#planCleaning(followed, CLEAN_FIRST_MS);
    return {
      stop: () => {
        followed.followers.delete(changed);
        if (followed.followers.size > 0 || this.#followed.get(key) !== followed) return;
        this.#followed.delete(key);
        clearTimeout(followed.cleaning);
      },
    };
  }

  async scale(
    { namespace, name }: WorkloadReference,
    { from, to }: { readonly from: number; readonly to: number },
    signal: AbortSignal,
  ): Promise<void> {
    if (to <= from) return;
    const followed = this.#followed.get(objectKey(namespace, name));
    if (followed === undefined || !this.#cache.isSynced) {
      throw new KubernetesError("Unavailable", "the Jobs of this autoscaler are not known yet");
    }
    this.#scalings += 1;
    try {
      await createJobs(this.#tools, followed, { from, to }, signal);
    } finally {
      this.#scalings -= 1;
    }
  }

  get isScaling(): boolean {
    return this.#scalings > 0;
  }

  health(): WatchHealth[] {
    return this.#isBegun ? [this.#cache.health()] : [];
  }

  close(): void {
    this.#stop.abort();
    for (const { cleaning } of this.#followed.values()) clearTimeout(cleaning);
    this.#followed.clear();
  }

  #stateOf({ namespace, name, book }: Followed): WorkloadState {
    if (!this.#cache.isSynced) {
      const { failure } = this.#cache;
      if (failure === undefined) return { state: "unknown", because: "the first list of its Jobs is on its way" };
      const remedy = failure.kind === "Forbidden" ? `; ${GRANT}` : "";
      return { state: "unknown", because: `${failure.message}${remedy}` };
    }
    const jobs = book.seen(this.#syncedAt);
    const unfinished = jobs.jobs.filter(({ endedAt }) => endedAt === undefined);
    return {
      state: "present",
      uid: `jobs of ${namespace}/${name}`,
      resourceVersion: "",
      replicas: unfinished.length,
      availableReplicas: unfinished.filter(({ workingSince }) => workingSince !== undefined).length,
      // Each is ours, and their number falls by itself: no change of it is a scaling that somebody forgot to report.
      setBy: "another",
      rivals: [],
      jobs,
    };
  }

  #book(key: string): JobBook {
    const book = this.#books.get(key) ?? new JobBook(this.#tools.now);
    this.#books.set(key, book);
    return book;
  }

  #changed(
    key: string,
    entry: { readonly uid: string; readonly value: Job } | undefined,
    before: { readonly value: Job } | undefined,
  ): void {
    const slash = key.indexOf("/");
    const name = key.slice(slash + 1);
    const autoscaler = entry?.value.autoscaler ?? before?.value.autoscaler ?? "";
    const owner = objectKey(key.slice(0, slash), autoscaler);
    const book = this.#book(owner);
    if (entry === undefined) book.remove(name);
    else book.put(name, entry.uid, this.#withReadiness(key, entry.value));
    const followed = this.#followed.get(owner);
    if (followed === undefined) {
      if (book.isEmpty) this.#books.delete(owner);
      return;
    }
    if (this.#cache.isSynced) this.#tell(followed);
    if (entry?.value.end !== undefined) this.#planCleaning(followed, CLEAN_AFTER_MS);
  }

  #withReadiness(key: string, job: Job): Job {
    return job.isReady === undefined ? { ...job, isReady: this.#pods.hasReady(key) } : job;
  }

  /** Of this Job, or of any. */
  #podsChanged(job: string | undefined): void {
    for (const key of job === undefined ? this.#cache.keys() : [job]) {
      const slash = key.indexOf("/");
      const entry = this.#cache.get(key.slice(0, slash), key.slice(slash + 1));
      if (entry?.value.isReady === undefined && entry !== undefined) this.#changed(key, entry, entry);
    }
  }

  #tell(followed: Followed): void {
    if (followed.followers.size === 0) return;
    const state = this.#stateOf(followed);
    for (const changed of followed.followers) changed(state);
  }

  #planCleaning(followed: Followed, milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#stop.signal.aborted || (followed.cleaningAt ?? at + 1) <= at) return;
    clearTimeout(followed.cleaning);
    followed.cleaningAt = at;
    followed.cleaning = setTimeout(() => void this.#clean(followed), milliseconds).unref();
  }

  /** Never rejects: what goes wrong is told, and tried again. */
  async #clean(followed: Followed): Promise<void> {
    delete followed.cleaningAt;
    const { permit = ALWAYS, onProblem } = this.#options;
    if (
      followed.book.ended().length === 0 ||
      this.#followed.get(objectKey(followed.namespace, followed.name)) !== followed
    )
      return;
    let nextAt = Number.NEGATIVE_INFINITY;
    if (permit.leftMs() > 0) {
      try {
        const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(CLEAN_WITHIN_MS)]);
        nextAt = await cleanJobs(this.#tools, followed, signal);
      } catch (error) {
        if (!(error instanceof KubernetesError)) throw error;
        const isUsual = error.kind === "Conflict" || error.kind === "NotFound" || error.kind === "NotLeading";
        if (!isUsual && !this.#stop.signal.aborted) onProblem?.(error, followed);
      }
    }
    const pause = Math.max(CLEAN_AGAIN_MS, nextAt - this.#tools.now());
    this.#planCleaning(followed, Math.min(CLEAN_ANYWAY_MS, pause));
  }
}
