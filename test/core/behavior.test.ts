import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, type Memory, type ScalingRules, type SignalState } from "../../src/core/index.ts";
import { NOW } from "../support/situations.ts";
import { decidedFor, failing, fresh, PER_TEN, signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

interface Behavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}
interface Timestamped {
  readonly at: number;
  readonly replicas: number;
}
interface Event {
  readonly at: number;
  readonly change: number;
}

/**
 * autoscaling/v2's stabilizeRecommendationWithBehaviors and convertDesiredReplicasWithBehaviorRate, line for line as
 * Kubernetes has them: lists of everything, nothing shared with our rules.
 */
function kubernetes(
  { scaleUp, scaleDown }: Behavior,
  current: number,
  recommended: number,
  past: readonly Timestamped[],
  events: readonly Event[],
  { now, max }: { now: number; max: number },
): number {
  let up = recommended;
  let down = recommended;
  for (const { at, replicas } of past) {
    if (at > now - scaleUp.stabilizationWindowSeconds * 1000) up = Math.min(replicas, up);
    if (at > now - scaleDown.stabilizationWindowSeconds * 1000) down = Math.max(replicas, down);
  }
  let desired = current;
  if (desired < up) desired = up;
  if (desired > down) desired = down;
  if (desired > current) {
    const limit = Math.max(current, limitOf(scaleUp, current, events, now, +1));
    return Math.min(desired, limit, max);
  }
  if (desired < current) return Math.max(desired, Math.min(current, limitOf(scaleDown, current, events, now, -1)), 0);
  return desired;
}

function limitOf(rules: ScalingRules, current: number, events: readonly Event[], now: number, way: 1 | -1): number {
  if (rules.selectPolicy === "Disabled") return current;
  const gentle = rules.selectPolicy === "Min";
  let result = gentle === (way === 1) ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
  for (const { type, value, periodSeconds } of rules.policies) {
    const recent = events.filter(({ at }) => at > now - periodSeconds * 1000);
    const added = recent.filter(({ change }) => change > 0).reduce((sum, { change }) => sum + change, 0);
    const deleted = recent.filter(({ change }) => change < 0).reduce((sum, { change }) => sum - change, 0);
    const start = current - added + deleted;
    let proposed = start + way * value;
    if (type === "Percent") {
      proposed = way === 1 ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100));
    }
    result = gentle === (way === 1) ? Math.min(result, proposed) : Math.max(result, proposed);
  }
  return result;
}

const policy = fc.record({
  type: fc.constantFrom("Pods" as const, "Percent" as const),
  value: fc.integer({ min: 1, max: 120 }),
  periodSeconds: fc.integer({ min: 1, max: 120 }),
});
const rules: fc.Arbitrary<ScalingRules> = fc.record({
  stabilizationWindowSeconds: fc.constantFrom(0, 10, 60, 300),
  selectPolicy: fc.constantFrom("Max" as const, "Min" as const, "Disabled" as const),
  policies: fc.array(policy, { minLength: 1, maxLength: 3 }),
});

test("over a course of readings, windows and policies give the very numbers that autoscaling/v2 gives", () => {
  const course = fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 60 })), {
    minLength: 1,
    maxLength: 25,
  });
  fc.assert(
    fc.property(fc.record({ scaleUp: rules, scaleDown: rules }), fc.integer({ min: 1, max: 50 }), course, follow),
    { numRuns: 3_000 },
  );
});

