import type { Completions, Decision, DrainMemory, ProfileName, ReadingFailure, Step, Trust } from "../core/index.ts";

/** What one signal had read when a decision was made, and what its rule asked for. */
export interface JournalSignal {
  readonly name: string;
  readonly trust: Trust;
  readonly value?: number | null | undefined;
  /** The moment the reading speaks of. */
  readonly readAt?: string | undefined;
  readonly ageSeconds?: number | undefined;
  readonly waiting?: number | undefined;
  readonly inFlight?: number | undefined;
  readonly arrivalsPerMinute?: number | null | undefined;
  readonly idleWorkers?: number | "all" | null | undefined;
  readonly oldestSeconds?: number | undefined;
  readonly arrived?: number | undefined;
  readonly completed?: number | undefined;
  /** Messages finished in past minutes; from and until in milliseconds since the epoch. */
  readonly completions?: readonly Completions[] | undefined;
  readonly learned?: LearnedAt | undefined;
  /** What a drain rule had counted by then, its times in milliseconds since the epoch; of what is kept in memory the newest only. */
  readonly seen?: DrainMemory | undefined;
  readonly failure?: ReadingFailure | undefined;
  /** What the look could not find out although it was asked for. */
  readonly doubts?: readonly ReadingFailure[] | undefined;
  readonly recommendedReplicas?: number | undefined;
}

/** How long a message takes, as far as looks had shown. */
export interface LearnedAt {
  readonly secondsPerMessage: number;
  readonly messages: number;
  /** When it was last corrected. */
  readonly at: string;
}

/** What came of a decision. */
export const OUTCOMES = ["Scaled", "NothingToDo", "DryRun", "Failed", "Pending"] as const;

/**
 * One line of a journal: a decision that said something new, with what it was made from. Times are in ISO 8601. An
 * entry with the `id` and `at` of an earlier one is the same decision, and says how it went on.
 */
export interface JournalEntry {
  readonly id: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly profile: ProfileName;
  readonly mode: "Active" | "DryRun" | "Paused";
  /** When it was decided first, and when it was last decided alike. */
  readonly at: string;
  readonly until: string;
  /** How often it was decided alike. */
  readonly count: number;
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly direction: Decision["direction"];
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly lastScaleAt?: string | undefined;
  readonly signals: readonly JournalSignal[];
  /** What was read when it was decided first, where it was decided more often: of a file that tells both. */
  readonly firstSignals?: readonly JournalSignal[] | undefined;
  readonly steps: readonly Step[];
  /** Present while the fallback set the number: since when, and why as a phrase. */
  readonly fallback?: { readonly since: string; readonly message: string } | undefined;
  readonly limited?: { readonly reason: string; readonly message: string } | undefined;
  readonly reconsiderAt?: string | undefined;
  readonly outcome: (typeof OUTCOMES)[number];
  readonly scaled?: { readonly at: string; readonly from: number; readonly to: number } | undefined;
  /** Why the write of the replica count failed. */
  readonly failure?: string | undefined;
}
