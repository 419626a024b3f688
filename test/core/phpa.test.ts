import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Autoscaler, decide, type Memory, type SignalState } from "../../src/core/index.ts";

const NOW = Date.UTC(2024, 5, 1, 12);
const FAILURE = { kind: "Unavailable", message: "connection refused" } as const;

interface Changes {
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly fallback?: number | undefined;
  readonly direction?: "HighIsBusy" | "HighIsIdle";
  readonly stepUp?: number;
  readonly stepDown?: number;
}

function metricAutoscaler(changes: Changes = {}): Autoscaler {
  const { minReplicas = 1, maxReplicas = 32, direction = "HighIsBusy", stepUp = 1, stepDown = 1 } = changes;
  const fallback = "fallback" in changes ? changes.fallback : 10;
  return {
    id: "PHPAConfig/a.yaml",
    origin: { kind: "PHPAConfig", namespace: "shop", name: "consumer", file: "a.yaml" },
    profile: "phpa",
    target: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "consumer" },
    minReplicas,
    maxReplicas,
    signals: [
      {
        name: "metric",
        source: { type: "graphite", settings: {} },
        rule: { kind: "band", low: 100, high: 200, direction, stepUp, stepDown },
        freshnessSeconds: 600,
        whenMissing: "Fallback",
      },
    ],
    mode: "Active",
    coolDownSeconds: 300,
    pollIntervalSeconds: 300,
    ...(fallback === undefined ? {} : { fallback: { replicas: fallback, approach: "Stepwise", afterSeconds: 35 } }),
  };
}

const failing = (seconds: number): SignalState => ({ failure: FAILURE, doubtSince: NOW - seconds * 1000 });
const value = (number: number): SignalState => ({ reading: { at: NOW - 5_000, value: number } });

function decided(current: number, metric: SignalState, changes: Changes = {}, memory: Memory = {}) {
  return decide({
    autoscaler: metricAutoscaler(changes),
    currentReplicas: current,
    signals: { metric },
    memory,
    now: NOW,
  });
}
const desired = (...situation: Parameters<typeof decided>): number => decided(...situation).desiredReplicas;

test("inside the band, both ends included, nothing is done", () => {
  for (const inside of [100, 150, 200]) assert.equal(desired(5, value(inside)), 5);
});

test("a high lag is one step up, a low one a step down; with free capacity it is the other way round", () => {
  const steps = { stepUp: 3, stepDown: 2 };
  assert.equal(desired(5, value(200.1), steps), 8);
  assert.equal(desired(5, value(99.9), steps), 3);
  assert.equal(desired(5, value(200.1), { ...steps, direction: "HighIsIdle" }), 3);
  assert.equal(desired(5, value(99.9), { ...steps, direction: "HighIsIdle" }), 8);
});

test("a step that would leave the bounds ends at the bound", () => {
  assert.equal(desired(31, value(300), { stepUp: 5 }), 32);
  assert.equal(desired(2, value(0), { stepDown: 5 }), 1);
  assert.equal(decided(31, value(300), { stepUp: 5 }).limited?.reason, "TooManyReplicas");
});

test("a number outside its bounds is put back at once, inside the band and in a cool-down too", () => {
  const memory = { lastScaleAt: NOW };
  assert.equal(desired(0, value(150), {}, memory), 1);
  assert.equal(desired(40, value(150), {}, memory), 32);
  assert.equal(desired(40, value(300), {}, memory), 32);
});

test("after a scaling it waits for the longer of cool-down and interval, then steps again", () => {
  const held = decided(5, value(300), {}, { lastScaleAt: NOW - 299_000 });
  assert.equal(held.desiredReplicas, 5);
  assert.equal(held.limited?.reason, "CoolDown");
  assert.equal(held.reconsiderAt, NOW + 1_000);
  assert.equal(desired(5, value(300), {}, { lastScaleAt: NOW - 300_000 }), 6);
  assert.equal(desired(5, value(0), {}, { lastScaleAt: NOW - 299_000 }), 5);
});

test("without the metric it goes step by step to the fallback from either side, never past it", () => {
  assert.equal(desired(5, failing(60), { stepUp: 2 }), 7);
  assert.equal(desired(9, failing(60), { stepUp: 2 }), 10);
  assert.equal(desired(10, failing(60)), 10);
  assert.equal(desired(12, failing(60), { stepDown: 5 }), 10);
  assert.equal(desired(20, failing(60), { stepDown: 5 }), 15);
});

test("the fallback begins only when the metric has been away for a while, and says when", () => {
  const waiting = decided(5, failing(30));
  assert.equal(waiting.desiredReplicas, 5);
  assert.equal(waiting.reconsiderAt, NOW + 5_000);
});

test("a stale point counts as none, from the moment it went stale", () => {
  const stale = (seconds: number): SignalState => ({ reading: { at: NOW - seconds * 1000, value: 0 } });
  assert.equal(desired(5, stale(620)), 5);
  assert.equal(desired(5, stale(640)), 6);
});

test("the fallback waits out the cool-down as any step does", () => {
  assert.equal(desired(5, failing(60), {}, { lastScaleAt: NOW - 200_000 }), 5);
});

test("without a fallback doubt holds, and still raises to minReplicas", () => {
  const none = { fallback: undefined };
  assert.equal(desired(5, failing(600), none), 5);
  assert.equal(desired(40, failing(600), none), 40);
  assert.equal(desired(0, failing(600), none), 1);
});

test("once the metric is back, the band decides again", () => {
  assert.equal(desired(10, value(300)), 11);
});

test("a metric that may lie below zero is no nonsense", () => {
  assert.equal(desired(5, value(-3)), 4);
  assert.equal(desired(5, value(Number.NaN), { fallback: undefined }), 5);
});

/** The specification's rule once more, in one line each. */
function specified(current: number, metric: number | undefined, a: Required<Omit<Changes, "fallback">>, goal: number) {
  if (current < a.minReplicas) return a.minReplicas;
  if (current > a.maxReplicas) return a.maxReplicas;
  if (metric === undefined) {
    return current < goal ? Math.min(current + a.stepUp, goal) : Math.max(current - a.stepDown, goal);
  }
  if (metric >= 100 && metric <= 200) return current;
  const up = metric > 200 === (a.direction === "HighIsBusy");
  return Math.max(a.minReplicas, Math.min(a.maxReplicas, up ? current + a.stepUp : current - a.stepDown));
}

test("the rules give the specified number for every input in range", () => {
  const bounds = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)).map((three) => [...three].sort((a, b) => a - b));
  fc.assert(
    fc.property(
      bounds,
      fc.nat(80),
      fc.option(fc.oneof(fc.integer({ min: -50, max: 350 }), fc.double({ min: 99, max: 201, noNaN: true })), {
        nil: undefined,
      }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom("HighIsBusy" as const, "HighIsIdle" as const),
      ([minReplicas = 0, fallback = 0, maxReplicas = 0], current, metric, stepUp, stepDown, direction) => {
        const changes = { minReplicas, maxReplicas, stepUp, stepDown, direction };
        const state = metric === undefined ? failing(60) : value(metric);
        assert.equal(desired(current, state, { ...changes, fallback }), specified(current, metric, changes, fallback));
      },
    ),
    { numRuns: 10_000 },
  );
});
