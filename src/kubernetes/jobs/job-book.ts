import type { JobsSeen, SeenJob } from "../../core/index.ts";
import type { Job } from "./job-objects.ts";

/** A reading that is older than this creates no Job, so what ended before need not be known. */
const REMEMBERED_MS = 15 * 60_000;
const MOST_REMEMBERED = 20_000;

/** One Job, and when this process saw what happened to it (milliseconds since the epoch). */
export interface BookedJob {
  readonly name: string;
  readonly uid: string;
  readonly job: Job;
  readonly seen: SeenJob;
  /** It is no longer in the cluster. */
  readonly isGone: boolean;
}

/** The Jobs of one autoscaler: those in the cluster, and those that went a short time ago. */
export class JobBook {
  readonly #jobs = new Map<string, BookedJob>();
  /** Numbers of Jobs that went, above the settled ones. */
  readonly #goneNumbers = new Set<number>();
  readonly #now: () => number;
  #forgottenUntil = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#jobs.size === 0;
  }

  /** The watch, or the answer to a write, shows this Job. */
  put(name: string, uid: string, job: Job): void {
    const now = this.#now();
    const before = this.#jobs.get(name);
    const known = before?.uid === uid ? before.seen : undefined;
    // Without its pod, a Job gives its message back and waits for another pod.
    const hadItsPod = before?.job.failedPods === job.failedPods ? known?.workingSince : undefined;
    const workingSince = job.isSuspended ? undefined : (hadItsPod ?? (job.isReady ? now : undefined));
    const endedAt = job.end === undefined ? undefined : (known?.endedAt ?? now);
    const seen = {
      createdAt: known?.createdAt ?? now,
      ...(workingSince !== undefined && { workingSince }),
      ...(endedAt !== undefined && { endedAt }),
    };
    this.#jobs.set(name, { name, uid, job, seen, isGone: false });
  }

  /** It is no longer in the cluster. */
  remove(name: string): void {
    const known = this.#jobs.get(name);
    if (known === undefined) return;
    const seen = { ...known.seen, endedAt: known.seen.endedAt ?? this.#now() };
    this.#jobs.set(name, { ...known, seen, isGone: true });
    if (known.job.number !== undefined) this.#goneNumbers.add(known.job.number);
  }

  /** Those in the cluster that have not ended. */
  get unfinished(): number {
    let count = 0;
    for (const { seen } of this.#jobs.values()) if (seen.endedAt === undefined) count += 1;
    return count;
  }

  /** Those that ended, in the cluster or not any longer. */
  ended(): readonly BookedJob[] {
    return [...this.#jobs.values()].filter(({ seen }) => seen.endedAt !== undefined);
  }

  /** What decisions need. `syncedAt`: when all that was there was first known. */
  seen(syncedAt: number): JobsSeen {
    this.#forget();
    const jobs = [...this.#jobs.values()].map(({ seen }) => seen);
    return { jobs, knownSince: Math.max(syncedAt, this.#forgottenUntil) };
  }

  /** Whether a Job of that number is known to have been created. */
  hasNumber(number: number, names: (number: number) => string): boolean {
    return this.#goneNumbers.has(number) || this.#jobs.has(names(number));
  }

  /** Up to this number, creations are settled. */
  settled(number: number): void {
    for (const gone of this.#goneNumbers) if (gone <= number) this.#goneNumbers.delete(gone);
  }

  #forget(): void {
    const now = this.#now();
    for (const [name, { seen, isGone }] of this.#jobs) {
      if (!isGone || seen.endedAt === undefined) continue;
      if (now - seen.endedAt < REMEMBERED_MS && this.#jobs.size <= MOST_REMEMBERED) continue;
      this.#jobs.delete(name);
      this.#forgottenUntil = Math.max(this.#forgottenUntil, seen.endedAt);
    }
  }
}
