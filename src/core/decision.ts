import type { Autoscaler } from "./autoscaler.ts";
import type { DrainMemory, LearnedTime } from "./drain/drain-memory.ts";
import type { FallbackInForce } from "./fallback-in-force.ts";
import type { Instant, SignalState, Trust } from "./reading.ts";

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

/** Everything `decide` looks at. Values only. */
export interface Situation {
  readonly autoscaler: Autoscaler;
  /** The workload's spec.replicas. */
  readonly currentReplicas: number;
  /** By signal name. A signal that is missing here was never looked at. */
  readonly signals: Readonly<Record<string, SignalState>>;
  readonly memory: Memory;
  readonly now: Instant;
  /** Absent: the autoscaler's own bounds hold. */
  readonly bounds?: ScheduledBounds;
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
  /** How long a message takes, as far as looks have shown: of a drain rule. */
  readonly learned?: LearnedTime;
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
  /** When time alone may change this decision (a cool-down or a window ends). Absent: it will not. */
  readonly reconsiderAt?: Instant;
  /** Handed back unread in the next situation, after the controller has noted a scaling that happened. */
  readonly memory: Memory;
}
