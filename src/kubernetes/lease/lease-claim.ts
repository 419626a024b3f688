import { KubernetesError } from "../ports/kubernetes-error.ts";
import type { LeaseObject } from "./lease-object.ts";
import { type Lease, type LeaseRecord, microTime } from "./lease-record.ts";

export interface ClaimOptions {
  readonly identity: string;
  readonly leaseDurationSeconds: number;
  readonly requestTimeoutMs: number;
  /** Milliseconds that only ever grow. */
  readonly monotonic: () => number;
}

/**
 * One candidate's view of a lease. Whether another's lease has run out is judged by how long we have seen it unchanged,
 * on our own monotonic clock: the clocks of two machines are never compared.
 */
export class LeaseClaim {
  readonly #object: Pick<LeaseObject, "read" | "write">;
  readonly #options: ClaimOptions;
  #seen: Lease | undefined;
  #seenAt = 0;
  /** False after a write whose outcome is not known. */
  #isCertain = false;

  constructor(object: Pick<LeaseObject, "read" | "write">, options: ClaimOptions) {
    this.#object = object;
    this.#options = options;
  }

  /** Takes or renews the lease; false while another holds it. Rejects with a KubernetesError, Conflict among others. */
  async claim(signal: AbortSignal): Promise<boolean> {
    const { requestTimeoutMs } = this.#options;
    // A holder knows its last write and goes on from there: one request for a renewal.
    if (!this.#isOurs()) this.#look(await this.#object.read(signal, requestTimeoutMs));
    if (!this.#isFree()) return false;
    try {
      this.#look(await this.#object.write(this.#claimed(), this.#seen?.resourceVersion, signal, requestTimeoutMs));
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.kind === "NotFound") this.#seen = undefined;
      // Whether our write arrived is not known, or it is not the newest: the next claim looks first.
      else this.#isCertain = false;
      throw error;
    }
  }

  /** A watch shows the lease as it is now. Its moment counts, so that a renewal is not taken for as old as our next look. */
  saw(lease: Lease): void {
    if (!this.#isOurs()) this.#note(lease);
  }

  /** Milliseconds until the lease is free unless it is renewed before; undefined where nothing is known of it. */
  freeWithin(): number | undefined {
    return this.#seen === undefined ? undefined : Math.max(0, this.#endsAt() - this.#options.monotonic());
  }

  /** Whether, as far as we know, somebody else has the lease. */
  isLost(): boolean {
    return this.#seen !== undefined && !this.#isFree();
  }

  /** Empties the lease, so that others need not wait for its end. Only after all acting has stopped. */
  async giveBack(signal: AbortSignal): Promise<void> {
    const { identity, requestTimeoutMs } = this.#options;
    const lease = await this.#object.read(signal, requestTimeoutMs);
    if (lease?.record.holderIdentity !== identity) return;
    const record = { ...lease.record, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(Date.now()) };
    await this.#object.write(record, lease.resourceVersion, signal, requestTimeoutMs);
  }

  #look(lease: Lease | undefined): void {
    this.#isCertain = true;
    this.#note(lease);
  }

  #note(lease: Lease | undefined): void {
    if (lease === undefined || lease.resourceVersion !== this.#seen?.resourceVersion) {
      this.#seenAt = this.#options.monotonic();
    }
    this.#seen = lease;
  }

  #isOurs(): boolean {
    return this.#isCertain && this.#seen?.record.holderIdentity === this.#options.identity;
  }

  #isFree(): boolean {
    const holder = this.#seen?.record.holderIdentity ?? "";
    if (holder === "" || holder === this.#options.identity) return true;
    return this.#options.monotonic() > this.#endsAt();
  }

  /** When the lease as it was seen runs out, on our own clock. */
  #endsAt(): number {
    // The longer of the two, in case the holder is configured for more patience than we are.
    const seconds = Math.max(this.#seen?.record.leaseDurationSeconds ?? 0, this.#options.leaseDurationSeconds);
    return this.#seenAt + seconds * 1000;
  }

  #claimed(): LeaseRecord {
    const { identity, leaseDurationSeconds } = this.#options;
    const before = this.#seen?.record;
    const now = microTime(Date.now());
    const isRenewal = before?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds,
      acquireTime: isRenewal ? (before.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (isRenewal || before === undefined ? 0 : 1),
    };
  }
}
