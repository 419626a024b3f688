import { onAbort, pause, runWithin } from "../../shared/async.ts";
import { KubernetesError } from "../ports.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { WatchCache } from "../watch/watch-cache.ts";
import { LeaseClaim } from "./lease-claim.ts";
import { asLease, LEASES, LeaseObject } from "./lease-object.ts";
import { claimTime, LeaseState, processTime } from "./lease-state.ts";
import { type FixedTiming, LeaseTiming, SHORTEST_LEASE_SECONDS } from "./lease-timing.ts";

/** A lease and who holds it. */
export interface LeaseOptions {
  readonly namespace: string;
  readonly name: string;
  /** This process's name in the Lease. */
  readonly holder: string;
  /** Whether a lease of this holder is surely that of a process that has ended. */
  readonly mayTakeBack?: boolean;
  /** Absent: the times follow the measured round trips. */
  readonly timing?: FixedTiming;
}

export interface LeaseLeadershipOptions extends LeaseOptions {
  readonly client: ApiClient;
  /** Where what is known of the lease is kept for those who write. */
  readonly state?: LeaseState;
  /** Milliseconds since the loop that acts was last seen alive: a leader that is stuck must be replaced. */
  readonly sinceLastBeat?: () => number;
  /** Called with what goes wrong with the lease. */
  readonly onProblem?: (problem: KubernetesError) => void;
  /** Called once the lease was claimed after `renewNow`. */
  readonly onRenewed?: () => void;
}

const RELEASE_WITHIN_MS = 3_000;
/** Candidates that all know when a lease ends do not ask for it in the same moment. */
const AFTER_END_MS = 50;

/** Leader election by a Lease, as in client-go: two processes never lead at once as long as time passes equally fast. */
export class LeaseLeadership {
  readonly #options: LeaseLeadershipOptions;
  readonly #timing: LeaseTiming;
  readonly #state: LeaseState;
  #woken = new AbortController();
  #isRenewalWanted = false;

  constructor(options: LeaseLeadershipOptions) {
    this.#options = options;
    this.#timing = new LeaseTiming(options.timing);
    this.#state = options.state ?? new LeaseState();
  }

  /**
   * Runs until aborted. Calls `elected` when this process may act and aborts the signal it gave it the moment it may not
   * any longer. Renews for as long as `elected` runs, also after an abort: what is under way may be finished.
   */
  async run(elected: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const claim = this.#claim();
    while (!signal.aborted) {
      const until = await this.#acquire(claim, signal);
      if (until !== undefined) await this.#lead(claim, until, elected, signal);
    }
  }

  /** Claims the lease as soon as possible, and calls `onRenewed` then. */
  renewNow(): void {
    this.#isRenewalWanted = true;
    this.#woken.abort();
  }

