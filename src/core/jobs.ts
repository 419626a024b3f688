import type { Instant } from "./reading.ts";

/** How many of the Jobs that were there when a reading was made it is taken to have counted. */
export type JobStrategy =
  /** All of them: the source counts messages in flight too. */
  | { readonly kind: "Default" }
  /** Those that had not begun their work: the source hides messages in flight. */
  | { readonly kind: "Accurate"; readonly startUpSeconds: number }
  /** None: each reading asks for as many Jobs again. */
  | { readonly kind: "Eager" }
  /** A share of them, and so many besides. */
  | { readonly kind: "Custom"; readonly queueLengthDeduction: number; readonly runningJobPercentage: number };

/** How many Jobs a number of messages needs. */
export interface JobSizing {
  readonly strategy: JobStrategy;
  /** What a Job works on before it ends. */
  readonly messagesPerJob: number;
  /** Readings may be this much older than they say. */
  readonly readingLagSeconds: number;
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

/**
 * How many Jobs to create for a reading that asks for `wanted` of them: those that the reading counted already, and
 * those created since, are not created twice. Negative: there are more than it asks for.
 */
export function jobsMissing(
  wanted: number,
  readAt: Instant,
  jobs: readonly SeenJob[],
  strategy: JobStrategy,
): { readonly missing: number; readonly deducted: number; readonly since: number } {
  const present = jobs.filter(
    ({ createdAt, endedAt }) => createdAt <= readAt && !(endedAt !== undefined && endedAt <= readAt),
  );
  const since = jobs.filter(({ createdAt }) => createdAt > readAt).length;
  const deducted = deduction(strategy, present, readAt);
  return { missing: wanted - deducted - since, deducted, since };
}

function deduction(strategy: JobStrategy, present: readonly SeenJob[], readAt: Instant): number {
  switch (strategy.kind) {
    case "Default":
      return present.length;
    case "Accurate": {
      const begun = readAt - strategy.startUpSeconds * 1000;
      return present.filter(({ workingSince }) => workingSince === undefined || workingSince > begun).length;
    }
    case "Eager":
      return 0;
    case "Custom": {
      const { queueLengthDeduction, runningJobPercentage } = strategy;
      return queueLengthDeduction + Math.floor(present.length * runningJobPercentage);
    }
  }
}
