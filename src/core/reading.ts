/** Milliseconds since the epoch. Core never asks for the time: it is handed in. */
export type Instant = number;

/** Messages that were finished in a stretch of time. */
export interface Completions {
  readonly from: Instant;
  readonly until: Instant;
  readonly messages: number;
}

/** What a source saw, once. What a system cannot report is absent: never -1, never 0. */
export interface Reading {
  /** The moment the source's data speaks of (its own timestamp where it gives one, else when it was asked). */
  readonly at: Instant;
  /** Unfinished messages (waiting and in flight), or the metric's value. */
  readonly value: number;
  /** Of the value: messages waiting, and messages taken but unfinished. */
  readonly waiting?: number;
  readonly inFlight?: number;
  /** Messages that came in per minute, averaged by the source over its last minutes. */
  readonly arrivalsPerMinute?: number;
  /** Workers that wait for work; "all" where the source knows that none is busy but not how many there are. */
  readonly idleWorkers?: number | "all";
  /** Age of the oldest waiting message, in seconds. */
  readonly oldestSeconds?: number;
  /** The system's own counters, which only grow (or begin again): messages that ever came in, and that were finished. */
  readonly arrived?: number;
  readonly completed?: number;
  /**
   * Messages finished in each of some past minutes, oldest first, from a source that learns of them late; none while
   * none is known yet.
   */
  readonly completions?: readonly Completions[];
  /** What this poll could not find out although it was asked for (the fields above that are absent or old for it). */
  readonly doubts?: readonly ReadingFailure[];
}

/** Why a poll gave no reading. The kind decides the retry and the condition's reason; the message is for people. */
export const FAILURE_KINDS = [
  /** Credentials are missing, wrong or not allowed to do this. */
  "Unauthorized",
  /** The queue, series, table or key does not exist (where absence is not simply an empty queue). */
  "NotFound",
  /** The server cannot be reached, closed the connection or answered 5xx. */
  "Unavailable",
  /** The server asked us to slow down. */
  "Throttled",
  /** No answer within the time limit. */
  "TimedOut",
  /** An answer came, and it is not one: bad syntax, wrong shape, too large, two series where one was expected. */
  "Malformed",
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

export interface ReadingFailure {
  readonly kind: FailureKind;
  readonly message: string;
  /** An answer came, and it holds no data: no series, no row, no point. */
  readonly isEmpty?: true;
  /** So did the one before it. */
  readonly isRepeated?: true;
}

/** Everything known about one signal: its newest reading, and the failure of the last poll where that failed. */
export interface SignalState {
  /** The newest reading, kept while later polls fail. Absent before the first one. */
  readonly reading?: Reading;
  /** The one before it, of another moment, where it said something else: a fall is judged against it. */
  readonly before?: Reading;
  /** Present while the LAST poll failed. */
  readonly failure?: ReadingFailure;
  /** Since when there has been no trustworthy reading (the controller's start, if there never was one). */
  readonly doubtSince?: Instant;
}

/** How far a signal's state can be believed (design: doubt may raise or hold replicas, it never lowers them). */
export type Trust = "ok" | "zero" | "absent" | "stale" | "failing" | "implausible";

/** The state of a signal after a poll has given this reading. */
export function withReading({ reading: last, before }: SignalState, reading: Reading): SignalState {
  // A server that has no newer point yet gives the same one again, which confirms nothing.
  const compared = last?.at === reading.at ? before : last;
  return compared === undefined || saysTheSame(compared, reading) ? { reading } : { reading, before: compared };
}

function saysTheSame(one: Reading, other: Reading): boolean {
  return one.value === other.value && one.arrivalsPerMinute === other.arrivalsPerMinute;
}

/** How often it is reasonable to poll a source, in seconds. The engine paces between the two; users' settings override. */
export interface Pace {
  /** While the backlog moves. */
  readonly movingSeconds: number;
  /** While nothing changes. */
  readonly steadySeconds: number;
  /**
   * While the value is 0 and the workload has no replicas, where the source cannot wait for work: so that a first message
   * is seen soon. The engine pauses longer where many share a server. Absent: a read costs too much for that.
   */
  readonly asleepSeconds?: number | undefined;
}
