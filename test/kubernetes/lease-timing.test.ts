import assert from "node:assert/strict";
import { test } from "node:test";
import { LeaseTiming } from "../../src/kubernetes/lease/lease-timing.ts";

function after(...roundTrips: readonly number[]): LeaseTiming {
  const timing = new LeaseTiming();
  for (const milliseconds of roundTrips) timing.answered(milliseconds);
  return timing;
}

test("a lease lasts 4 s on a healthy API server, and is renewed less often than once a second", () => {
  const timing = after(20, 5, 8);
  assert.equal(timing.durationSeconds, 4);
  assert.equal(timing.deadlineMs, 3_500);
  assert.ok(timing.retryMs >= 1_000);
});

test("a renewal and a write fit into a lease at any round trip up to 8 s", () => {
  for (const roundTrip of [1, 50, 200, 1_000, 3_000, 5_000, 8_000]) {
    const timing = after(roundTrip);
    const confirmedAgain = roundTrip + timing.retryMs + roundTrip;
    assert.ok(Number.isInteger(timing.durationSeconds));
    assert.ok(timing.durationSeconds <= 60);
    assert.ok(confirmedAgain + timing.leastWriteMs < timing.deadlineMs, `with round trips of ${roundTrip} ms`);
    assert.ok(timing.deadlineMs <= timing.durationSeconds * 1_000 - 500);
    assert.ok(timing.requestTimeoutMs >= roundTrip * 2);
  }
});

test("one slow answer makes the lease longer at once, and fast ones make it shorter slowly", () => {
  const timing = after(10, 5_000);
  assert.equal(timing.durationSeconds, 28);
  timing.answered(10);
  assert.ok(timing.durationSeconds > 20);
  for (let fast = 0; fast < 30; fast += 1) timing.answered(10);
  assert.equal(timing.durationSeconds, 4);
});

test("each request that has no answer in time gives the next one more time, until one has an answer", () => {
  const timing = after(10);
  assert.equal(timing.requestTimeoutMs, 1_500);
  timing.timedOut();
  assert.equal(timing.requestTimeoutMs, 6_000);
  timing.timedOut();
  timing.timedOut();
  assert.equal(timing.requestTimeoutMs, 20_000);
  timing.answered(10);
  assert.equal(timing.requestTimeoutMs, 1_500);
});

test("times that the operator sets are kept, however slow the server is", () => {
  const fixed = { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2 };
  const timing = new LeaseTiming(fixed);
  timing.answered(5_000);
  assert.equal(timing.durationSeconds, 15);
  assert.equal(timing.deadlineMs, 10_000);
  assert.equal(timing.retryMs, 2_000);
  assert.throws(() => new LeaseTiming({ ...fixed, renewDeadlineSeconds: 15 }), /lease duration > renew deadline/);
  assert.throws(() => new LeaseTiming({ ...fixed, retryPeriodSeconds: 9 }), /1\.2 x retry period/);
});
