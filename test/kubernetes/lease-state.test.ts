import assert from "node:assert/strict";
import { mock, test } from "node:test";
import {
  type ClaimTime,
  claimTime,
  Heartbeat,
  LeaseState,
  processTime,
  sinceLastBeat,
} from "../../src/kubernetes/lease/lease-state.ts";

const NEVER = Number.NEGATIVE_INFINITY;

/** The time of a claim that was begun this long ago. */
function begun(millisecondsAgo: number): ClaimTime {
  const { at, wall } = claimTime();
  return { at: at - millisecondsAgo, wall: wall - millisecondsAgo };
}

test("a write may take what is left of the lease, counted from before the claim was sent", () => {
  const state = new LeaseState();
  assert.equal(state.leftMs(NEVER), 0, "nothing was claimed yet");
  state.renewed(begun(20_000), 60_000, 250);
  const left = state.leftMs(NEVER);
  assert.ok(left > 30_000 && left <= 40_000, String(left));
  state.ended();
  assert.equal(state.leftMs(NEVER), 0);
});

test("after a freeze that outlasted the lease no write may begin, even before any timer fires", () => {
  const state = new LeaseState();
  state.renewed(begun(4_000), 3_500, 250);
  assert.equal(state.leftMs(NEVER), 0);
});

test("a write that could not arrive in time may not begin", () => {
  const state = new LeaseState();
  state.renewed(begun(0), 60_000, 90_000);
  assert.equal(state.leftMs(NEVER), 0);
});

test("the time of day ends the lease too, as after a suspended machine", () => {
  const state = new LeaseState();
  state.renewed(begun(0), 60_000, 250);
  const now = Date.now();
  const clock = mock.method(Date, "now", () => now + 61_000);
  try {
    assert.equal(state.leftMs(NEVER), 0);
  } finally {
    clock.mock.restore();
  }
  assert.ok(state.leftMs(NEVER) > 0);
});

test("a lease that was claimed before a gap allows nothing until it is claimed again", () => {
  const state = new LeaseState();
  state.renewed(begun(10_000), 60_000, 250);
  const gapEndedAt = processTime() - 5_000;
  assert.equal(state.leftMs(gapEndedAt), 0);
  state.renewed(begun(0), 60_000, 250);
  assert.ok(state.leftMs(gapEndedAt) > 0);
});

test("a claim that states less time counts from the moment it is sent, and one that states more once it is confirmed", () => {
  const state = new LeaseState();
  state.renewed(begun(0), 60_000, 250);
  state.claiming(begun(0), 80_000);
  assert.ok(state.leftMs(NEVER) <= 60_000);
  state.claiming(begun(0), 20_000);
  const left = state.leftMs(NEVER);
  assert.ok(left > 10_000 && left <= 20_000, String(left));
});

test("another thread sees the same through the buffer", () => {
  const state = new LeaseState();
  new LeaseState(state.buffer).renewed(begun(0), 60_000, 250);
  assert.ok(state.leftMs(NEVER) > 0);
});

/** A heartbeat by clocks that a test sets. */
function beating() {
  const clock = { monotonic: 10_000, wall: 1_000_000 };
  const heartbeat = new Heartbeat({ monotonic: () => clock.monotonic, wall: () => clock.wall });
  const pass = (monotonic: number, wall = monotonic) => {
    clock.monotonic += monotonic;
    clock.wall += wall;
    return heartbeat.gapEndedAt();
  };
  return { clock, heartbeat, pass };
}

test("the first caller notices a gap, unless it is shorter than the time between renewals", () => {
  const { clock, pass } = beating();
  assert.equal(pass(900), NEVER);
  assert.equal(pass(900), NEVER);
  assert.equal(pass(25_000), clock.monotonic);
  const ended = clock.monotonic;
  assert.equal(pass(500), ended);
});

test("a machine that was suspended is a gap, though its monotonic clock stood still", () => {
  const { clock, pass } = beating();
  assert.equal(pass(10, 3_600_000), clock.monotonic);
});

test("the last beat can be read from another thread", () => {
  const heartbeat = new Heartbeat();
  heartbeat.beat();
  const since = sinceLastBeat(heartbeat.cell);
  assert.ok(since >= -1 && since < 5_000, String(since));
});

test("the longest delay of the event loop is shown while it is recent", async () => {
  const heartbeat = new Heartbeat();
  heartbeat.start();
  try {
    const until = performance.now() + 800;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const delay = heartbeat.longestDelaySeconds();
    assert.ok(delay >= 0.25, `${delay} s`);
  } finally {
    heartbeat.stop();
  }
});
