import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import {
  Deadline,
  onAbort,
  pause,
  runWithin,
  settleWithin,
  untilAborted,
  withAnySignal,
} from "../../src/shared/async.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const never = () => new Promise<never>(() => undefined);
const turn = () => new Promise(setImmediate);
const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

test("onAbort calls back once, at once where the signal has aborted, and not after it was left", () => {
  const stop = new AbortController();
  const calls: string[] = [];
  onAbort(stop.signal, () => calls.push("kept"));
  onAbort(stop.signal, () => calls.push("left"))();
  stop.abort();
  onAbort(stop.signal, () => calls.push("late"));
  assert.deepEqual(calls, ["kept", "late"]);
});

test("a pause ends by itself, or when the signal aborts, and leaves no listener", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const whole = pause(1_000, stop.signal, clock);
  await clock.advance(1_000);
  await whole;
  assert.equal(listeners(stop.signal), 0);
  const cut = pause(1_000, stop.signal);
  stop.abort();
  await cut;
  await pause(1_000, stop.signal);
});

test("untilAborted gives the promise's outcome, or rejects when the signal aborts", async () => {
  const stop = new AbortController();
  assert.equal(await untilAborted(Promise.resolve(5), stop.signal), 5);
  await assert.rejects(untilAborted(Promise.reject(new Error("no")), stop.signal), /no/);
  await turn();
  assert.equal(listeners(stop.signal), 0);
  const late = Promise.withResolvers<never>();
  const outcome = untilAborted(late.promise, stop.signal);
  stop.abort(new Error("stopped"));
  await assert.rejects(outcome, /stopped/);
  await assert.rejects(
    untilAborted(late.promise, stop.signal, () => new Error("too late")),
    /too late/,
  );
  // Handled: an unhandled rejection would fail this test.
  late.reject(new Error("later"));
  await turn();
});

test("settleWithin says whether all promises settled in time", async () => {
  const clock = new VirtualClock();
  assert.equal(await settleWithin(1_000, [Promise.resolve(), Promise.reject(new Error("no"))], clock), true);
  const late = settleWithin(1_000, [Promise.resolve(), never()], clock);
  await clock.advance(1_000);
  assert.equal(await late, false);
});

test("a deadline says whether its time or its parent ended it, and gives its listener back", async () => {
  const clock = new VirtualClock();
  const parent = new AbortController();
  const start = () => new Deadline({ signal: parent.signal, milliseconds: 1_000, timers: clock });
  const [expiring, stopped, ended] = [start(), start(), start()];
  stopped.stopClock();
  ended.end();
  await clock.advance(600);
  expiring.restartClock();
  await clock.advance(600);
  assert.equal(expiring.signal.aborted, false);
  await clock.advance(400);
  assert.deepEqual([expiring.signal.aborted, expiring.isExpired], [true, true]);
  assert.equal(stopped.signal.aborted, false);
  parent.abort(new Error("stopped"));
  assert.deepEqual([stopped.signal.aborted, stopped.isExpired], [true, false]);
  assert.match(String(stopped.signal.reason), /stopped/);
  assert.equal(ended.signal.aborted, false);
});

test("runWithin gives the work's outcome, and rejects when the time is over or the signal aborts", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const reason = (isExpired: boolean) => new Error(isExpired ? "expired" : "stopped");
  const limit = { milliseconds: 1_000, signal: stop.signal, timers: clock, reason };
  assert.equal(await runWithin(limit, async () => 5), 5);
  await assert.rejects(
    runWithin(limit, async () => {
      throw new Error("no");
    }),
    /no/,
  );
  assert.equal(listeners(stop.signal), 0);
  let seen: AbortSignal | undefined;
  const expiring = runWithin(limit, (signal) => {
    seen = signal;
    return never();
  });
  const expired = assert.rejects(expiring, /expired/);
  await clock.advance(1_000);
  await expired;
  assert.match(String(seen?.reason), /expired/);
  const stopping = runWithin(limit, never);
  stop.abort();
  await assert.rejects(stopping, /stopped/);
  let isBegun = false;
  const refused = runWithin(limit, async () => {
    isBegun = true;
  });
  await assert.rejects(refused, /stopped/);
  assert.equal(isBegun, false);
});

test("withAnySignal aborts with either signal and leaves no listener", async () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const signals = [one.signal, other.signal];
  assert.equal(await withAnySignal(signals, async () => 5), 5);
  assert.deepEqual(signals.map(listeners), [0, 0]);
  let seen: AbortSignal | undefined;
  void withAnySignal(signals, (signal) => {
    seen = signal;
    return never();
  });
  other.abort(new Error("closed"));
  assert.match(String(seen?.reason), /closed/);
});
