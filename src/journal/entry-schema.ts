import * as z from "zod";
import { type DrainMemory, FAILURE_KINDS } from "../core/index.ts";
import { type JournalEntry, OUTCOMES } from "./journal-entry.ts";

const time = z.iso.datetime();
/** JSON has no infinity: what cannot be right is written as null. */
const odd = z.number().nullable().optional();
const failure = z.object({ kind: z.enum(FAILURE_KINDS), message: z.string() });
const step = z.object({ rule: z.string(), from: z.number(), to: z.number(), because: z.string() });

const count = z.object({ at: z.number(), arrived: z.number(), completed: z.number() });
const hands = z.object({ at: z.number(), inFlight: z.number(), minutes: z.tuple([]), pairedUntil: z.number() });
const last = z.object({
  ...{ at: z.number(), waiting: z.number(), inFlight: z.number().optional() },
  ...{ arrivedCount: z.number(), completedCount: z.number() },
});
const oldest = z.object({ came: z.number(), since: z.number(), completed: z.number() });
const instant = z.number().optional();
const seen = z.object({
  ...{ flow: z.array(count).optional(), last: last.optional(), hands: hands.optional(), oldest: oldest.optional() },
  ...{ progressAt: instant, completedAt: instant },
  grown: z.object({ at: z.number(), replicas: z.number() }).optional(),
});

const signal = z.object({
  name: z.string(),
  trust: z.enum(["ok", "zero", "absent", "stale", "failing", "implausible"]),
  value: odd,
  readAt: time.optional(),
  ageSeconds: z.number().optional(),
  waiting: z.number().optional(),
  inFlight: z.number().optional(),
  arrivalsPerMinute: odd,
  idleWorkers: z
    .union([z.number(), z.literal("all")])
    .nullable()
    .optional(),
  oldestSeconds: z.number().optional(),
  arrived: z.number().optional(),
  completed: z.number().optional(),
  completions: z.array(z.object({ from: z.number(), until: z.number(), messages: z.number() })).optional(),
  learned: z.object({ secondsPerMessage: z.number(), messages: z.number(), at: time }).optional(),
  // JSON knows no field that is there and undefined.
  seen: (seen as unknown as z.ZodType<DrainMemory>).optional(),
  failure: failure.optional(),
  doubts: z.array(failure).optional(),
  recommendedReplicas: z.number().optional(),
});

/** Checks what came from a file or over the network; what a newer version has added is let through unread. */
export const journalEntry: z.ZodType<JournalEntry> = z.object({
  ...{ id: z.string(), kind: z.string(), namespace: z.string(), name: z.string() },
  profile: z.enum(["worker-pod-autoscaler", "phpa", "worker-autoscaler", "worker-autoscaler-v1"]),
  mode: z.enum(["Active", "DryRun", "Paused"]),
  ...{ at: time, until: time, count: z.number() },
  ...{ currentReplicas: z.number(), desiredReplicas: z.number(), minReplicas: z.number(), maxReplicas: z.number() },
  direction: z.enum(["up", "down", "none"]),
  lastScaleAt: time.optional(),
  signals: z.array(signal),
  firstSignals: z.array(signal).optional(),
  steps: z.array(step),
  fallback: z.object({ since: time, message: z.string() }).optional(),
  limited: z.object({ reason: z.string(), message: z.string() }).optional(),
  reconsiderAt: time.optional(),
  outcome: z.enum(OUTCOMES),
  scaled: z.object({ at: time, from: z.number(), to: z.number() }).optional(),
  failure: z.string().optional(),
});
