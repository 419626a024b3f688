import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Autoscaler,
  decide,
  type Reading,
  type SignalRule,
  type SignalState,
  withReading,
} from "../../src/core/index.ts";
import { NOW, queueAutoscaler } from "../support/situations.ts";
import { decidedFor, failing, fresh, PER_TEN, signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

/** What is known after looks that came a minute apart and saw these values, the last one now. */
function seen(...values: readonly number[]): SignalState {
  const readings = values.map((value, index): Reading => ({ at: NOW - (values.length - 1 - index) * 60_000, value }));
  return readings.reduce<SignalState>(withReading, {});
}

const withRule = (rule: SignalRule, whenMissing: "Hold" | "Fallback" | "Zero" = "Hold") =>
  workerAutoscaler({ signals: [signalWith("load", rule, { whenMissing })] });
const desired = (one: Autoscaler, current: number, load: SignalState) => decidedFor(one, current, { load });

test("a backlog of millions that is gone at the next look lowers nothing before another look says so too", () => {
  const held = desired(workerAutoscaler(), 32, seen(40_000_000, 0));
  assert.equal(held.desiredReplicas, 32);
  assert.deepEqual(held.steps.at(-1), {
    rule: "confirmFalls",
    from: 0,
    to: 32,
    because: "load went from 40000000 to 0 between two looks, which the next one has to confirm: all 32 replicas stay",
  });
  assert.equal(held.limited?.reason, "UnconfirmedFall");
  assert.equal(desired(workerAutoscaler(), 32, seen(40_000_000, 0, 0)).desiredReplicas, 0);
  assert.equal(desired(workerAutoscaler(), 32, seen(40_000_000, 0, 3)).desiredReplicas, 1);
});

test("a value that comes back the look after has cost nothing", () => {
  assert.equal(desired(workerAutoscaler(), 100, seen(40_000_000, 0, 40_000_000)).desiredReplicas, 100);
});

test("the same point given again confirms nothing, a newer one does", () => {
  const again = withReading(seen(5_000, 0), { at: NOW, value: 0 });
  assert.equal(desired(workerAutoscaler(), 50, again).desiredReplicas, 50);
  const newer = withReading(again, { at: NOW + 1, value: 0 });
  assert.equal(desired(workerAutoscaler(), 50, newer).desiredReplicas, 0);
});

test("a look that failed in between confirms nothing either", () => {
  const failed = { ...seen(5_000), failure: { kind: "TimedOut", message: "no answer" } } as const;
  const after = withReading(failed, { at: NOW + 1_000, value: 0 });
  assert.equal(after.failure, undefined);
  assert.equal(desired(workerAutoscaler(), 50, after).desiredReplicas, 50);
});

test("what rises acts at once, up to maxReplicas", () => {
  assert.equal(desired(workerAutoscaler(), 1, seen(1, 40_000_000)).desiredReplicas, 100);
});

test("a fall such as work makes lowers at once", () => {
  assert.equal(desired(workerAutoscaler(), 50, seen(500, 60)).desiredReplicas, 6);
  // Less than ten replicas' worth is no collapse.
  assert.equal(desired(workerAutoscaler(), 9, seen(99, 0)).desiredReplicas, 0);
  assert.equal(desired(workerAutoscaler(), 10, seen(100, 0)).desiredReplicas, 10);
});

test("what is counted beyond 2^53 cannot be right and lifts nothing, unlike any other great number", () => {
  const wrapped = desired(workerAutoscaler(), 3, fresh(2 ** 64 - 1));
  assert.equal(wrapped.desiredReplicas, 3);
  assert.equal(wrapped.signals[0]?.trust, "implausible");
  assert.equal(desired(workerAutoscaler(), 3, fresh(2 ** 53 - 1)).desiredReplicas, 100);
});

test("backlog and throughput are measured in replicas' worth, a band in multiples of itself, either way round", () => {
  const backlog = withRule({ kind: "backlog", messagesPerReplica: 100, tolerance: 0.1 });
  assert.equal(desired(backlog, 20, seen(1_000, 0)).desiredReplicas, 20);
  assert.equal(desired(backlog, 20, seen(900, 0)).desiredReplicas, 0);

  const throughput = withRule({ kind: "throughput", secondsPerMessage: 6, utilization: 1 });
  assert.equal(desired(throughput, 20, seen(100, 0)).desiredReplicas, 20);
  assert.equal(desired(throughput, 20, seen(90, 0)).desiredReplicas, 0);

  const band = { kind: "band", low: 100, high: 300, stepUp: 1, stepDown: 1 } as const;
  const lag = withRule({ ...band, direction: "HighIsBusy" });
  assert.equal(desired(lag, 5, seen(3_050, 50)).desiredReplicas, 5);
  assert.equal(desired(lag, 5, seen(2_950, 50)).desiredReplicas, 4);
  const capacity = withRule({ ...band, direction: "HighIsIdle" });
  assert.equal(desired(capacity, 5, seen(50, 3_050)).desiredReplicas, 5);
  assert.equal(desired(capacity, 5, seen(50, 2_950)).desiredReplicas, 4);
  assert.equal(desired(capacity, 5, seen(3_050, 50)).desiredReplicas, 6);
});

test("arrivals that are not known are no fall", () => {
  const throughput = withRule({ kind: "throughput", secondsPerMessage: 6, utilization: 1 });
  const queue = (arrivalsPerMinute?: number): Reading => ({
    ...{ at: NOW, value: 0, waiting: 0 },
    ...(arrivalsPerMinute === undefined ? {} : { arrivalsPerMinute }),
  });
  const decision = desired(throughput, 20, { reading: queue(), before: { ...queue(600), at: NOW - 60_000 } });
  assert.ok(!decision.steps.some(({ rule }) => rule === "confirmFalls"));
});

test("a signal that collapses holds the number while another one decides; whenMissing has no say in it", () => {
  const two = workerAutoscaler({ signals: [signalWith("lag", PER_TEN), signalWith("rate", PER_TEN)] });
  assert.equal(decidedFor(two, 50, { lag: seen(5_000, 0), rate: fresh(20) }).desiredReplicas, 50);
  assert.equal(decidedFor(two, 50, { lag: seen(5_000, 0), rate: fresh(700) }).desiredReplicas, 70);
  for (const whenMissing of ["Zero", "Fallback"] as const) {
    assert.equal(desired(withRule(PER_TEN, whenMissing), 50, seen(5_000, 0)).desiredReplicas, 50);
  }
});

test("when one signal fails for long and the other one collapses, the fallback's time begins only then", () => {
  const fallback = { replicas: 2, approach: "AtOnce", afterSeconds: 60 } as const;
  const signals = ["lag", "rate"].map((name) => signalWith(name, PER_TEN, { whenMissing: "Fallback" }));
  const decision = decidedFor(workerAutoscaler({ signals, fallback }), 50, { lag: failing(900), rate: seen(5_000, 0) });
  assert.equal(decision.desiredReplicas, 50);
});

test("the older formats keep their numbers: they know no such rule", () => {
  const states = { queue: seen(40_000_000, 0), load: seen(40_000_000, 0) };
  const situation = { currentReplicas: 20, signals: states, memory: {}, now: NOW };
  assert.equal(decide({ ...situation, autoscaler: queueAutoscaler() }).desiredReplicas, 0);
  const band = { kind: "band", low: 10, high: 30, direction: "HighIsBusy", stepUp: 1, stepDown: 1 } as const;
  const phpa = { ...withRule(band), profile: "phpa", minReplicas: 1 } as const;
  assert.equal(decide({ ...situation, autoscaler: phpa }).desiredReplicas, 19);
});

test("whatever was seen: it only ever holds, never raises past the present number, and one newer look ends it", () => {
  const value = fc.oneof(fc.nat(50_000), fc.constant(0), fc.double({ min: 0, max: 1e12, noNaN: true }));
  const rules = fc.constantFrom<SignalRule>(
    PER_TEN,
    { kind: "backlog", messagesPerReplica: 30, tolerance: 0.1 },
    { kind: "throughput", secondsPerMessage: 2, utilization: 0.5 },
    { kind: "band", low: 50, high: 100, direction: "HighIsBusy", stepUp: 2, stepDown: 1 },
    { kind: "band", low: 50, high: 100, direction: "HighIsIdle", stepUp: 1, stepDown: 3 },
  );
  fc.assert(
    fc.property(rules, value, value, fc.integer({ min: 0, max: 100 }), (rule, before, now, current) => {
      const one = withRule(rule);
      const plain = desired(one, current, seen(now)).desiredReplicas;
      const first = desired(one, current, seen(before, now)).desiredReplicas;
      assert.ok(first === plain || (plain < current && first === current));
      assert.equal(desired(one, current, seen(before, now, now)).desiredReplicas, plain);
    }),
  );
});