function follow(behavior: Behavior, start: number, course: readonly (readonly [number, number])[]): void {
  const autoscaler = workerAutoscaler({ behavior, maxReplicas: 50 });
  let [now, current] = [NOW, start];
  let memory: Memory = {};
  const past: Timestamped[] = [];
  const events: Event[] = [];
  for (const [waitMs, recommended] of course) {
    now += waitMs;
    if (past.length === 0) past.push({ at: now, replicas: current });
    const signals = { load: fresh(recommended * 10, now) };
    const decision = decide({ autoscaler, currentReplicas: current, signals, memory, now });
    const expected = kubernetes(behavior, current, recommended, past, events, { now, max: 50 });
    assert.equal(decision.desiredReplicas, expected);
    past.push({ at: now, replicas: recommended });
    memory = decision.memory;
    const change = decision.desiredReplicas - current;
    if (change === 0) continue;
    events.push({ at: now, change });
    memory = { ...memory, lastScaleAt: now, scalings: [...events] };
    current = decision.desiredReplicas;
  }
}

test("memory stays bounded, however long and often it decides", () => {
  const scaleDown: ScalingRules = { stabilizationWindowSeconds: 300, selectPolicy: "Max", policies: [] };
  const autoscaler = workerAutoscaler({ behavior: { scaleDown } });
  let memory: Memory = {};
  for (let look = 0; look < 10_000; look++) {
    const now = NOW + look * 100;
    const signals = { load: fresh(((look * 7) % 40) * 10, now) };
    memory = decide({ autoscaler, currentReplicas: 5, signals, memory, now }).memory;
  }
  assert.ok((memory.recommendations?.length ?? 0) <= 40);
});

test("from zero a percentage still leads somewhere", () => {
  const policies = [{ type: "Percent", value: 100, periodSeconds: 60 }] as const;
  const scaleUp: ScalingRules = { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies };
  const autoscaler = workerAutoscaler({ behavior: { scaleUp } });
  const decision = decide({ autoscaler, currentReplicas: 0, signals: { load: fresh(90) }, memory: {}, now: NOW });
  assert.equal(decision.desiredReplicas, 2);
  assert.equal(decision.limited?.reason, "ScaleUpLimit");
});

test("a held scale-down says until when, and goes then", () => {
  const scaleDown: ScalingRules = { stabilizationWindowSeconds: 300, selectPolicy: "Max", policies: [] };
  const autoscaler = workerAutoscaler({ behavior: { scaleDown } });
  const at = (now: number, value: number, memory: Memory) =>
    decide({ autoscaler, currentReplicas: 9, signals: { load: fresh(value, now) }, memory, now });
  const busy = at(NOW, 90, {});
  const held = at(NOW + 1_000, 10, busy.memory);
  assert.deepEqual([held.desiredReplicas, held.limited?.reason], [9, "Stabilized"]);
  assert.match(held.steps.at(-1)?.because ?? "", /9 is the highest number asked for in the last 300 s/);
  const signals = { load: fresh(10, NOW + 300_000) };
  const later = decide({ autoscaler, currentReplicas: 9, signals, memory: held.memory, now: NOW + 300_000 });
  assert.equal(later.desiredReplicas, 1);
});

test("what is held in doubt delays no scale-up, and delays a scale-down by the window", () => {
  const rules = { selectPolicy: "Max", policies: [], stabilizationWindowSeconds: 60 } as const;
  const autoscaler = workerAutoscaler({ behavior: { scaleUp: rules, scaleDown: rules } });
  const at = (seconds: number, load: SignalState, memory: Memory) =>
    decide({ autoscaler, currentReplicas: 2, signals: { load }, memory, now: NOW + seconds * 1000 });
  let { memory } = at(0, fresh(20), {});
  for (const seconds of [15, 30, 45, 60, 75]) memory = at(seconds, failing(seconds), memory).memory;
  const [up, down] = [fresh(100, NOW + 90_000), fresh(10, NOW + 90_000)].map((load) => at(90, load, memory));
  assert.deepEqual([up?.desiredReplicas, down?.desiredReplicas], [10, 2]);
});

