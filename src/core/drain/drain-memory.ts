import type { SignalRule } from "../autoscaler.ts";
import type { Instant } from "../reading.ts";
import type { Season } from "./season.ts";

export type Drain = Extract<SignalRule, { readonly kind: "drain" }>;

/** How long a message takes, as looks have shown. */
export interface LearnedTime {
  readonly secondsPerMessage: number;
  /** So many messages have been finished while it was learned. */
  readonly messages: number;
  /** When it was last corrected. */
  readonly at: Instant;
  /** Coefficient of variation: how far single messages' times are spread, as a share of the mean. Absent: not known. */
  readonly variation?: number | undefined;
}

/** How long replicas take until they work, as their pods have shown. */
export interface LearnedStartUp {
  /** The median. */
  readonly seconds: number;
  readonly pods: number;
  /** When they were last looked at. */
  readonly at: Instant;
}

/** Arrivals as they were last, and how well means over several times foretold those of the next minute. */
export interface ForecastErrors {
  /** Messages a second, by the window that foretold best. Absent: not known yet. */
  readonly perSecond?: number;
  /** By how much that changes within a minute, over ten minutes at most. */
  readonly trend?: number;
  /** When they were last compared. */
  readonly at: Instant;
  /** So many minutes were. */
  readonly minutes: number;
  /** Mean squares of the errors, in messages a second, by the windows of arrivals.ts. */
  readonly squares: readonly number[];
  /** The mean square that chance alone would make. */
  readonly noise: number;
}

/** How far the counters of a queue had got at one look; counted from the first look on. */
export interface FlowPoint {
  readonly at: Instant;
  readonly arrived: number;
  readonly completed: number;
  /** Seconds that messages were in hands, all of them together; absent where the source does not tell. */
  readonly busySeconds?: number;
}

/** The newest look: what the next one is compared with. Counters as the system has them. */
export interface LastLook {
  readonly at: Instant;
  readonly waiting: number;
  readonly inFlight?: number;
  readonly arrivedCount: number;
  readonly completedCount: number;
}

/** Work that was done since the last estimate of a message's time. */
export interface WorkTally {
  readonly since: Instant;
  /** Seconds that messages were in hands, all of them together. */
  readonly busySeconds: number;
  readonly completed: number;
  /** Messages in hands, added up over the looks: how much was really seen. */
  readonly seen: number;
  readonly looks: number;
}

/** What was in hands in one minute of the clock, as far as looks saw it. */
export interface HandsMinute {
  /** Its beginning. */
  readonly at: Instant;
  /** So much of it lay between two looks. */
  readonly seenMs: number;
  /** Seconds that messages were in hands, all of them together. */
  readonly busySeconds: number;
  /** Messages in hands, added up over the looks. */
  readonly seen: number;
  readonly looks: number;
}

/** What was in hands lately, to be compared with completions of the same minutes once those are known. */
export interface Hands {
  /** The newest look. */
  readonly at: Instant;
  readonly inFlight: number;
  /** Oldest first; a quarter of an hour at most. */
  readonly minutes: readonly HandsMinute[];
  /** Completions of before then have been compared. */
  readonly pairedUntil: Instant;
}

/** What a drain rule remembers of its signal. Bounded. */
export interface DrainMemory {
  /** Oldest first, the sparser the older. */
  readonly flow?: readonly FlowPoint[];
  readonly last?: LastLook;
  readonly forecast?: ForecastErrors;
  /** With a forecast from earlier days. */
  readonly season?: Season;
  readonly tally?: WorkTally;
  /** Where completions come late. */
  readonly hands?: Hands;
  readonly learned?: LearnedTime;
  /** Where pods may be read. */
  readonly startUp?: LearnedStartUp;
  /** The newest estimates, oldest first; their median is what `learned` follows. */
  readonly estimates?: readonly number[];
  /** When a message was last finished, or no worker was there to finish it, or nothing was there to do. */
  readonly progressAt?: Instant;
  /** When a message was last finished. */
  readonly completedAt?: Instant;
  /** When the message came that is the oldest now, as the source says; since when it is; how many were finished by then. */
  readonly oldest?: { readonly came: Instant; readonly since: Instant; readonly completed: number };
  /** The age guard's last step. */
  readonly grown?: { readonly at: Instant; readonly replicas: number };
}
