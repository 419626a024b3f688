import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LeaseClaim } from "../../src/kubernetes/lease/lease-claim.ts";
import { asLease, type Lease, type LeaseRecord, microTime } from "../../src/kubernetes/lease/lease-object.ts";
import { KubernetesError } from "../../src/kubernetes/ports.ts";

const SIGNAL = new AbortController().signal;
const TERMS = { begin: () => 15, requestTimeoutMs: () => 1_000 };

/** A Lease as the API server keeps it, which can fail before or after it has done what it was asked. */
class StoredLease {
  lease: Lease | undefined;
  fault: "none" | "before" | "after" = "none";
  #version = 0;

  async read(): Promise<Lease | undefined> {
    this.#maybeFail(["before", "after"]);
    return this.lease;
  }

  async write(record: LeaseRecord, resourceVersion: string | undefined): Promise<Lease> {
    this.#maybeFail(["before"]);
    if (resourceVersion !== this.lease?.resourceVersion) throw new KubernetesError("Conflict", "modified");
    this.#version += 1;
    this.lease = { resourceVersion: String(this.#version), record };
    this.#maybeFail(["after"]);
    return this.lease;
  }

  #maybeFail(when: StoredLease["fault"][]): void {
    if (when.includes(this.fault)) throw new KubernetesError("Unavailable", "connection lost");
  }
}

function candidate(stored: StoredLease, identity: string, clock: { now: number }, mayTakeBack = false): LeaseClaim {
  return new LeaseClaim(stored, { identity, mayTakeBack, patienceSeconds: 15, monotonic: () => clock.now });
}

function held(by: string, more: Partial<LeaseRecord> = {}): Lease {
  const record = { holderIdentity: by, leaseDurationSeconds: 15, leaseTransitions: 3, ...more };
  return { resourceVersion: "0", record };
}

test("another's lease is taken only after it was seen unchanged for its whole duration, whatever its times", async () => {
  for (const renewTime of ["1970-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"]) {
    const clock = { now: 0 };
    const stored = new StoredLease();
    stored.lease = held("other", { renewTime });
    const claim = candidate(stored, "me", clock);
    assert.equal(await claim.claim(SIGNAL, TERMS), false);
    clock.now = 14_900;
    assert.equal(await claim.claim(SIGNAL, TERMS), false);
    clock.now = 15_001;
    assert.equal(await claim.claim(SIGNAL, TERMS), true);
    assert.equal(stored.lease.record.holderIdentity, "me");
    assert.equal(stored.lease.record.leaseTransitions, 4);
  }
});

test("each renewal that is seen restarts the time", async () => {
  const clock = { now: 0 };
  const stored = new StoredLease();
  const [leader, other] = [candidate(stored, "leader", clock), candidate(stored, "other", clock)];
  assert.equal(await leader.claim(SIGNAL, TERMS), true);
  for (let round = 0; round < 20; round += 1) {
    clock.now += 10_000;
    assert.equal(await leader.claim(SIGNAL, TERMS), true);
    assert.equal(await other.claim(SIGNAL, TERMS), false);
  }
});

test("a renewal counts from the moment the watch shows it, so a killed holder is replaced within its lease time", async () => {
  const clock = { now: 0 };
  const stored = new StoredLease();
  stored.lease = held("other");
  const claim = candidate(stored, "me", clock);
  assert.equal(claim.freeWithin(), undefined);
  await claim.claim(SIGNAL, TERMS);
  clock.now = 1_000;
  stored.lease = { ...stored.lease, resourceVersion: "renewed" };
  claim.observe(stored.lease);
  clock.now = 3_000;
  assert.equal(await claim.claim(SIGNAL, TERMS), false);
  assert.equal(claim.freeWithin(), 13_000);
  clock.now = 16_000;
  assert.equal(await claim.claim(SIGNAL, TERMS), false);
  clock.now = 16_001;
  assert.equal(claim.freeWithin(), 0);
  assert.equal(await claim.claim(SIGNAL, TERMS), true);
});

test("another's deleted lease is taken only when it would have run out, as its holder may still act", async () => {
  const clock = { now: 0 };
  const stored = new StoredLease();
  const [leader, other] = [candidate(stored, "leader", clock), candidate(stored, "other", clock)];
  await leader.claim(SIGNAL, TERMS);
  assert.equal(await other.claim(SIGNAL, TERMS), false);
  clock.now = 5_000;
  stored.lease = undefined;
  assert.equal(await other.claim(SIGNAL, TERMS), false);
  assert.equal(other.freeWithin(), 10_000);
  clock.now = 15_001;
  assert.equal(await other.claim(SIGNAL, TERMS), true);
});

test("late events of a watch neither free a lease early nor take it from its holder", async () => {
  const clock = { now: 0 };
  const stored = new StoredLease();
  stored.lease = held("other");
  const late = stored.lease;
  const claim = candidate(stored, "me", clock);
  clock.now = 2_000;
  stored.lease = { ...late, resourceVersion: "newer" };
  await claim.claim(SIGNAL, TERMS);
  clock.now = 14_000;
  claim.observe(late);
  clock.now = 17_001;
  assert.equal(await claim.claim(SIGNAL, TERMS), false);
  clock.now += 15_001;
  assert.equal(await claim.claim(SIGNAL, TERMS), true);
  claim.observe(late);
  assert.equal(claim.isLost(), false);
  assert.equal(await claim.claim(SIGNAL, TERMS), true);
});

test("respects a holder's longer lease duration", async () => {
  const clock = { now: 0 };
  const stored = new StoredLease();
  stored.lease = held("other", { leaseDurationSeconds: 60 });
  const claim = candidate(stored, "me", clock);
  await claim.claim(SIGNAL, TERMS);
  clock.now = 59_000;
  assert.equal(await claim.claim(SIGNAL, TERMS), false);
  clock.now = 60_001;
  assert.equal(await claim.claim(SIGNAL, TERMS), true);
});

test("an empty lease is taken at once, and given back it is empty", async () => {
  const clock = { now: 0 };
  const stored = new StoredLease();
  stored.lease = held("");
  const claim = candidate(stored, "me", clock);
  assert.equal(await claim.claim(SIGNAL, TERMS), true);
  await claim.giveBack(SIGNAL, 1_000);
  assert.equal(stored.lease.record.holderIdentity, "");
  assert.equal(await candidate(stored, "other", clock).claim(SIGNAL, TERMS), true);
  await claim.giveBack(SIGNAL, 1_000);
  assert.equal(stored.lease.record.holderIdentity, "other", "never another's");
});

test("a restarted container takes its own lease back at once, and only once", async () => {
  const clock = { now: 0 };
  const stored = new StoredLease();
  const killed = candidate(stored, "pod_uid", clock);
  await killed.claim(SIGNAL, TERMS);
  const restarted = candidate(stored, "pod_uid", clock, true);
  assert.equal(await restarted.claim(SIGNAL, TERMS), true);
  const stranger = candidate(stored, "pod_uid", clock, true);
  await stranger.claim(SIGNAL, TERMS);
  await assert.rejects(restarted.claim(SIGNAL, TERMS), /modified/);
  assert.equal(await restarted.claim(SIGNAL, TERMS), false, "it does not take a lease back that it has lost");
  assert.equal(restarted.isLost(), true);
});

test("another process with the same name is another holder", async () => {
  const clock = { now: 0 };
  const stored = new StoredLease();
  const [leader, double] = [candidate(stored, "same", clock), candidate(stored, "same", clock)];
  assert.equal(await leader.claim(SIGNAL, TERMS), true);
  assert.equal(await double.claim(SIGNAL, TERMS), false);
  clock.now = 15_001;
  assert.equal(await double.claim(SIGNAL, TERMS), true);
  await assert.rejects(leader.claim(SIGNAL, TERMS), /modified/);
  assert.equal(await leader.claim(SIGNAL, TERMS), false);
  await leader.giveBack(SIGNAL, 1_000);
  assert.equal(stored.lease?.record.holderIdentity, "same", "it gives back nothing that is not its own");
});

test("a deleted lease is created again by its holder", async () => {
  const stored = new StoredLease();
  const claim = candidate(stored, "me", { now: 0 });
  await claim.claim(SIGNAL, TERMS);
  stored.lease = undefined;
  await assert.rejects(claim.claim(SIGNAL, TERMS));
  assert.equal(await claim.claim(SIGNAL, TERMS), true);
});

test("times have the six digits that the API server wants, and its Lease is read with what may be missing", () => {
  assert.match(microTime(0), /^1970-01-01T00:00:00\.000000Z$/);
  assert.deepEqual(asLease({ metadata: { resourceVersion: "5" } })?.record.holderIdentity, "");
  assert.equal(asLease({ kind: "Status" }), undefined);
});

/**
 * Two processes as LeaseLeadership runs them: each acts from a claim that worked until half a second before the time that
 * it states runs out, counted from the beginning of that claim; a claim under way shortens what an earlier one gave.
 */
test("two processes never act at once, even if requests and answers are lost and leases differ in length", async () => {
  const steps = fc.array(
    fc.record({
      who: fc.nat(1),
      wait: fc.constantFrom(0, 300, 2_000, 3_400, 4_600, 9_000),
      durationSeconds: fc.constantFrom(4, 4, 5, 28),
      fault: fc.constantFrom("none" as const, "none" as const, "before" as const, "after" as const),
    }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (happenings) => {
      const stored = new StoredLease();
      const clock = { now: 0 };
      const claims = ["a", "b"].map(
        (identity) => new LeaseClaim(stored, { identity, patienceSeconds: 4, monotonic: () => clock.now }),
      );
      const actsUntil = [-1, -1];
      for (const { who, wait, fault, durationSeconds } of happenings) {
        clock.now += wait;
        stored.fault = fault;
        const until = clock.now + durationSeconds * 1_000 - 500;
        actsUntil[who] = Math.min(actsUntil[who] as number, until);
        const terms = { begin: () => durationSeconds, requestTimeoutMs: () => 1_000 };
        const won = await (claims[who] as LeaseClaim).claim(SIGNAL, terms).catch(() => false);
        if (!won) continue;
        assert.ok((actsUntil[1 - who] as number) <= clock.now, "the other still acts");
        actsUntil[who] = until;
      }
    }),
    { numRuns: 2_000 },
  );
});
