import type { Instant } from "../../core/index.ts";

/** A stretch of the past, from its first moment up to and without its last. */
export interface HistoryRange {
  readonly from: Instant;
  readonly to: Instant;
  /** Time from one point to the next that is wished for. */
  readonly stepSeconds: number;
}

/** One point of a series; without a value where the server has the time and no value for it. */
export interface HistoryPoint {
  readonly at: Instant;
  readonly value: number | undefined;
}

/** What a server tells of a stretch of a series. */
export interface HistoryPart {
  /** In their order. */
  readonly points: readonly HistoryPoint[];
  /** What the server warns of, such as parts that it could not read. */
  readonly warnings?: readonly string[];
}

/** The past of one series. */
export interface History {
  /** Rejects only with a SourceError. */
  read(range: HistoryRange, signal: AbortSignal): Promise<HistoryPart>;
  close(): Promise<void>;
}

/** How the past of a kind of source is read. */
export interface HistoryTraits {
  /** Points of one request. */
  readonly mostPoints: number;
  /** Whether points come at the step that was wished for, or at one of the series' own. */
  readonly step: "asked" | "own";
  /** Whether a point that counts something speaks of the time before it, or after it. */
  readonly pointsAt: "end" | "begin";
}
