import assert from "node:assert/strict";
import { test } from "node:test";
import type { DrainMemory } from "../../src/core/index.ts";
import { renderWorkerAutoscalerStatus, restoreMemory } from "../../src/formats/status.ts";
import { workerAutoscalerStatus } from "../../src/formats/status-schema.ts";
import { drainRule, Watch } from "../support/drains.ts";
import { QUARTER_MS, randomOf, seasonAfter, THURSDAY } from "../support/seasons.ts";

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
  assert.equal(minutes, 18);
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

test("goes on with the start-up that pods have shown, and believes no nonsense of it", () => {
  const watch = new Watch(drainRule(), { replicas: 8, memory: { drains: { queue: {} } } });
  watch.look(5, { waiting: 0, inFlight: 6, arrived: 90, completed: 84 });
  const drains = {
    queue: { ...watch.memory.drains?.queue, startUp: { seconds: 74.6, pods: 5, at: watch.now - 9_000 } },
  };
  const knowing = new Watch(drainRule(), { replicas: 8, memory: { drains } });
  knowing.now = watch.now;
  knowing.look(5, { waiting: 0, inFlight: 6, arrived: 105, completed: 99 });
  const [signal] = workerAutoscalerStatus.parse(statusOf(knowing)).signals ?? [];
  assert.deepEqual(signal?.startUp, { seconds: 75, pods: 5, time: "2024-06-01T11:59:56Z" });
  const next = restarted(knowing, 30);
  next.look(5, { waiting: 0, inFlight: 6, arrived: 200, completed: 194 });
  assert.match(next.because, /75 s until a replica works \(learned from 5 pods, 44 s ago\)/);
  const time = "2024-06-01T12:00:00Z";
  for (const startUp of [{ seconds: -1, pods: 3, time }, { seconds: 30, time }, { seconds: 30, pods: 2 }, "soon"]) {
    assert.deepEqual(restoreMemory({ signals: [{ name: "queue", startUp }] }).drains, undefined);
  }
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

/** The status after so many days of a forecast. */
function forecastStatus(days: number, previous = {}): Record<string, unknown> {
  const now = THURSDAY + days * 96 * QUARTER_MS + 60_000;
  const drain: DrainMemory = { season: seasonAfter(days, randomOf(1)) };
  const watch = new Watch(drainRule({ forecast: "Shadow" }), { memory: { drains: { queue: drain } } });
  watch.now = now;
  watch.look(0, { waiting: 0, inFlight: 0, arrived: 0, completed: 0 });
  const account = { at: now, decision: watch.decision, decidedAt: now, signals: {}, conditions: [] };
  return renderWorkerAutoscalerStatus(account as Parameters<typeof renderWorkerAutoscalerStatus>[0], previous);
}

test("shows how good a forecast is, and goes on with it after a restart from less than 2.5 kB", () => {
  const status = forecastStatus(21);
  const [signal] = status.signals as { forecast: Record<string, unknown> }[];
  const { error, naiveError, compared, skilled, time } = signal?.forecast ?? {};
  assert.ok(Number(error) < 0.06 && Number(naiveError) > 0.1, `${error} and ${naiveError}`);
  assert.deepEqual([compared, skilled, time], [1_920, true, "2024-06-20T00:00:00Z"]);
  assert.ok(JSON.stringify(signal?.forecast).length < 2_500, `${JSON.stringify(signal?.forecast).length} bytes`);
  const restored = restoreMemory(status).drains?.queue?.season;
  const original = seasonAfter(21, randomOf(1));
  assert.deepEqual(restored?.outlook?.long, original.outlook?.long);
  for (const [index, rate] of (original.outlook?.perSecond ?? []).entries()) {
    const difference = Math.abs((restored?.outlook?.perSecond[index] ?? 0) - rate);
    assert.ok(difference < 0.01, `${difference}`);
  }
});

test("rewrites a forecast once every quarter of an hour", () => {
  const status = forecastStatus(21);
  const again = forecastStatus(21, status);
  const forecastOf = (one: Record<string, unknown>) => (one.signals as { forecast: object }[])[0]?.forecast;
  assert.equal(forecastOf(again), forecastOf(status));
});

test("takes no forecast from a status that is not as it was written", () => {
  const status = forecastStatus(3);
  const [signal] = status.signals as { name: string; forecast: { memory: object } }[];
  const of = (changes: object, memory: object = {}) => {
    const forecast = { ...signal?.forecast, ...changes, memory: { ...signal?.forecast.memory, ...memory } };
    return restoreMemory({ signals: [{ ...signal, forecast }] }).drains?.queue?.season;
  };
  assert.ok(of({}));
  const faults = [
    { day: "AA" },
    { week: 5 },
    { day: "é".repeat(192) },
    { long: [1, 2] },
    { scale: -1 },
    { level: "1" },
  ];
  for (const fault of faults) assert.equal(of({}, fault), undefined, JSON.stringify(fault));
  assert.equal(of({ time: "soon" }), undefined);
});

test("the CRD keeps every field of what was learned", () => {
  for (const status of [statusOf(watchFor(20)), forecastStatus(3)]) {
    assert.deepEqual(workerAutoscalerStatus.parse(status).signals, status.signals);
  }
});
