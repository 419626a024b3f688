import assert from "node:assert/strict";
import { test } from "node:test";
import { type Autoscaler, decide, fallbackInWords, type SignalRule, type SignalState } from "../../src/core/index.ts";
import { NOW } from "../support/situations.ts";
import { decidedFor, failing, fresh, PER_TEN, signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

function desired(rule: SignalRule, current: number, state: SignalState, changes: Partial<Autoscaler> = {}): number {
  const autoscaler = workerAutoscaler({ signals: [signalWith("load", rule)], ...changes });
  return decidedFor(autoscaler, current, { load: state }).desiredReplicas;
}

const two = (first = {}, second = {}) =>
  workerAutoscaler({ signals: [signalWith("queue", PER_TEN, first), signalWith("lag", PER_TEN, second)] });

test("backlog: as many replicas as the messages need, within the tolerance none", () => {
  const rule = { kind: "backlog", messagesPerReplica: 10, tolerance: 0.1 } as const;
  assert.equal(desired(rule, 0, fresh(31)), 4);
  assert.equal(desired(rule, 10, fresh(105)), 10);
  assert.equal(desired(rule, 10, fresh(111)), 12);
  assert.equal(desired(rule, 10, fresh(0)), 0);
});

test("throughput: as many replicas as the arrivals keep busy", () => {
  const rule = { kind: "throughput", secondsPerMessage: 6, utilization: 0.5 } as const;
  assert.equal(desired(rule, 0, { reading: { at: NOW, value: 3, arrivalsPerMinute: 100 } }), 20);
  assert.equal(desired(rule, 0, fresh(100)), 20);
  assert.equal(desired(rule, 5, fresh(0)), 0);
  assert.equal(desired(rule, 5, { reading: { at: NOW, value: 900, waiting: 900 } }), 5, "a backlog is no rate");
  const doubts = [{ kind: "Throttled", message: "slow down" }] as const;
  assert.equal(desired(rule, 5, { reading: { at: NOW, value: 0, arrivalsPerMinute: 0, doubts } }), 5);
});

test("perReplica: the value shared out, nothing at or below the activation value", () => {
  const rule = { kind: "perReplica", valuePerReplica: 10, activationValue: 5, tolerance: 0.1 } as const;
  assert.equal(desired(rule, 0, fresh(5)), 0);
  assert.equal(desired(rule, 0, fresh(5.1)), 1);
  assert.equal(desired(rule, 20, fresh(215)), 20);
});

test("with concurrency, backlog and perReplica keep as many replicas as messages in flight keep busy", () => {
  const queue = (value: number, inFlight: number): SignalState => ({ reading: { at: NOW, value, inFlight } });
  const rules = [
    { kind: "backlog", messagesPerReplica: 100, tolerance: 0, concurrency: 3 },
    { kind: "perReplica", valuePerReplica: 100, activationValue: 0, tolerance: 0, concurrency: 3 },
  ] as const;
  for (const rule of rules) {
    assert.equal(desired(rule, 10, queue(19, 19)), 7);
    assert.equal(desired(rule, 10, queue(0, 19)), 7, "also where the value does not count them");
    assert.equal(desired(rule, 4, queue(19, 19)), 4, "they bring no further replicas");
    assert.equal(desired(rule, 10, queue(1200, 3)), 12);
    assert.equal(desired(rule, 10, fresh(19)), 1, "a source that does not count them keeps none");
    const { concurrency: _, ...plain } = rule;
    assert.equal(desired(plain, 10, queue(19, 19)), 1);
  }
  const autoscaler = workerAutoscaler({ signals: [signalWith("load", rules[0])] });
  const { steps } = decidedFor(autoscaler, 10, { load: queue(19, 19) });
  assert.equal(
    steps[0]?.because,
    "load: 19 messages at 100 per replica need 1 replica; 19 in flight, 3 at once a replica, keep 7",
  );
});

test("messages in flight that a rule keeps replicas for keep a workload from zero, and do not wake it", () => {
  const rule = { kind: "backlog", messagesPerReplica: 100, tolerance: 0, concurrency: 1 } as const;
  const scaleToZero = { cooldownSeconds: 0, initialCooldownSeconds: 0, activeReplicas: 1, despiteDisabled: false };
  const autoscaler = workerAutoscaler({ signals: [signalWith("load", rule, { activeAbove: 5 })], scaleToZero });
  const at = (replicas: number, inFlight: number) =>
    decidedFor(autoscaler, replicas, { load: { reading: { at: NOW, value: inFlight, inFlight } } }).desiredReplicas;
  assert.deepEqual([at(6, 4), at(6, 0), at(0, 4)], [4, 0, 0]);
});

test("band: one step, and not the next before a reading has seen it", () => {
  const rule = { kind: "band", low: 1, high: 2, direction: "HighIsBusy", stepUp: 2, stepDown: 1 } as const;
  const autoscaler = workerAutoscaler({ signals: [signalWith("load", rule)], pollIntervalSeconds: 30 });
  const at = (lastScaleSecondsAgo: number, readSecondsAgo: number) =>
    decidedFor(
      autoscaler,
      5,
      { load: fresh(9, NOW - readSecondsAgo * 1000) },
      { memory: { lastScaleAt: NOW - lastScaleSecondsAgo * 1000 } },
    );
  assert.equal(desired(rule, 5, fresh(9)), 7);
  assert.equal(at(10, 0).desiredReplicas, 5);
  assert.equal(at(10, 0).reconsiderAt, NOW + 20_000);
  assert.equal(at(31, 32).desiredReplicas, 5);
  assert.equal(at(31, 0).desiredReplicas, 7);
});

test("of several signals the largest wins, and the decision says which", () => {
  const decision = decidedFor(two(), 1, { queue: fresh(20), lag: fresh(70) });
  assert.equal(decision.desiredReplicas, 7);
  assert.match(decision.steps[0]?.because ?? "", /^lag: .*the largest of 2 signals/);
  assert.deepEqual(
    decision.signals.map(({ name, recommendedReplicas }) => [name, recommendedReplicas]),
    [
      ["queue", 2],
      ["lag", 7],
    ],
  );
});

test("a doubtful signal never lowers while another decides, and may be outvoted upwards", () => {
  assert.equal(decidedFor(two(), 9, { queue: fresh(20), lag: failing(999) }).desiredReplicas, 9);
  assert.equal(decidedFor(two(), 9, { queue: fresh(120), lag: failing(999) }).desiredReplicas, 12);
  const stale = { reading: { at: NOW - 999_000, value: 150 } };
  assert.equal(decidedFor(two(), 9, { queue: fresh(20), lag: stale }).desiredReplicas, 15);
});

test("a missing signal that counts as zero lets the others decide", () => {
  const autoscaler = two({}, { whenMissing: "Zero" });
  assert.equal(decidedFor(autoscaler, 9, { queue: fresh(20), lag: failing(999) }).desiredReplicas, 2);
  assert.equal(decidedFor(autoscaler, 9, { queue: failing(9), lag: failing(9) }).desiredReplicas, 9);
});

test("the fallback begins once no signal can be trusted for its time, at once or step by step", () => {
  const signals = [signalWith("load", PER_TEN, { whenMissing: "Fallback" })];
  const fallback = { replicas: 6, approach: "AtOnce", afterSeconds: 60 } as const;
  const atOnce = workerAutoscaler({ signals, fallback });
  assert.equal(decidedFor(atOnce, 9, { load: failing(59) }).desiredReplicas, 9);
  assert.equal(decidedFor(atOnce, 9, { load: failing(60) }).desiredReplicas, 6);
  assert.equal(decidedFor(atOnce, 2, { load: failing(60) }).desiredReplicas, 6);
  const stepwise = workerAutoscaler({ signals, fallback: { ...fallback, approach: "Stepwise" } });
  assert.equal(decidedFor(stepwise, 9, { load: failing(60) }).desiredReplicas, 8);
  const memory = { lastScaleAt: NOW - 5_000 };
  const waiting = decidedFor(stepwise, 2, { load: failing(60) }, { memory });
  assert.deepEqual([waiting.desiredReplicas, waiting.reconsiderAt], [2, NOW + 10_000]);
  const mixed = workerAutoscaler({ signals: [...signals, signalWith("other", PER_TEN)], fallback });
  assert.equal(decidedFor(mixed, 9, { load: failing(999), other: fresh(10) }).desiredReplicas, 9);
});

test("a step toward the fallback is not taken back on what was read last", () => {
  const fallback = { replicas: 5, approach: "Stepwise", afterSeconds: 60 } as const;
  const signals = [signalWith("load", PER_TEN, { whenMissing: "Fallback" })];
  const autoscaler = workerAutoscaler({ signals, fallback, coolDownSeconds: 0, pollIntervalSeconds: 30 });
  const load = { ...failing(600), ...fresh(90, NOW - 601_000) };
  const memory = { lastScaleAt: NOW - 10_000 };
  const paused = decidedFor(autoscaler, 8, { load }, { memory });
  assert.equal(paused.desiredReplicas, 8);
  assert.equal(paused.reconsiderAt, NOW + 20_000);
  assert.equal(decidedFor(autoscaler, 8, { load }, { memory, now: NOW + 20_000 }).desiredReplicas, 7);
});

const LOAD = [signalWith("load", PER_TEN, { whenMissing: "Fallback" })];
const TO_FOUR = { replicas: 4, approach: "AtOnce", afterSeconds: 180 } as const;

test("a decision of the fallback says so, with since when, and the next one that can trust a reading does not", () => {
  const autoscaler = workerAutoscaler({ signals: LOAD, fallback: TO_FOUR });
  const before = decidedFor(autoscaler, 9, { load: failing(179) });
  assert.deepEqual([before.fallback, before.memory.fallbackSince], [undefined, undefined]);
  const { fallback, memory, steps } = decidedFor(autoscaler, 4, { load: failing(600) });
  const since = NOW - 420_000;
  assert.deepEqual(fallback, { replicas: 4, since, signals: ["load"], noDataSince: NOW - 600_000 });
  assert.equal(memory.fallbackSince, since);
  assert.deepEqual(
    steps.filter(({ rule }) => rule === "fallBack").map(({ from, to }) => [from, to]),
    [[4, 4]],
  );
  assert.equal(
    fallback && fallbackInWords(fallback, NOW),
    "4 replicas since 2024-06-01T11:53:00Z, as load has had no data for 10 min",
  );
  assert.equal(
    fallback && fallbackInWords(fallback),
    "4 replicas since 2024-06-01T11:53:00Z, as load has had no data since 2024-06-01T11:50:00Z",
  );
  const over = decidedFor(autoscaler, 4, { load: fresh(40) }, { memory });
  assert.deepEqual([over.fallback, over.memory.fallbackSince], [undefined, undefined]);
});

test("a new leader goes on with a fallback that it finds in force, and lowers nothing before it has tried to read", () => {
  const autoscaler = workerAutoscaler({ signals: LOAD, fallback: TO_FOUR, coolDownSeconds: 0 });
  const memory = { fallbackSince: NOW - 3_600_000 };
  const untried = decidedFor(autoscaler, 9, { load: { doubtSince: NOW } }, { memory });
  assert.deepEqual([untried.desiredReplicas, untried.fallback?.since], [9, memory.fallbackSince]);
  const tried = decidedFor(autoscaler, 9, { load: failing(1) }, { memory });
  assert.deepEqual([tried.desiredReplicas, tried.fallback?.since], [4, memory.fallbackSince]);
  assert.equal(decidedFor(autoscaler, 9, { load: failing(1) }).desiredReplicas, 9, "without it, it waits its time");
  const readable = decidedFor(autoscaler, 9, { load: fresh(90) }, { memory });
  assert.deepEqual([readable.desiredReplicas, readable.memory.fallbackSince], [9, undefined]);
});

test("a fallback stays within the bounds in force, and the decision names those", () => {
  const autoscaler = workerAutoscaler({ signals: LOAD, fallback: TO_FOUR });
  const bounds = { minReplicas: 6, maxReplicas: 8, because: "window office is open: 6 to 8" };
  const signals = { load: failing(600) };
  const decision = decide({ autoscaler, currentReplicas: 6, signals, memory: {}, now: NOW, bounds });
  assert.deepEqual([decision.desiredReplicas, decision.fallback?.replicas, decision.bounds], [6, 6, bounds]);
});

test("paused holds the present number, or the one asked for, whatever the signals and bounds say", () => {
  assert.equal(desired(PER_TEN, 3, fresh(500), { mode: "Paused", minReplicas: 5 }), 3);
  assert.equal(desired(PER_TEN, 3, failing(1), { mode: "Paused", pausedReplicas: 0 }), 0);
});

test("a window's bounds stand in for the autoscaler's own", () => {
  const autoscaler = workerAutoscaler();
  const bounds = { minReplicas: 5, maxReplicas: 8, because: "window office is open: 5 to 8", until: NOW + 5_000 };
  const at = (value: number) =>
    decide({ autoscaler, currentReplicas: 6, signals: { load: fresh(value) }, memory: {}, now: NOW, bounds });
  assert.equal(at(0).desiredReplicas, 5);
  assert.equal(at(990).desiredReplicas, 8);
  assert.equal(at(0).reconsiderAt, NOW + 5_000);
});

test("cool-down and disruption limits hold here too", () => {
  const autoscaler = workerAutoscaler({ coolDownSeconds: 60, maxDisruption: { percent: 20 } });
  const at = (secondsAgo: number) =>
    decidedFor(autoscaler, 10, { load: fresh(10) }, { memory: { lastScaleAt: NOW - secondsAgo * 1000 } });
  assert.equal(at(60).desiredReplicas, 10);
  assert.equal(at(61).desiredReplicas, 8);
});

test("a fallback of single signals is told as well, with the signals that fall back", () => {
  const signals = [...LOAD, signalWith("other", PER_TEN, { whenMissing: "Fallback" })];
  const autoscaler = workerAutoscaler({ signals, fallback: { ...TO_FOUR, appliesTo: "Each" } });
  const { desiredReplicas, fallback } = decidedFor(autoscaler, 6, { load: failing(200), other: fresh(60) });
  assert.equal(desiredReplicas, 6);
  assert.deepEqual([fallback?.replicas, fallback?.signals, fallback?.since], [4, ["load"], NOW - 20_000]);
});