  #claim(): LeaseClaim {
    const { client, namespace, name, holder, mayTakeBack = false, timing } = this.#options;
    const answered = (milliseconds: number) => this.#timing.answered(milliseconds);
    return new LeaseClaim(new LeaseObject(client, namespace, name, answered), {
      identity: holder,
      mayTakeBack,
      patienceSeconds: timing?.leaseDurationSeconds ?? SHORTEST_LEASE_SECONDS,
      monotonic: () => performance.now(),
    });
  }

  /** Waits for the lease; resolves with the processTime() until which it is ours, or undefined once aborted. */
  async #acquire(claim: LeaseClaim, signal: AbortSignal): Promise<number | undefined> {
    const watching = new AbortController();
    const watch = this.#follow(claim, watching.signal);
    try {
      while (!signal.aborted) {
        // Before the attempt: a change while it is under way must wake us too.
        this.#woken = new AbortController();
        const until = this.#isStuck() ? undefined : await this.#tryClaim(claim, signal);
        if (until !== undefined) return until;
        await this.#wait(claim, signal);
      }
      return undefined;
    } finally {
      watching.abort();
      await watch;
    }
  }

  async #lead(
    claim: LeaseClaim,
    until: number,
    elected: (leading: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const leading = new AbortController();
    const over = new AbortController();
    const leave = onAbort(signal, () => leading.abort());
    const renewing = this.#renew(claim, until, leading, over.signal);
    try {
      await elected(leading.signal);
    } finally {
      leading.abort();
      over.abort();
      leave();
      await renewing;
      this.#state.ended();
      await this.#giveBack(claim);
    }
  }

  /** Renews until `over`, or until the lease is lost; then it aborts `leading`. Never rejects. */
  async #renew(claim: LeaseClaim, first: number, leading: AbortController, over: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const lose = () => {
      this.#state.ended();
      lost.abort();
      leading.abort();
    };
    const loseAt = (until: number) => setTimeout(lose, Math.max(until - processTime(), 0));
    let timer = loseAt(first);
    const leave = onAbort(over, () => lost.abort());
    while (!lost.signal.aborted) {
      await this.#restUntilWoken(this.#timing.retryMs, lost.signal);
      if (lost.signal.aborted) break;
      this.#woken = new AbortController();
      if (this.#isStuck()) continue;
      const until = await this.#tryClaim(claim, lost.signal);
      if (lost.signal.aborted) break;
      if (until !== undefined) {
        clearTimeout(timer);
        timer = loseAt(until);
      } else if (claim.isLost()) lose();
    }
    clearTimeout(timer);
    leave();
  }

  /** Claims the lease once. Resolves with the processTime() until which it is ours, if it is. Never rejects. */
  async #tryClaim(claim: LeaseClaim, signal: AbortSignal): Promise<number | undefined> {
    const wanted = this.#isRenewalWanted;
    let begun = claimTime();
    let deadlineMs = 0;
    this.#isRenewalWanted = false;
    const begin = () => {
      begun = claimTime();
      deadlineMs = this.#timing.deadlineMs;
      this.#state.claiming(begun, deadlineMs);
      return this.#timing.durationSeconds;
    };
    try {
      const requestTimeoutMs = () => this.#timing.requestTimeoutMs;
      if (!(await claim.claim(signal, { begin, requestTimeoutMs }))) return undefined;
      this.#state.renewed(begun, deadlineMs, this.#timing.leastWriteMs);
      if (wanted) this.#options.onRenewed?.();
      // Counted from before the write was sent: others count from when they see it, which is later.
      return begun.at + deadlineMs;
    } catch (error) {
      this.#isRenewalWanted ||= wanted;
      const problem = error as KubernetesError;
      if (problem.kind === "TimedOut" && !signal.aborted) this.#timing.timedOut();
      if (!signal.aborted && problem.kind !== "Conflict") this.#options.onProblem?.(problem);
      return undefined;
    }
  }

  #isStuck(): boolean {
    return (this.#options.sinceLastBeat?.() ?? 0) > this.#timing.durationSeconds * 1000;
  }

  async #giveBack(claim: LeaseClaim): Promise<void> {
    const reason = () => new KubernetesError("TimedOut", "update leases: the lease was not given back in time");
    const limit = { milliseconds: RELEASE_WITHIN_MS, reason };
    try {
      await runWithin(limit, (signal) => claim.giveBack(signal, RELEASE_WITHIN_MS));
    } catch (error) {
      // Then the lease runs out by itself.
      this.#options.onProblem?.(error as KubernetesError);
    }
  }

  /** Jittered, so that candidates do not meet again and again; ends early when the lease changed hands or runs out. */
  #wait(claim: LeaseClaim, signal: AbortSignal): Promise<void> {
    const retryMs = this.#timing.retryMs * (1 + Math.random() * 0.2);
    const left = claim.freeWithin() ?? 0;
    const endMs = left > 0 ? left + 1 + Math.random() * AFTER_END_MS : retryMs;
    return this.#restUntilWoken(Math.min(retryMs, endMs), signal);
  }

  async #restUntilWoken(milliseconds: number, signal: AbortSignal): Promise<void> {
    const woken = this.#woken;
    const leave = onAbort(signal, () => woken.abort());
    await pause(milliseconds, woken.signal);
    leave();
  }

  /** Sees each renewal at once. Where watching is forbidden, the reads of each retry period suffice. */
  #follow(claim: LeaseClaim, signal: AbortSignal): Promise<void> {
    const { client, namespace, name } = this.#options;
    const leases = new WatchCache({
      client,
      resource: LEASES,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      trim: asLease,
      changed: (_key, now) => {
        if (now?.value !== undefined) claim.observe(now.value);
        if (now === undefined || now.value?.record.holderIdentity === "") this.#woken.abort();
      },
    });
    return leases.run(signal);
  }
}
