/** What GET /api/v1/live sends. The page reads the same types; this file imports nothing. */

/** The gravest first: the page sorts by it. */
export const FLEET_STATES = [
  "failing",
  "stalled",
  "fallback",
  "unreadable",
  "at max",
  "held",
  "acting",
  "dry run",
  "paused",
  "starting",
  "steady",
] as const;

export type FleetState = (typeof FLEET_STATES)[number];

/** Milliseconds since the epoch, and how much waited from then on. */
export type BacklogPoint = readonly [at: number, backlog: number];

/** One autoscaler. Absent: not known, or it has none. */
export interface FleetRow {
  readonly id: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly target: string;
  /** Types of its sources, such as "sqs". */
  readonly sources: readonly string[];
  readonly state: FleetState;
  /** Why it is in that state, in one line. */
  readonly why: string;
  /** Since when it is, where that is known, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly current?: number | undefined;
  readonly desired?: number | undefined;
  readonly available?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly backlog?: number | undefined;
  readonly oldestSeconds?: number | undefined;
  /** Of a drain rule. */
  readonly objectiveSeconds?: number | undefined;
  /** Of workers whose busy ones are protected: how many there were when they were last asked, and how many were busy. */
  readonly workers?: number | undefined;
  readonly busy?: number | undefined;
  readonly lastScaling?:
    | { readonly at: number; readonly from: number; readonly to: number; readonly reason: string }
    | undefined;
  /** The last hour, where the page does not have it yet. */
  readonly history?: readonly BacklogPoint[];
}

/** Event "fleet": what changed since the event before; its id says from where a new connection goes on. */
export interface Fleet {
  /** What the page has is of another process, or too old: forget it. */
  readonly reset?: true;
  readonly rows: readonly FleetRow[];
  /** Ids of autoscalers that were deleted. */
  readonly gone: readonly string[];
  /** How many rows are still to come. */
  readonly more: number;
}

/** Event "head". */
export interface Head {
  readonly now: number;
  readonly leader: boolean;
  readonly autoscalers: number;
  /** Polls of sources in the last minute, or for as long as somebody has watched; absent: too early to say. */
  readonly callsPerMinute?: number | undefined;
}
