import {
  type Autoscaler,
  type Backoff,
  isStepping,
  pauseAfter,
  type SignalState,
  type WorkloadState,
} from "../core/index.ts";

export interface Change {
  readonly from: number;
  readonly to: number;
}

export interface WriteFailure {
  readonly kind: string;
  readonly message: string;
  /** How long the server asked us to wait. */
  readonly retryAfterSeconds?: number;
}

/** Part of a scale-down was written: `because` says why not all of it. */
export interface PartialWrite {
  readonly kind: "Partial";
  readonly to: number;
  readonly because: string;
}

/** `called-off`: ended before an answer came. */
export type WriteOutcome = "ok" | PartialWrite | "called-off" | WriteFailure;

export function isPartial(outcome: WriteOutcome): outcome is PartialWrite {
  return typeof outcome === "object" && outcome.kind === "Partial";
}

/** A watch shows our own write within milliseconds; after this long, what it shows counts again. */
const ECHO_MILLISECONDS = 2_000;
const RETRY: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 30_000 };
/** Nothing was sent, and nothing failed: it is decided again when this process may write, or on who is busy now. */
const NOT_SENT: ReadonlySet<string> = new Set(["NotLeading", "WorkersBusy"]);
/** A conflict only says that a newer state is on its way. */
const CONFLICT_RETRY: Backoff = { firstMilliseconds: 50, longestMilliseconds: 5_000 };
/** This many conflicts in a row are no longer normal. */
const NORMAL_CONFLICTS = 5;

/**
 * When a decision may be written to the scale of one workload, and what the answer means: one write at a time, after a
 * failure not before its pause is over, and one step down for each poll. Times are milliseconds of one steady clock.
 */
export class Scaler {
  readonly #random: () => number;
  #write = 0;
  #underWay: Change | undefined;
  #isSpent = false;
  #failures = 0;
  #failure: WriteFailure | undefined;
  #retryAt = 0;
  #echo: { readonly replicas: number; readonly until: number } | undefined;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the last scaling was made on what is known now: then a step down, or out of a band, was taken already. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** What the last write failed with; a few conflicts are no failure. */
  get failure(): WriteFailure | undefined {
    return this.#failure?.kind === "Conflict" && this.#failures <= NORMAL_CONFLICTS ? undefined : this.#failure;
  }

  /** A poll ended, well or not. */
  polled(): void {
    this.#isSpent = false;
  }

  /** 0: write now. Else the milliseconds after which to ask again; Infinity: when something new is known. */
  pauseBefore(direction: "up" | "down", mayWrite: boolean, now: number): number {
    if (this.#underWay !== undefined || !mayWrite) return Number.POSITIVE_INFINITY;
    // One poll sends workers home once, however far maxDisruption lets it go; the next poll may send more.
    if (direction === "down" && this.#isSpent) return Number.POSITIVE_INFINITY;
    const until = Math.max(this.#retryAt, direction === "down" ? (this.#echo?.until ?? 0) : 0);
    return Math.max(0, until - now);
  }

  /** A write begins. Returns its number. */
  begin(change: Change): number {
    this.#underWay = change;
    this.#write += 1;
    return this.#write;
  }

  /** The write of that number ended. Says how it counts; undefined: it had ended before. */
  ended(write: number, outcome: WriteOutcome, now: number): "ok" | string | undefined {
    const change = this.#underWay;
    if (write !== this.#write || change === undefined) return undefined;
    this.#underWay = undefined;
    if (outcome === "ok" || isPartial(outcome)) {
      this.forget();
      this.#isSpent = true;
      this.#echo = { replicas: outcome === "ok" ? change.to : outcome.to, until: now + ECHO_MILLISECONDS };
      return "ok";
    }
    if (outcome === "called-off" || NOT_SENT.has(outcome.kind)) return "called-off";
    const { kind, message, retryAfterSeconds = 0 } = outcome;
    this.#failures = kind === this.#failure?.kind ? this.#failures + 1 : 1;
    this.#failure = { kind, message };
    const pause = pauseAfter(this.#failures, kind === "Conflict" ? CONFLICT_RETRY : RETRY, this.#random);
    this.#retryAt = now + Math.max(pause, retryAfterSeconds * 1000);
    return kind;
  }

  /** Another workload, or a new try after the object changed: old failures do not count. */
  forget(): void {
    this.#failures = 0;
    this.#failure = undefined;
    this.#retryAt = 0;
    this.#echo = undefined;
  }

  /**
   * The replicas that count, given those that the watch shows (undefined: the workload is not there): while our write
   * has no answer, those before it; until the watch shows our own write, those that it left.
   */
  seen(shown: number | undefined, now: number): number | undefined {
    // The new number must not be reported before the memory has the scaling that made it.
    if (shown !== undefined && shown === this.#underWay?.to) return this.#underWay.from;
    if (this.#echo === undefined) return shown;
    if (now < this.#echo.until && shown !== undefined && shown !== this.#echo.replicas) return this.#echo.replicas;
    this.#echo = undefined;
    return shown;
  }
}

/**
 * Whether a signal that can be read now moves the replicas by steps: it takes one step for each poll, and deciding again
 * on the same reading would take another one.
 */
export function takesSteps(autoscaler: Autoscaler, states: Readonly<Record<string, SignalState>>): boolean {
  return autoscaler.signals.some(
    (signal) => isStepping(autoscaler, signal) && states[signal.name]?.failure === undefined,
  );
}

/** A status that cannot be written must not keep a workload from being scaled. */
const STATUS_PATIENCE_MS = 1_000;

/**
 * Finds scalings of ours that the memory does not have. A process that is killed right after a scaling has not reported
 * it; the API server notes who set the replicas, but not when, and before 1.22 not even who. The sign is a workload
 * whose number differs from the one in the status.
 */
export class UnreportedScalings {
  /** The replicas that the memory accounts for; undefined: no status has had any yet. */
  #accounted: number | undefined;
  /** The last leader may have scaled and not written it into the status. */
  #isFirstPass = false;
  /** A write of ours ended without an answer. */
  #mayHaveScaled = false;
  #statusDueAt: number | undefined;

  /** From now on this process acts; `reported` is what the status has. */
  begin(reported: number | undefined): void {
    this.#accounted = reported;
    this.#isFirstPass = true;
  }

  /** The scaling of ours that made this number, where the memory does not have it. */
  find({ replicas: to, setBy }: WorkloadState & { state: "present" }): Change | undefined {
    const from = this.#accounted ?? to;
    const isOurs = setBy === "us" || (setBy === undefined && (this.#isFirstPass || this.#mayHaveScaled));
    this.#accounted = to;
    this.#isFirstPass = false;
    if (from === to) return undefined;
    this.#mayHaveScaled = false;
    return isOurs ? { from, to } : undefined;
  }

  /** A write of ours left this number. */
  scaled(to: number): void {
    this.#accounted = to;
    this.#mayHaveScaled = false;
  }

  /** A write of ours ended without an answer. */
  mayHaveScaled(): void {
    this.#mayHaveScaled = true;
  }

  /**
   * Milliseconds for which a scaling waits for the status to be written: one that still has the number to be set would
   * hide the scaling from the next process. It comes to that only right after another one that was not reported.
   */
  wait(reported: number | undefined, { from, to }: Change, now: number): number {
    if (reported !== to || from === to) {
      this.#statusDueAt = undefined;
      return 0;
    }
    this.#statusDueAt ??= now + STATUS_PATIENCE_MS;
    return Math.max(0, this.#statusDueAt - now);
  }
}
