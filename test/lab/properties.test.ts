import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Rehearsal } from "../../src/lab/rehearsal.ts";
import { simulate } from "../../src/lab/simulate.ts";
import { LOOKS, phpa, rehearsal, workerAutoscaler, workerPodAutoscaler } from "../support/rehearsals.ts";

const policies = fc.oneof(
  fc
    .record({ target: fc.integer({ min: 1, max: 50 }), max: fc.integer({ min: 1, max: 60 }) })
    .map(({ target, max }) => workerPodAutoscaler({ targetMessagesPerWorker: target, maxReplicas: max })),
  fc.integer({ min: 1, max: 20 }).map((cooldownSeconds) => workerAutoscaler({ cooldownSeconds: cooldownSeconds * 10 })),
  fc.integer({ min: 31, max: 500 }).map((metricThreshold) => phpa({ metricThreshold })),
);

const traffics = fc.constantFrom(
  "steady:rate=30,for=40m",
  "step:before=5,after=120,at=10m,for=40m",
  "burst:size=300,every=15m,for=40m",
  "on-off:rate=200,on=3m,off=5m,for=40m",
  "flash-crowd:base=1,peak=300,at=10m,for=40m",
  "poison-stall:rate=60,poison=5,hold=10m,at=10m,for=40m",
);

const worlds: fc.Arbitrary<Rehearsal> = fc
  .record({
    autoscaler: policies,
    preset: traffics,
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    mode: fc.constantFrom("exact" as const, "batch" as const),
    workers: fc.record({
      concurrency: fc.integer({ min: 1, max: 8 }),
      startUpSeconds: fc.integer({ min: 0, max: 120 }),
      startUpJitter: fc.constantFrom(0, 0.5),
      graceSeconds: fc.integer({ min: 0, max: 60 }),
      victims: fc.constantFrom("newest" as const, "idle" as const),
    }),
    service: fc.record({
      meanSeconds: fc.constantFrom(0.1, 2, 45),
      shape: fc.constantFrom("fixed" as const, "exponential" as const, "lognormal" as const),
      cv: fc.constant(1.5),
    }),
    lagSeconds: fc.constantFrom(0, 0, 45),
    outages: fc.constantFrom([], [{ fromSeconds: 600, toSeconds: 1200 }]),
  })
  .map(({ lagSeconds, outages, ...rest }) => rehearsal({ ...rest, looks: { ...LOOKS, lagSeconds, outages } }));

const RUNS = { numRuns: 60 };

test("no message is lost or made: what arrived was served, waits, or is in flight", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { messages } = simulate(world);
      const sum = messages.served + messages.waiting + messages.inFlight;
      near(sum, messages.arrived, "served, waiting and in flight");
    }),
    RUNS,
  );
});

test("Little's law holds in every run: presence summed over time is presence summed over messages", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { littlesLaw } = simulate(world);
      near(littlesLaw.overTime, littlesLaw.overMessages, "message-seconds");
    }),
    RUNS,
  );
});

test("the same seed gives the same bytes", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      assert.equal(JSON.stringify(simulate(world)), JSON.stringify(simulate(world)));
    }),
    { numRuns: 15 },
  );
});

test("numbers make sense: hours add up, percentiles rise, bounds hold, nothing is negative", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { waitSeconds, workerHours, replicas, objective, series } = simulate(world);
      const { p50, p95, p99, max } = waitSeconds;
      assert.ok(0 <= p50 && p50 <= p95 && p95 <= p99 && p99 <= max, `${p50} ${p95} ${p99} ${max}`);
      const { total, starting, busy, idle, stopping } = workerHours;
      near(total, starting + busy + idle + stopping, "worker-hours");
      for (const hours of [starting, busy, idle, stopping]) assert.ok(hours >= -1e-9, `${hours} h`);
      assert.ok(replicas.peak <= Math.max(world.autoscaler.maxReplicas, replicas.initial));
      assert.ok(objective !== undefined && objective.shareOver >= 0 && objective.shareOver <= 1 + 1e-9);
      for (const column of Object.values(series)) assert.equal(column.length, series.at.length);
    }),
    RUNS,
  );
});

/** Equal but for the rounding of sums. */
function near(one: number, other: number, what: string): void {
  assert.ok(Math.abs(one - other) <= 1e-6 * Math.max(1, one, other), `${what}: ${one} and ${other}`);
}
