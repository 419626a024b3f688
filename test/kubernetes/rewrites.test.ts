import assert from "node:assert/strict";
import { test } from "node:test";
import { type ReplicasOwner, Rewrites } from "../../src/kubernetes/workloads/rewrites.ts";

const US: ReplicasOwner = { manager: "muster", operation: "Update", isUs: true };
const BEGUN = Date.parse("2026-03-01T12:00:00Z");

function kubectl(at: number): ReplicasOwner {
  return { manager: "kubectl-client-side-apply", operation: "Update", isUs: false, at };
}

function seen(replicas: number, owner: ReplicasOwner | undefined) {
  return { replicas, ...(owner && { owner }) };
}

/** One workload under a test's clock, which the test ends. */
function contested() {
  let now = BEGUN;
  const rewrites = new Rewrites(
    () => undefined,
    () => now,
  );
  return {
    rewrites,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    /** We set 5, and another client sets 1 a little later. */
    round(owner: (at: number) => ReplicasOwner | undefined, before: ReplicasOwner | undefined = US) {
      rewrites.beginWrite("ns/a", 1, 5, before);
      rewrites.observe("ns/a", seen(5, US));
      rewrites.endWrite("ns/a", 5);
      now += 20_000;
      rewrites.observe("ns/a", seen(1, owner(now)));
      now += 20_000;
    },
  };
}

test("a manager that changes our number three times is named, with what it set and when", () => {
  const { rewrites, round } = contested();
  round(kubectl);
  round(kubectl);
  assert.equal(rewrites.describe("ns/a"), undefined);
  round(kubectl);
  assert.equal(
    rewrites.describe("ns/a"),
    "kubectl-client-side-apply (Update), which set spec.replicas 3 times in 80 s (last at 2026-03-01T12:01:40Z, to 1),",
  );
  rewrites.close();
});

test("a manager whose write of the scale subresource is noted without a time is named where all writes are noted", () => {
  const { rewrites } = contested();
  const scaling: ReplicasOwner = { manager: "kubectl", operation: "Update", isUs: false };
  for (let time = 0; time < 3; time += 1) {
    rewrites.beginWrite("ns/a", 1, 5, scaling);
    rewrites.endWrite("ns/a", 5);
    rewrites.observe("ns/a", { ...seen(1, scaling), isOwnerKnown: true });
  }
  assert.match(rewrites.describe("ns/a") ?? "", /^kubectl \(Update\), which/);
  rewrites.close();
});

test("a client is no longer a rival once three rewrites do not lie within ten minutes", () => {
  const { rewrites, round, pass } = contested();
  for (let time = 0; time < 3; time += 1) round(kubectl);
  pass(400);
  assert.ok(rewrites.describe("ns/a"));
  pass(200);
  assert.equal(rewrites.describe("ns/a"), undefined);
  rewrites.close();
});

test("a number that changes further without us, our own writes and a write under way are no rewrites", () => {
  const { rewrites } = contested();
  for (let time = 0; time < 5; time += 1) {
    rewrites.beginWrite("ns/a", 1, 5, US);
    rewrites.observe("ns/a", seen(1, US));
    rewrites.observe("ns/a", seen(5, US));
    rewrites.endWrite("ns/a", 5);
    rewrites.observe("ns/a", seen(5, US));
  }
  rewrites.observe("ns/a", seen(2, kubectl(BEGUN)));
  for (const replicas of [3, 4, 6]) rewrites.observe("ns/a", seen(replicas, kubectl(BEGUN)));
  for (const replicas of [7, 8, 9]) rewrites.observe("ns/never-scaled", seen(replicas, kubectl(BEGUN)));
  assert.equal(rewrites.describe("ns/a"), undefined);
  assert.equal(rewrites.describe("ns/never-scaled"), undefined);
  rewrites.close();
});

test("a change that is seen before the answer to our write counts once", () => {
  const { rewrites } = contested();
  for (let time = 0; time < 2; time += 1) {
    rewrites.beginWrite("ns/a", 1, 5, US);
    rewrites.observe("ns/a", seen(5, US));
    rewrites.observe("ns/a", seen(2, kubectl(BEGUN + 1)));
    rewrites.endWrite("ns/a", 5);
    rewrites.observe("ns/a", seen(2, kubectl(BEGUN + 1)));
  }
  assert.equal(rewrites.describe("ns/a"), undefined);
  rewrites.close();
});

test("names no client for a change that the API server does not note, as before 1.22", () => {
  const { rewrites, round } = contested();
  const old = kubectl(BEGUN - 60_000);
  for (let time = 0; time < 3; time += 1) round(() => old, old);
  assert.match(
    rewrites.describe("ns/a") ?? "",
    /^a client that the API server does not name, which set spec.replicas 3 times/,
  );
  rewrites.close();
});