test("each direction has its own tolerance, a share of what the present replicas take", () => {
  const rules = { selectPolicy: "Max", policies: [], stabilizationWindowSeconds: 0 } as const;
  const behavior = { scaleUp: { ...rules, tolerance: 0.2 }, scaleDown: { ...rules, tolerance: 0.05 } };
  const autoscaler = workerAutoscaler({ behavior });
  const of = (value: number) =>
    decide({ autoscaler, currentReplicas: 10, signals: { load: fresh(value) }, memory: {}, now: NOW });
  assert.deepEqual(
    [120, 120.001, 120.0001, 95, 94.999, 0].map((value) => of(value).desiredReplicas),
    [10, 13, 13, 10, 10, 0],
  );
  assert.match(
    of(120).steps[0]?.because ?? "",
    /120 at 10 per replica need 12 replicas, and 120 is within 20 % of what/,
  );
});

const OLDER = workerAutoscaler({ profile: "worker-autoscaler-v1" });
const older = (currentReplicas: number, value: number, memory: Memory, seconds = 0) => {
  const now = NOW + seconds * 1000;
  return decide({ autoscaler: OLDER, currentReplicas, signals: { load: fresh(value, now) }, memory, now });
};

test("the older algorithm doubles at most, or goes to four, and says so", () => {
  const desired = [0, 1, 2, 3, 20].map((current) => older(current, 990, {}).desiredReplicas);
  assert.deepEqual(desired, [4, 4, 4, 6, 40]);
  const { limited } = older(3, 990, {});
  assert.deepEqual(limited, { reason: "ScaleUpLimit", message: "one scale-up goes from 3 to 6 at most" });
});

test("the older algorithm goes on toward what was asked for before, and falls after five minutes", () => {
  const first = older(1, 100, {});
  const second = older(4, 10, first.memory, 15);
  assert.deepEqual([first.desiredReplicas, second.desiredReplicas], [4, 8]);
  assert.match(
    second.steps[1]?.because ?? "",
    /^10 is the highest number asked for in the last 300 s, and counts in place of 1$/,
  );
  assert.equal(second.limited?.reason, "ScaleUpLimit");
  const held = older(10, 10, second.memory, 300);
  assert.deepEqual([held.desiredReplicas, held.limited?.reason, held.reconsiderAt], [10, "Stabilized", NOW + 300_001]);
  assert.equal(older(10, 10, held.memory, 300.001).desiredReplicas, 1);
});

test("the older algorithm raises nothing in doubt", () => {
  const { memory } = older(1, 100, {});
  const decision = decide({
    autoscaler: OLDER,
    currentReplicas: 4,
    signals: { load: failing(10) },
    memory,
    now: NOW + 15_000,
  });
  assert.equal(decision.desiredReplicas, 4);
});

test("of several signals in doubt, what the others ask for is recorded", () => {
  const rules = { selectPolicy: "Max", policies: [], stabilizationWindowSeconds: 60 } as const;
  const autoscaler = workerAutoscaler({
    behavior: { scaleUp: rules, scaleDown: { ...rules, stabilizationWindowSeconds: 0 } },
    signals: [signalWith("queue", PER_TEN), signalWith("lag", PER_TEN)],
  });
  const lag = { ...failing(5), reading: { at: NOW - 5_000, value: 90 } };
  const memory = { recommendations: [] };
  const decision = decidedFor(autoscaler, 3, { queue: fresh(50), lag }, { memory });
  assert.deepEqual(decision.memory.recommendations, [{ at: NOW, replicas: 5 }]);
  assert.equal(decision.desiredReplicas, 5);
});

test("nothing is recorded while the number lies outside its bounds", () => {
  const scaleDown = { selectPolicy: "Max", policies: [], stabilizationWindowSeconds: 60 } as const;
  const autoscaler = workerAutoscaler({ behavior: { scaleDown }, maxReplicas: 10 });
  const memory = { recommendations: [] };
  const decision = decidedFor(autoscaler, 12, { load: fresh(70) }, { memory });
  assert.deepEqual([decision.desiredReplicas, decision.memory.recommendations], [7, []]);
});
