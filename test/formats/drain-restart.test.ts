import assert from "node:assert/strict";
import { test } from "node:test";
import type { DrainMemory } from "../../src/core/index.ts";
import { renderWorkerAutoscalerStatus, restoreMemory } from "../../src/formats/status.ts";
import { drainRule, Watch } from "../support/drains.ts";

/** 3 messages a second at 2 s each, for so many minutes: 6 are busy. */
function watchFor(minutes: number, perSecond = (_minute: number) => 3): Watch {
  const watch = new Watch(drainRule(), { replicas: 8 });
  let arrived = 0;
  for (let second = 0; second <= minutes * 60; second += 5) {
    arrived += 5 * perSecond(second / 60);
    watch.look(5, { waiting: 0, inFlight: 6, arrived, completed: arrived - 6 });
  }
  return watch;
}

function statusOf({ now, decision }: Watch): Record<string, unknown> {
  const account = { at: now, decision, decidedAt: now, signals: {}, conditions: [] };
  return renderWorkerAutoscalerStatus(account as Parameters<typeof renderWorkerAutoscalerStatus>[0]);
}

function restarted(watch: Watch, secondsLater: number): Watch {
  const next = new Watch(drainRule(), { replicas: 8, memory: restoreMemory(statusOf(watch)) });
  next.now = watch.now + (secondsLater - 5) * 1000;
  return next;
}

test("shows arrivals with their trend, age and the minutes that were compared", () => {
  const [signal] = statusOf(watchFor(20, (minute) => 3 + minute / 10)).signals as Record<string, never>[];
  const { perSecond, trend, minutes, time } = (signal?.arrivals ?? {}) as Record<string, number>;
  assert.ok(perSecond !== undefined && perSecond > 4.5 && perSecond <= 5, String(perSecond));
  assert.ok(trend !== undefined && Math.abs(trend - 0.1) < 0.02, String(trend));
  assert.equal(minutes, 19);
  assert.match(String(time), /^2024-06-01T12:19/);
});

test("goes on with the arrivals of before a restart, and lowers nothing for them", () => {
  const watch = watchFor(20);
  const next = restarted(watch, 30);
  assert.equal(next.look(5, { waiting: 400, inFlight: 6, arrived: 9_000, completed: 8_594 }).desiredReplicas > 8, true);
  assert.match(next.because, /3 arriving a second when they were last counted/);
  const idle = restarted(watch, 30);
  assert.equal(idle.look(5, { waiting: 0, inFlight: 0, arrived: 9_000, completed: 9_000 }).desiredReplicas, 8);
  assert.match(idle.because, /all 8 stay/);
});

test("forgets arrivals that were counted more than ten minutes ago", () => {
  const next = restarted(watchFor(20), 700);
  next.look(5, { waiting: 0, inFlight: 6, arrived: 9_000, completed: 8_994 });
  assert.doesNotMatch(next.because, /arriving a second/);
});

test("takes nothing implausible from a status", () => {
  const of = (arrivals: object, learned: object = {}): DrainMemory | undefined =>
    restoreMemory({ signals: [{ name: "queue", arrivals, learned }] }).drains?.queue;
  const time = "2024-06-01T12:00:00Z";
  const good = { perSecond: 3, trend: 0, minutes: 9, time, errors: [0, 0, 0, 0], noise: 0.05 };
  assert.equal(of(good)?.forecast?.perSecond, 3);
  const bad = [{ perSecond: -1 }, { perSecond: Number.NaN }, { errors: [1] }, { time: "soon" }, { minutes: "many" }];
  for (const fault of bad) assert.equal(of({ ...good, ...fault }), undefined, JSON.stringify(fault));
  assert.equal(of({}, { secondsPerMessage: 2, messages: 9, time, variation: 70 })?.learned?.variation, undefined);
  assert.equal(of({}, { secondsPerMessage: 1e12, messages: 9, time }), undefined);
});
