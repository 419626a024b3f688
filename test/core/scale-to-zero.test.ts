import assert from "node:assert/strict";
import { test } from "node:test";
import type { Autoscaler, ScaleToZero } from "../../src/core/index.ts";
import { NOW } from "../support/situations.ts";
import { decidedFor, failing, fresh, PER_TEN, signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

const TERMS: ScaleToZero = {
  cooldownSeconds: 300,
  initialCooldownSeconds: 0,
  activeReplicas: 1,
  despiteDisabled: false,
};
const SLOW_DOWN = {
  scaleDown: {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
  },
} as const;

function sleeper(terms: Partial<ScaleToZero> = {}, changes: Partial<Autoscaler> = {}): Autoscaler {
  const signals = [signalWith("a", PER_TEN, { activeAbove: 50 }), signalWith("b", PER_TEN)];
  return workerAutoscaler({ signals, scaleToZero: { ...TERMS, ...terms }, ...changes });
}

const readings = (a: number, b: number) => ({ a: fresh(a), b: fresh(b) });
const since = (active: boolean, seconds: number) => ({ activity: { active, since: NOW - seconds * 1000 } });

test("counts all signals in full while any is active, and at least one replica", () => {
  assert.equal(decidedFor(sleeper(), 4, readings(40, 1)).desiredReplicas, 4);
  assert.equal(decidedFor(sleeper(), 0, readings(60, 0)).desiredReplicas, 6);
  const negative = sleeper({}, { signals: [signalWith("a", PER_TEN, { activeAbove: -1 })] });
  assert.equal(decidedFor(negative, 3, { a: fresh(0) }).desiredReplicas, 1);
});

test("stays at zero while no signal is above its own value", () => {
  const { desiredReplicas, memory } = decidedFor(sleeper(), 0, readings(50, 0));
  assert.equal(desiredReplicas, 0);
  assert.equal(memory.activity, undefined);
});

test("goes to zero at once when nothing has been active for the cool-down, whatever the policies say", () => {
  const autoscaler = sleeper({}, { behavior: SLOW_DOWN });
  const at = (seconds: number) => decidedFor(autoscaler, 9, readings(40, 0), { memory: since(false, seconds) });
  assert.equal(at(301).desiredReplicas, 0);
  const waiting = at(299);
  assert.equal(waiting.desiredReplicas, 8, "between one and more replicas the policies decide");
  assert.equal(waiting.limited?.reason, "CoolDown");
  assert.equal(waiting.reconsiderAt, NOW + 1000);
});

test("the cool-down begins when the last signal became inactive", () => {
  const active = decidedFor(sleeper(), 4, readings(60, 0), { memory: since(true, 900) });
  assert.deepEqual(active.memory.activity, since(true, 900).activity);
  const quiet = decidedFor(sleeper(), 4, readings(0, 0), { memory: active.memory });
  assert.deepEqual([quiet.desiredReplicas, quiet.memory.activity], [1, since(false, 0).activity]);
});

test("where no activity is known, the last scaling counts, or else when the object was made", () => {
  const quiet = (autoscaler: Autoscaler, memory = {}) => decidedFor(autoscaler, 3, readings(0, 0), { memory });
  assert.equal(quiet(sleeper()).desiredReplicas, 0);
  assert.equal(quiet(sleeper(), { lastScaleAt: NOW - 100_000 }).desiredReplicas, 1);
  const made = { kind: "WorkerAutoscaler", namespace: "shop", name: "mailer", createdAt: NOW - 100_000 };
  assert.equal(quiet(sleeper({ initialCooldownSeconds: 120 }, { origin: made })).desiredReplicas, 1);
  assert.equal(quiet(sleeper({ initialCooldownSeconds: 90 }, { origin: made })).desiredReplicas, 0);
});

test("keeps what is there while a signal is in doubt", () => {
  const states = { a: fresh(0), b: failing(60) };
  assert.equal(decidedFor(sleeper(), 3, states, { memory: since(false, 900) }).desiredReplicas, 3);
  assert.equal(decidedFor(sleeper(), 0, states).desiredReplicas, 0);
});

test("a direction that is disabled has no such step, unless the object says so", () => {
  const disabled = { stabilizationWindowSeconds: 0, selectPolicy: "Disabled", policies: [] } as const;
  const down = { behavior: { scaleDown: disabled } };
  const up = { behavior: { scaleUp: disabled } };
  const memory = since(false, 900);
  assert.equal(decidedFor(sleeper({}, down), 3, readings(0, 0), { memory }).desiredReplicas, 3);
  assert.equal(decidedFor(sleeper({ despiteDisabled: true }, down), 3, readings(0, 0), { memory }).desiredReplicas, 0);
  assert.equal(decidedFor(sleeper({}, up), 0, readings(90, 0)).desiredReplicas, 0);
  assert.equal(decidedFor(sleeper({ despiteDisabled: true }, up), 0, readings(90, 0)).desiredReplicas, 1);
});

test("a number of active replicas stands between zero and more", () => {
  const autoscaler = sleeper({ activeReplicas: 5 });
  assert.equal(decidedFor(autoscaler, 0, readings(0, 3)).desiredReplicas, 5);
  assert.equal(decidedFor(autoscaler, 0, readings(0, 0)).desiredReplicas, 0);
});

test("has no effect while minReplicas is above zero", () => {
  assert.equal(decidedFor(sleeper({}, { minReplicas: 2 }), 9, readings(40, 0)).desiredReplicas, 4);
});

test("an answer without data counts as the signal's value for it, and any other failure does not", () => {
  const fallback = { replicas: 6, approach: "AtOnce", afterSeconds: 60, appliesTo: "Each" } as const;
  const signals = [signalWith("a", PER_TEN, { emptyValue: 0, whenMissing: "Fallback" })];
  const autoscaler = workerAutoscaler({ signals, fallback });
  const failure = { kind: "NotFound", message: "no element" } as const;
  const empty = { a: { failure: { ...failure, isEmpty: true as const }, doubtSince: 0 } };
  assert.deepEqual(decidedFor(autoscaler, 9, empty).signals, [
    { name: "a", trust: "zero", recommendedReplicas: 0, value: 0, ageSeconds: 0 },
  ]);
  assert.equal(decidedFor(autoscaler, 9, empty).desiredReplicas, 0);
  assert.equal(decidedFor(autoscaler, 9, { a: { failure, doubtSince: 0 } }).desiredReplicas, 6);
});

test("the first empty answer after a value lowers nothing before another confirms it", () => {
  const autoscaler = workerAutoscaler({ signals: [signalWith("a", PER_TEN, { emptyValue: 0 })] });
  const failure = { kind: "NotFound", message: "no element", isEmpty: true } as const;
  const reading = { at: NOW - 10_000, value: 400 };
  assert.equal(decidedFor(autoscaler, 40, { a: { reading, failure } }).desiredReplicas, 40);
  const confirmed = { reading, failure: { ...failure, isRepeated: true as const } };
  assert.equal(decidedFor(autoscaler, 40, { a: confirmed }).desiredReplicas, 0);
});

test("a fallback of each signal stands beside what the others ask for, and passes all other rules", () => {
  const fallback = { replicas: 6, approach: "AtOnce", afterSeconds: 60, appliesTo: "Each" } as const;
  const signals = ["a", "b"].map((name) => signalWith(name, PER_TEN, { whenMissing: "Fallback" }));
  const decided = (current: number, b: number, changes: Partial<Autoscaler> = {}, seconds = 60) =>
    decidedFor(workerAutoscaler({ signals, fallback, ...changes }), current, { a: failing(seconds), b: fresh(b) });
  assert.equal(decided(4, 90).desiredReplicas, 9);
  assert.equal(decided(9, 10).desiredReplicas, 6);
  assert.equal(decided(9, 10, { behavior: SLOW_DOWN }).desiredReplicas, 8);
  assert.equal(decided(9, 10, { fallback: { ...fallback, direction: "UpOnly" } }).desiredReplicas, 9);
  assert.equal(decided(4, 10, { fallback: { ...fallback, direction: "DownOnly" } }).desiredReplicas, 4);
  const early = decided(9, 10, {}, 20);
  assert.deepEqual([early.desiredReplicas, early.reconsiderAt], [9, NOW + 40_000]);
  assert.equal(decided(0, 0, { scaleToZero: TERMS }).desiredReplicas, 6, "what falls back is active");
});
