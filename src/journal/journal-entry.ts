import * as z from "zod";
import { type DrainMemory, FAILURE_KINDS } from "../core/index.ts";

const time = z.iso.datetime();
/** JSON has no infinity: an implausible number is written as null. */
const anyNumber = z.number().nullable().optional();
const failure = z.object({ kind: z.enum(FAILURE_KINDS), message: z.string() });
const step = z.object({ rule: z.string(), from: z.number(), to: z.number(), because: z.string() });

const instant = z.number().optional();
const errors = z.object({ own: z.number(), last: z.number(), mean: z.number(), actual: z.number() });
/** What a forecast foretold: the profile that it was made from is not needed to decide again. */
const outlook = z.object({
  ...{ at: z.number(), perSecond: z.array(z.number()), bins: z.number(), compared: z.number() },
  ...{ last: z.number(), mean: z.number(), long: errors, short: errors },
});
const seen = z.object({
  flow: z
    .array(z.object({ at: z.number(), arrived: z.number(), completed: z.number(), busySeconds: z.number().optional() }))
    .optional(),
  forecast: z
    .object({
      ...{ at: z.number(), minutes: z.number(), squares: z.array(z.number()), noise: z.number() },
      ...{ perSecond: z.number().optional(), trend: z.number().optional() },
    })
    .optional(),
  last: z
    .object({
      ...{ at: z.number(), waiting: z.number(), inFlight: z.number().optional() },
      ...{ arrivedCount: z.number(), completedCount: z.number() },
    })
    .optional(),
  hands: z.object({ at: z.number(), inFlight: z.number(), minutes: z.tuple([]), pairedUntil: z.number() }).optional(),
  oldest: z.object({ came: z.number(), since: z.number(), completed: z.number() }).optional(),
  ...{ progressAt: instant, completedAt: instant },
  grown: z.object({ at: z.number(), replicas: z.number() }).optional(),
  season: z.object({ outlook }).optional(),
});

/** What one signal had read when a decision was made, and what its rule asked for. */
const journalSignal = z.object({
  name: z.string(),
  trust: z.enum(["ok", "zero", "absent", "stale", "failing", "implausible"]),
  value: anyNumber,
  /** The moment the reading speaks of. */
  readAt: time.optional(),
  ageSeconds: z.number().optional(),
  waiting: z.number().optional(),
  inFlight: z.number().optional(),
  arrivalsPerMinute: anyNumber,
  idleWorkers: z
    .union([z.number(), z.literal("all")])
    .nullable()
    .optional(),
  oldestSeconds: z.number().optional(),
  arrived: z.number().optional(),
  completed: z.number().optional(),
  /** Messages finished in past minutes; from and until in milliseconds since the epoch. */
  completions: z.array(z.object({ from: z.number(), until: z.number(), messages: z.number() })).optional(),
  /** How long a message takes, as learned so far; `at`: when that was last corrected. */
  learned: z
    .object({ secondsPerMessage: z.number(), messages: z.number(), at: time, variation: z.number().optional() })
    .optional(),
  /**
   * What a drain rule had counted by then, its times in milliseconds since the epoch. In memory only the newest is kept.
   * JSON knows no field that is present and undefined.
   */
  seen: (seen as unknown as z.ZodType<DrainMemory>).optional(),
  failure: failure.optional(),
  /** What the poll could not find out although it was asked for. */
  doubts: z.array(failure).optional(),
  recommendedReplicas: z.number().optional(),
});

/** What happened to a decision. */
export const OUTCOMES = ["Scaled", "NothingToDo", "DryRun", "Failed", "Pending"] as const;

/**
 * One line of a journal: a decision that said something new, with what it was made from. Times are in ISO 8601. An
 * entry with the `id` and `at` of an earlier one is the same decision, and says how it continued. Fields that a newer
 * version has added are ignored.
 */
export const journalEntry = z.object({
  ...{ id: z.string(), kind: z.string(), namespace: z.string(), name: z.string() },
  profile: z.enum([
    "worker-pod-autoscaler",
    "phpa",
    "worker-autoscaler",
    "worker-autoscaler-v1",
    "worker-autoscaler-jobs",
  ]),
  mode: z.enum(["Active", "DryRun", "Paused"]),
  /** When the decision was first made, when it was last repeated, and how often it was made. */
  ...{ at: time, until: time, count: z.number() },
  ...{ currentReplicas: z.number(), desiredReplicas: z.number(), minReplicas: z.number(), maxReplicas: z.number() },
  direction: z.enum(["up", "down", "none"]),
  lastScaleAt: time.optional(),
  signals: z.array(journalSignal),
  /** What was read when the decision was first made, where it was made more than once and the file has both. */
  firstSignals: z.array(journalSignal).optional(),
  steps: z.array(step),
  /** With busyWorkers: how many workers were there, idle and free to go, and busy; or why nobody could say. */
  workers: z
    .object({
      ...{ at: time, pods: z.number().optional(), idle: z.number().optional(), busy: z.number().optional() },
      unknown: z.string().optional(),
    })
    .optional(),
  /**
   * With jobTemplate: the Jobs that had not ended, and those that a reading may have counted, in groups of which all
   * readings say the same; their times in milliseconds since the epoch.
   */
  jobs: z
    .object({
      ...{ running: z.number(), pending: z.number(), knownSince: z.number() },
      groups: z.array(z.object({ count: z.number(), createdAt: z.number(), workingSince: instant, endedAt: instant })),
    })
    .optional(),
  /** Present while the fallback set the number: since when, and why as a phrase. */
  fallback: z.object({ since: time, message: z.string() }).optional(),
  limited: z.object({ reason: z.string(), message: z.string() }).optional(),
  reconsiderAt: time.optional(),
  outcome: z.enum(OUTCOMES),
  scaled: z.object({ at: time, from: z.number(), to: z.number() }).optional(),
  /** Why the write of the replica count failed. */
  failure: z.string().optional(),
});

type Immutable<Value> = Value extends object ? { readonly [Key in keyof Value]: Immutable<Value[Key]> } : Value;

export type JournalEntry = Immutable<z.output<typeof journalEntry>>;
export type JournalSignal = JournalEntry["signals"][number];
