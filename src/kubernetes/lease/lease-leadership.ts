import type { KubernetesError } from "../ports/kubernetes-error.ts";
import type { Leadership } from "../ports/leadership.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { deadline } from "../transport/deadline.ts";
import { onAbort } from "../transport/on-abort.ts";
import { pause } from "../transport/pause.ts";
import { WatchCache } from "../watch/watch-cache.ts";
import { LeaseClaim } from "./lease-claim.ts";
import { LEASES, LeaseObject } from "./lease-object.ts";
import { asLease } from "./lease-record.ts";

export interface LeaseLeadershipOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly name: string;
  /** Unique among all processes, also over restarts of one pod: its name and something random. */
  readonly identity: string;
  /** After this long without a renewal another may take over. Default 15. */
  readonly leaseDurationSeconds?: number;
  /** After this long without a renewal the leader stops; less than the lease's duration. Default 10. */
  readonly renewDeadlineSeconds?: number;
  /** Between renewals, and between attempts to take the lease. Default 2. */
  readonly retryPeriodSeconds?: number;
  /** Told of what goes wrong with the lease. */
  readonly onProblem?: (problem: KubernetesError) => void;
}

const RELEASE_WITHIN_MS = 3_000;
/** Candidates that all know when a lease ends do not ask for it in the same moment. */
const AFTER_END_MS = 50;

/** Leader election by a Lease, as in client-go: two processes never lead at once as long as time passes equally fast. */
export class LeaseLeadership implements Leadership {
  readonly #options: LeaseLeadershipOptions;
  readonly #leaseDurationSeconds: number;
  readonly #renewDeadlineMs: number;
  readonly #retryMs: number;
  #woken = new AbortController();

  constructor(options: LeaseLeadershipOptions) {
    const { leaseDurationSeconds = 15, renewDeadlineSeconds = 10, retryPeriodSeconds = 2 } = options;
    if (!(leaseDurationSeconds > renewDeadlineSeconds && renewDeadlineSeconds > retryPeriodSeconds * 1.2)) {
      const got = `${leaseDurationSeconds}, ${renewDeadlineSeconds} and ${retryPeriodSeconds} s`;
      throw new Error(`expected lease duration > renew deadline > 1.2 x retry period, got ${got}`);
    }
    this.#options = options;
    this.#leaseDurationSeconds = leaseDurationSeconds;
    this.#renewDeadlineMs = renewDeadlineSeconds * 1000;
    this.#retryMs = retryPeriodSeconds * 1000;
  }

  async run(elected: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const claim = this.#claim();
    while (!signal.aborted) {
      const renewedAt = await this.#acquired(claim, signal);
      if (renewedAt !== undefined) await this.#lead(claim, renewedAt, elected, signal);
    }
  }

  #claim(): LeaseClaim {
    const { client, namespace, name, identity } = this.#options;
    return new LeaseClaim(new LeaseObject(client, namespace, name), {
      identity,
      leaseDurationSeconds: this.#leaseDurationSeconds,
      // Two attempts fit into the renew deadline even if the first one hangs.
      requestTimeoutMs: this.#renewDeadlineMs / 2.5,
      monotonic: () => performance.now(),
    });
  }

  /** Waits for the lease; resolves with the time just before the request that took it, or undefined once aborted. */
  async #acquired(claim: LeaseClaim, signal: AbortSignal): Promise<number | undefined> {
    const watching = new AbortController();
    const watch = this.#follow(claim, watching.signal);
    try {
      while (!signal.aborted) {
        const askedAt = performance.now();
        // Before the look: a change while it is under way must wake us too.
        this.#woken = new AbortController();
        if (await this.#tried(claim, signal)) return askedAt;
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
    acquiredAt: number,
    elected: (leading: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const leading = new AbortController();
    const end = () => leading.abort();
    const leave = onAbort(signal, end);
    const renewing = this.#renew(claim, acquiredAt, leading);
    try {
      await elected(leading.signal);
    } finally {
      end();
      leave();
      await renewing;
      await this.#giveBack(claim);
    }
  }

  /** Renews until `leading` ends, and ends it when that has not worked for the renew deadline. Never rejects. */
  async #renew(claim: LeaseClaim, acquiredAt: number, leading: AbortController): Promise<void> {
    const stop = () => leading.abort();
    // Counted from before the request was sent: others count from when they see it written, which is later.
    let timer = setTimeout(stop, acquiredAt + this.#renewDeadlineMs - performance.now());
    while (!leading.signal.aborted) {
      await pause(this.#retryMs, leading.signal);
      if (leading.signal.aborted) break;
      const askedAt = performance.now();
      if (await this.#tried(claim, leading.signal)) {
        clearTimeout(timer);
        timer = setTimeout(stop, askedAt + this.#renewDeadlineMs - performance.now());
      } else if (claim.isLost()) stop();
    }
    clearTimeout(timer);
  }

  async #tried(claim: LeaseClaim, signal: AbortSignal): Promise<boolean> {
    try {
      return await claim.claim(signal);
    } catch (error) {
      const problem = error as KubernetesError;
      if (!signal.aborted && problem.kind !== "Conflict") this.#options.onProblem?.(problem);
      return false;
    }
  }

  async #giveBack(claim: LeaseClaim): Promise<void> {
    const limit = deadline(new AbortController().signal, RELEASE_WITHIN_MS);
    try {
      await claim.giveBack(limit.signal);
    } catch (error) {
      // Then the lease runs out by itself.
      this.#options.onProblem?.(error as KubernetesError);
    } finally {
      limit.end();
    }
  }

  /** Jittered, so that candidates do not meet again and again; ends early when the lease changed hands or runs out. */
  async #wait(claim: LeaseClaim, signal: AbortSignal): Promise<void> {
    const leave = onAbort(signal, () => this.#woken.abort());
    const retryMs = this.#retryMs * (1 + Math.random() * 0.2);
    const left = claim.freeWithin() ?? 0;
    const endMs = left > 0 ? left + 1 + Math.random() * AFTER_END_MS : retryMs;
    await pause(Math.min(retryMs, endMs), this.#woken.signal);
    leave();
  }

  /** Sees each renewal at once. Where watching is forbidden, looks in the retry period do. */
  #follow(claim: LeaseClaim, signal: AbortSignal): Promise<void> {
    const { client, namespace, name } = this.#options;
    const leases = new WatchCache({
      client,
      resource: LEASES,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      trim: asLease,
      changed: (_key, now) => {
        if (now?.value !== undefined) claim.saw(now.value);
        if (now === undefined || now.value?.record.holderIdentity === "") this.#woken.abort();
      },
    });
    return leases.run(signal);
  }
}
