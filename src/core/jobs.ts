import type { Instant } from "./reading.ts";

/** How many of the Jobs that were there when a reading was made it is taken to have counted. */
export type JobStrategy =
  /** All of them: the source counts messages in flight too. */
  | { readonly kind: "Default" }
  /** Those that had not begun their work: the source hides messages in flight. */
  | { readonly kind: "Accurate"; readonly startUpSeconds: number }
  /** None: each reading asks for as many Jobs again, but of the free places one stays free for each pending Job. */
  | { readonly kind: "Eager" }
  /** A share of them, and a number besides. */
  | { readonly kind: "Custom"; readonly queueLengthDeduction: number; readonly runningJobPercentage: number };

/** How many Jobs a number of messages needs. */
export interface JobSizing {
  readonly strategy: JobStrategy;
  /** What a Job works on before it ends. */
  readonly messagesPerJob: number;
  /** Readings may be this much older than they say. */
  readonly readingLagSeconds: number;
  /** Jobs that are kept waiting for messages: the messages get that many fewer of maxReplicas. */
  readonly spareJobs: number;
}

/** One Job of an autoscaler. Times are those at which this process saw it happen. */
export interface SeenJob {
  readonly createdAt: Instant;
  /** Since when its pod has been ready; absent while it is not, and where it never was. */
  readonly workingSince?: Instant;
  /** Complete or Failed. */
  readonly endedAt?: Instant;
}

/** The Jobs of an autoscaler. */
export interface JobsSeen {
  /** All that have not ended, and those that ended after `knownSince`. */
  readonly jobs: readonly SeenJob[];
  readonly knownSince: Instant;
}

/** Jobs that all readings count, or do not count, alike; with the times of one of them. */
export interface JobGroup {
  readonly count: number;
  readonly createdAt: Instant;
  readonly workingSince?: Instant | undefined;
  readonly endedAt?: Instant | undefined;
}

/**
 * The Jobs in as few groups as the readings tell apart, so that a decision can be made again of them. `readings`: the
 * moments that the readings speak of.
 */
export function groupJobs(
  { jobs }: JobsSeen,
  readings: readonly Instant[],
  { strategy, readingLagSeconds }: JobSizing,
): readonly JobGroup[] {
  const startUp = strategy.kind === "Accurate" ? strategy.startUpSeconds : 0;
  const marks = readings
    .map((at) => at - readingLagSeconds * 1000)
    .flatMap((at) => (startUp === 0 ? [at] : [at, at - startUp * 1000]));
  const place = (at: Instant | undefined) => (at === undefined ? "" : marks.filter((mark) => at > mark).length);
  const groups = new Map<string, { readonly job: SeenJob; count: number }>();
  for (const job of jobs) {
    const { createdAt, workingSince, endedAt } = job;
    // It ended before all that was read: no reading counts it.
    if (endedAt !== undefined && marks.every((mark) => endedAt <= mark)) continue;
    const key = `${place(createdAt)},${place(workingSince)},${place(endedAt)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { job, count: 1 });
    else group.count += 1;
  }
  return [...groups.values()].map(({ job, count }) => ({ ...job, count }));
}

/** The Jobs of such groups, one by one. */
export function jobsOfGroups(groups: readonly JobGroup[]): readonly SeenJob[] {
  return groups.flatMap(({ count, createdAt, workingSince, endedAt }) => {
    const job: SeenJob = {
      createdAt,
      ...(workingSince !== undefined && { workingSince }),
      ...(endedAt !== undefined && { endedAt }),
    };
    return new Array<SeenJob>(count).fill(job);
  });
}

/** The Jobs that a reading asks for, beside those that it takes to be there already. */
export interface JobsMissing {
  /** Negative: there are more than it asks for. */
  readonly missing: number;
  /** Jobs that were there when the reading was made, and that are left out of what it asks for. */
  readonly deducted: number;
  /** Jobs that were created after the reading was made. */
  readonly since: number;
  /** By the strategy Eager: places that stay free for pending Jobs, where that makes a difference. */
  readonly keptFree?: number;
}

/**
 * How many Jobs to create for a reading that asks for `wanted` of them: those that the reading counted already, and
 * those created since, are not created twice. The strategies are those of KEDA's ScaledJob (scale_jobs.go).
 */
export function jobsMissing(
  wanted: number,
  readAt: Instant,
  jobs: readonly SeenJob[],
  { strategy, spareJobs }: Pick<JobSizing, "strategy" | "spareJobs">,
  maxReplicas: number,
): JobsMissing {
  const present = jobs.filter(
    ({ createdAt, endedAt }) => createdAt <= readAt && !(endedAt !== undefined && endedAt <= readAt),
  );
  const since = jobs.filter(({ createdAt }) => createdAt > readAt).length;
  const most = spareJobs === 0 ? wanted : Math.min(wanted, maxReplicas - spareJobs);
  switch (strategy.kind) {
    case "Default": {
      const deducted = present.length;
      return { missing: most + spareJobs - deducted - since, deducted, since };
    }
    case "Accurate": {
      const begun = readAt - strategy.startUpSeconds * 1000;
      const deducted = present.filter(({ workingSince }) => workingSince === undefined || workingSince > begun).length;
      return { missing: most - deducted - since, deducted, since };
    }
    case "Eager": {
      const unfinished = jobs.filter(({ endedAt }) => endedAt === undefined);
      const pending = unfinished.filter(({ workingSince }) => workingSince === undefined).length;
      const free = maxReplicas - unfinished.length - pending;
      // The bounds keep to maxReplicas by themselves, and say so.
      if (pending === 0 || free >= wanted - since) return { missing: wanted - since, deducted: 0, since };
      return { missing: free, deducted: 0, since, keptFree: pending };
    }
    case "Custom": {
      const spare = Math.min(present.length, spareJobs);
      const share = Math.floor((present.length - spare) * strategy.runningJobPercentage);
      const deducted = strategy.queueLengthDeduction + spare + share;
      const limited = Math.min(wanted, maxReplicas - spareJobs);
      return { missing: limited + spareJobs - deducted - since, deducted, since };
    }
  }
}
