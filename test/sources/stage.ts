import type { FailureKind, Instant } from "../../src/core/index.ts";
import type { SourceTools } from "../../src/sources/shared/source.ts";

/** How a server can behave, and the kind of failure that a source must make of it (undefined: a reading). */
export const BEHAVIOURS = {
  /** Answers with the value that the conformance entry names. */
  working: undefined,
  /** Answers with a point that is an hour old. */
  stale: undefined,
  /** 401, or what the system says to a wrong password. */
  unauthorized: "Unauthorized",
  /** 403, or what the system says to a user who may not do this. */
  forbidden: "Unauthorized",
  /** 404: there is no such queue, database or path. */
  notFound: "NotFound",
  /** An answer that is right in form but holds no value: no series, only nulls, NaN. */
  missing: "NotFound",
  /** 429. */
  throttled: "Throttled",
  /** 5xx. */
  failing: "Unavailable",
  /** Nothing listens. */
  refusing: "Unavailable",
  /** Closes the connection in the middle of its answer. */
  cutting: "Unavailable",
  /** Answers something that is not its protocol. */
  garbage: "Malformed",
  /** Answers without an end. */
  giant: "Malformed",
  /** Takes the connection and never answers. */
  hanging: "TimedOut",
} as const satisfies Record<string, FailureKind | undefined>;

export type Behaviour = keyof typeof BEHAVIOURS;

/** A server that behaves in one way, and the settings that lead a source to it. */
export interface Stage {
  readonly settings: Record<string, unknown>;
  readonly tools?: Partial<SourceTools>;
  /** Bytes sent so far, where the server knows. */
  sent?(): number;
  /** Changes the behaviour of the running server (its address stays). */
  become?(behaviour: Behaviour): void | Promise<void>;
  close(): Promise<void>;
}

/** Makes a stage. `staleAt` is the time of the point that a stale stage answers with. */
export type SetStage = (behaviour: Behaviour, staleAt: Instant) => Promise<Stage>;
