import type { Autoscaler } from "./autoscaler.ts";
import type { DrainMemory, ForecastErrors, LearnedTime } from "./drain/drain-memory.ts";
import type { JobsSeen } from "./jobs.ts";
import type { Instant, SignalState, Trust } from "./reading.ts";
import { counted, listed, span } from "./wording.ts";
import type { WorkersSeen } from "./workers.ts";

/** What signals asked for, before any limit. */
export interface Recommendation {
  readonly at: Instant;
  readonly replicas: number;
  /** The number was held because a signal could not be trusted: it delays no scale-up, only a scale-down. */
  readonly inDoubt?: boolean;
}

/** What a decision must remember for the next one. Kept in the object's status, so that a new leader continues. */
export interface Memory {
  /** When replicas were last changed by us, up or down. */
  readonly lastScaleAt?: Instant;
  /** Newest last; bounded by the longest window in use. For HPA-like stabilization. Absent: there never was one. */
  readonly recommendations?: readonly Recommendation[];
  /** Newest last. For HPA-like rate policies. */
  readonly scalings?: readonly { readonly at: Instant; readonly change: number }[];
  /** With scaleToZero: whether any signal is active, and since when. Absent: none ever was. */
  readonly activity?: { readonly active: boolean; readonly since: Instant };
  /** Since when the fallback has set the number; absent while it does not. */
  readonly fallbackSince?: Instant;
  /** Since when busy workers have held a scale-down up; absent while they do not. */
  readonly heldByBusySince?: Instant;
  /** By signal name, for those with a drain rule. */
  readonly drains?: Readonly<Record<string, DrainMemory>>;
}

/** The bounds that a window of the calendar sets now; they stand in for the autoscaler's own. */
export interface ScheduledBounds {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Which window, with its numbers, as a sentence. */
  readonly because: string;
  /** When the calendar says something else. */
  readonly until?: Instant;
}

/** All input of `decide`. Values only. */
export interface Situation {
  readonly autoscaler: Autoscaler;
  /** The workload's spec.replicas. */
  readonly currentReplicas: number;
  /** By signal name. A signal that is missing here was never polled. */
  readonly signals: Readonly<Record<string, SignalState>>;
  readonly memory: Memory;
  readonly now: Instant;
  /** Absent: the autoscaler's own bounds hold. */
  readonly bounds?: ScheduledBounds;
  /** Of an autoscaler of Jobs. */
  readonly jobs?: JobsSeen | undefined;
  /** With busyWorkers: who may be stopped. Absent: not asked yet, which is done before a scale-down alone. */
  readonly workers?: WorkersSeen;
}

/** One rule's effect on the number: the record that status, events, logs and `muster decide` print. */
export interface Step {
  /** The rule's name, such as "limitDisruption". */
  readonly rule: string;
  readonly from: number;
  readonly to: number;
  /** A sentence with the numbers that the rule used. */
  readonly because: string;
}

/** What one signal said. */
export interface SignalVerdict {
  readonly name: string;
  readonly trust: Trust;
  /** What its rule asks for; absent where the signal cannot be trusted to ask. */
  readonly recommendedReplicas?: number;
  readonly value?: number;
  readonly ageSeconds?: number;
  /** How long a message takes, as a drain rule has learned it. */
  readonly learned?: LearnedTime;
  /** What arrives, as a drain rule has counted it. */
  readonly arrivals?: ForecastErrors;
}

export interface Decision {
  readonly desiredReplicas: number;
  readonly direction: "up" | "down" | "none";
  /** One entry for each rule that changed or held the number, in order. */
  readonly steps: readonly Step[];
  readonly signals: readonly SignalVerdict[];
  /** The bounds that a schedule set; absent: the autoscaler's own held. */
  readonly bounds?: ScheduledBounds;
  /** Present while the fallback sets the number. */
  readonly fallback?: FallbackInForce;
  /** Set where a bound or limit kept the number from what the signals asked for: the condition ScalingLimited. */
  readonly limited?: { readonly reason: string; readonly message: string };
  /** The workers have to be seen before a scale-down: it is decided again with them. */
  readonly wantsWorkers?: true;
  /** The pods that the scale-down takes, in that order; absent where Kubernetes chooses. */
  readonly leaving?: readonly string[];
  /** When time alone may change this decision (a cool-down or a window ends). Absent: it will not. */
  readonly reconsiderAt?: Instant;
  /** Handed back unread in the next situation, after the controller has noted a scaling that happened. */
  readonly memory: Memory;
}

/** The fallback sets the number of replicas, as no signal can be trusted. */
export interface FallbackInForce {
  /** The number it goes to, within the bounds in force. */
  readonly replicas: number;
  readonly since: Instant;
  /** Names of the signals that are in doubt, and since when all of them have been. */
  readonly signals: readonly string[];
  readonly noDataSince: Instant;
}

/** As a phrase. With `now` it says how long there has been no data; without, since when, which stays true. */
export function fallbackInWords({ replicas, since, signals, noDataSince }: FallbackInForce, now?: Instant): string {
  const lasts = now === undefined ? `since ${second(noDataSince)}` : `for ${span(now - noDataSince)}`;
  const has = signals.length === 1 ? "has" : "have";
  return `${counted(replicas, "replica")} since ${second(since)}, as ${listed(signals)} ${has} had no data ${lasts}`;
}

/** ISO 8601 to the second. */
function second(at: Instant): string {
  // biome-ignore lint/style/noRestrictedGlobals: it writes down a time that was handed in
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Longest period that an HPA-like rate policy may have, in milliseconds (autoscaling/v2: 1800 s). */
const LONGEST_PERIOD = 1_800_000;

/** The memory after replicas were changed by us. */
export function withScaling(memory: Memory, autoscaler: Autoscaler, change: number, at: Instant): Memory {
  const next: Mutable<Memory> = { ...memory };
  next.lastScaleAt = at;
  if (autoscaler.behavior === undefined) return next;
  const scalings = (memory.scalings ?? []).filter((scaling) => at - scaling.at <= LONGEST_PERIOD);
  scalings.push({ at, change });
  next.scalings = scalings;
  return next;
}

/**
 * A value under construction. Its fields are set one by one where that is faster: V8 copies an
 * object ten times as slowly where fields follow a spread, or are taken out of it.
 */
export type Mutable<Value> = { -readonly [Field in keyof Value]: Value[Field] };
