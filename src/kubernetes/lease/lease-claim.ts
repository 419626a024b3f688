import { randomInt } from "node:crypto";
import { KubernetesError } from "../ports.ts";
import { type Lease, type LeaseObject, type LeaseRecord, microTime } from "./lease-object.ts";

export interface ClaimOptions {
  readonly identity: string;
  /** Whether a lease of this identity is surely that of a process that has ended: then it is taken back at once. */
  readonly mayTakeBack?: boolean;
  /** Another's lease is left alone for at least this long, even if it states less. */
  readonly patienceSeconds: number;
  /** Milliseconds that only ever grow. */
  readonly monotonic: () => number;
}

export interface ClaimTerms {
  /** How long the next request may take. */
  requestTimeoutMs(): number;
  /** Called immediately before the lease is written: from now on the claim counts. Returns the seconds that it states. */
  begin(): number;
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
  /** When another's deleted lease would have run out: its holder may act until then. */
  #deletedEndsAt = Number.NEGATIVE_INFINITY;
  /** False after a write whose outcome is not known. */
  #isCertain = false;
  /** acquireTime of the lease that this process took or tried to take last: another process may have our identity. */
  #acquireTime: string | undefined;
  #mayTakeBack: boolean;

  constructor(object: Pick<LeaseObject, "read" | "write">, options: ClaimOptions) {
    this.#object = object;
    this.#options = options;
    this.#mayTakeBack = options.mayTakeBack ?? false;
  }

  /** Takes or renews the lease; false while another holds it. Rejects with a KubernetesError, Conflict among others. */
  async claim(signal: AbortSignal, terms: ClaimTerms): Promise<boolean> {
    // A holder knows its last write and goes on from there: one request for a renewal.
    if (!this.#isKnownOurs()) this.#noteCertain(await this.#object.read(signal, terms.requestTimeoutMs()));
    if (!this.#isFree()) return false;
    const record = this.#nextRecord(terms.begin());
    this.#acquireTime = record.acquireTime;
    try {
      const version = this.#seen?.resourceVersion;
      this.#noteCertain(await this.#object.write(record, version, signal, terms.requestTimeoutMs()));
      this.#mayTakeBack = false;
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.kind === "NotFound") this.#seen = undefined;
      // Whether our write arrived is not known, or it is not the newest: the next claim reads first.
      else this.#isCertain = false;
      throw error;
    }
  }

  /** A watch shows the lease as it is now. Its time counts, so that a renewal does not seem as old as our next read. */
  observe(lease: Lease): void {
    if (!this.#isKnownOurs()) this.#note(lease);
  }

  /** Milliseconds until the lease is free unless it is renewed before; undefined where nothing is known of it. */
  freeWithin(): number | undefined {
    const endsAt = this.#seen === undefined ? this.#deletedEndsAt : this.#endsAt();
    return Number.isFinite(endsAt) ? Math.max(0, endsAt - this.#options.monotonic()) : undefined;
  }

  /** Whether, as far as we know, another process has the lease. */
  isLost(): boolean {
    return this.#seen !== undefined && !this.#isFree();
  }

  /** Empties the lease, so that others need not wait for its end. Only after all acting has stopped. */
  async giveBack(signal: AbortSignal, requestTimeoutMs: number): Promise<void> {
    const lease = await this.#object.read(signal, requestTimeoutMs);
    if (lease === undefined || !this.#isOurs(lease.record)) return;
    const record = { ...lease.record, holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(Date.now()) };
    await this.#object.write(record, lease.resourceVersion, signal, requestTimeoutMs);
  }

  #noteCertain(lease: Lease | undefined): void {
    this.#isCertain = true;
    this.#note(lease);
  }

  #note(lease: Lease | undefined): void {
    if (lease === undefined && this.isLost()) this.#deletedEndsAt = this.#endsAt();
    if (lease === undefined || lease.resourceVersion !== this.#seen?.resourceVersion) {
      this.#seenAt = this.#options.monotonic();
    }
    this.#seen = lease;
  }

  #isOurs({ holderIdentity, acquireTime }: LeaseRecord): boolean {
    return holderIdentity === this.#options.identity && acquireTime !== undefined && acquireTime === this.#acquireTime;
  }

  #isKnownOurs(): boolean {
    return this.#isCertain && this.#seen !== undefined && this.#isOurs(this.#seen.record);
  }

  #isFree(): boolean {
    const record = this.#seen?.record;
    if (record === undefined) return this.#options.monotonic() > this.#deletedEndsAt;
    if (record.holderIdentity === "" || this.#isOurs(record)) return true;
    if (this.#mayTakeBack && record.holderIdentity === this.#options.identity) return true;
    return this.#options.monotonic() > this.#endsAt();
  }

  /** When the lease as it was seen runs out, on our own clock. */
  #endsAt(): number {
    // The longer of the two, in case the holder is configured for more patience than we are.
    const seconds = Math.max(this.#seen?.record.leaseDurationSeconds ?? 0, this.#options.patienceSeconds);
    return this.#seenAt + seconds * 1000;
  }

  #nextRecord(leaseDurationSeconds: number): LeaseRecord {
    const { identity } = this.#options;
    const before = this.#seen?.record;
    const now = Date.now();
    const isRenewal = before !== undefined && this.#isOurs(before);
    const isSameHolder = before === undefined || before.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds,
      // Its last three digits tell apart what two processes of the same identity took in the same millisecond.
      acquireTime: isRenewal && before.acquireTime ? before.acquireTime : microTime(now, randomInt(1000)),
      renewTime: microTime(now),
      leaseTransitions: (before?.leaseTransitions ?? 0) + (isSameHolder ? 0 : 1),
    };
  }
}
