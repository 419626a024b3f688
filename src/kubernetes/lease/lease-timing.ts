/** The times that an operator may set. */
export interface FixedTiming {
  /** After this long without a renewal another process may take over. */
  readonly leaseDurationSeconds: number;
  /** After this long without a renewal the leader stops; less than the lease's duration. */
  readonly renewDeadlineSeconds: number;
  /** Between renewals, and between attempts to take the lease. */
  readonly retryPeriodSeconds: number;
}

/** What holds where the operator sets none. At 4 s a standby takes over within 6 s of a kill. */
export const SHORTEST_LEASE_SECONDS = 4;
const LONGEST_LEASE_SECONDS = 60;
const RETRY_MS = 1_000;
/** Before others may take the lease the leader stops this long, for a write that the network delivers late. */
const LEAST_MARGIN_MS = 500;
const LEAST_WRITE_MS = 250;
const LEAST_TIMEOUT_MS = 1_500;
/** A new connection takes two or three round trips before the request's own: at 5 s each that is up to 20 s. */
const LONGEST_TIMEOUT_MS = 20_000;
/** Round trips become longer at once and shorter slowly. */
const FORGETTING = 0.8;

/**
 * How long a lease lasts and how long its requests may take, after the round trips that were measured: short on a
 * healthy API server, so that a dead leader is replaced soon, long on a slow one, so that a leader can renew at all.
 */
export class LeaseTiming {
  readonly #fixed: FixedTiming | undefined;
  #roundTripMs: number | undefined;
  #timeOuts = 0;

  constructor(fixed?: FixedTiming) {
    if (fixed !== undefined) refuseImpossible(fixed);
    this.#fixed = fixed;
  }

  answered(milliseconds: number): void {
    this.#timeOuts = 0;
    this.#roundTripMs = Math.max(milliseconds, (this.#roundTripMs ?? 0) * FORGETTING);
  }

  timedOut(): void {
    this.#timeOuts += 1;
  }

  /** A whole number, as the Lease wants it. */
  get durationSeconds(): number {
    if (this.#fixed !== undefined) return this.#fixed.leaseDurationSeconds;
    // Two round trips of two renewals, two for a write in between, and one to spare.
    const needed = Math.ceil((RETRY_MS * 3 + this.#roundTrip * 5) / 1000);
    return Math.min(Math.max(needed, SHORTEST_LEASE_SECONDS), LONGEST_LEASE_SECONDS);
  }

  /** Milliseconds after the beginning of a claim at which the leader stops. */
  get deadlineMs(): number {
    if (this.#fixed !== undefined) return this.#fixed.renewDeadlineSeconds * 1000;
    const lasts = this.durationSeconds * 1000;
    return lasts - Math.min(Math.max(LEAST_MARGIN_MS, this.#roundTrip), lasts / 4);
  }

  get retryMs(): number {
    return this.#fixed === undefined ? RETRY_MS : this.#fixed.retryPeriodSeconds * 1000;
  }

  /** What must be left of the lease for a write to begin. */
  get leastWriteMs(): number {
    return Math.min(Math.max(LEAST_WRITE_MS, this.#roundTrip * 2), this.deadlineMs / 4);
  }

  get requestTimeoutMs(): number {
    if (this.#roundTripMs === undefined) return LONGEST_TIMEOUT_MS;
    // Two attempts fit into the renew deadline even if the first one hangs.
    const least = this.#fixed === undefined ? LEAST_TIMEOUT_MS : this.#fixed.renewDeadlineSeconds * 400;
    const usual = Math.max(this.#roundTrip * 4, least);
    return Math.min(usual * 4 ** this.#timeOuts, LONGEST_TIMEOUT_MS);
  }

  get #roundTrip(): number {
    return this.#roundTripMs ?? 0;
  }
}

function refuseImpossible({ leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds }: FixedTiming): void {
  if (leaseDurationSeconds > renewDeadlineSeconds && renewDeadlineSeconds > retryPeriodSeconds * 1.2) return;
  const got = `${leaseDurationSeconds}, ${renewDeadlineSeconds} and ${retryPeriodSeconds} s`;
  throw new Error(`expected lease duration > renew deadline > 1.2 x retry period, got ${got}`);
}
