import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JournalEntry } from "../../../src/journal/journal-entry.ts";
import type { Workers } from "../../../src/lab/plant/plant.ts";
import type { Policy } from "../../../src/lab/rehearsal.ts";
import { type Estimate, estimateBacklogs, summarizeKnown } from "../../../src/lab/shadow/estimate.ts";
import { findQueues, sampleCourse } from "../../../src/lab/shadow/recorded-course.ts";
import { countReady } from "../../../src/lab/shadow/traffic-behind.ts";
import { simulate } from "../../../src/lab/simulate.ts";
import { trafficFromPreset } from "../../../src/lab/traffic/traffic-from-preset.ts";
import { LOOKS } from "../../support/rehearsals.ts";
import { type ShadowedWorld, shadowedWorld } from "../../support/shadowed-world.ts";
import { queueAutoscaler } from "../../support/situations.ts";

const WORKERS: Workers = { concurrency: 1, startUpSeconds: 30, startUpJitter: 0, graceSeconds: 30, victims: "newest" };
const NEXT: Policy = { name: "next", autoscaler: queueAutoscaler() };
/** Somebody who grows by two workers a minute, and shrinks by one. */
const WORLD: ShadowedWorld = {
  traffic: "flash-crowd:base=30,peak=300,for=3h",
  serviceSeconds: 2,
  other: (unfinished, replicas) =>
    Math.max(1, Math.min(replicas + 2, 12, Math.max(Math.ceil(unfinished / 20), replicas - 1))),
};

function estimated(entries: readonly JournalEntry[], seconds: number | undefined, workers = WORKERS): Estimate {
  const course = sampleCourse(entries, findQueues(entries, []));
  const found = estimateBacklogs(course, workers, seconds, [NEXT]);
  assert.ok(typeof found !== "string", String(found));
  return found;
}

const near = (value: number, expected: number, share: number, what: string) =>
  assert.ok(Math.abs(value - expected) <= share * expected, `${what}: ${value}, expected ${expected}`);

test("infers the messages that arrived, and the model reproduces the measured backlog", () => {
  for (const concurrency of [1, 3]) {
    const workers = { ...WORKERS, concurrency };
    const { entries, messages, meanBacklog } = shadowedWorld({ ...WORLD, workers, serviceSeconds: 2 * concurrency });
    const { messages: found, actual } = estimated(entries, 2 * concurrency, workers);
    near(found, messages, 0.03, "messages");
    near(actual.sum.mean, meanBacklog, 0.1, "mean backlog");
    near(
      summarizeKnown(sampleCourse(entries, ["queue"]).backlog)?.mean ?? 0,
      meanBacklog,
      0.05,
      "mean of what was read",
    );
  }
});

test("the estimate for a policy matches its result on that traffic", () => {
  const { entries } = shadowedWorld(WORLD);
  const [next] = estimated(entries, 2).policies;
  const truth = simulate({
    ...{ policy: "truth", autoscaler: NEXT.autoscaler, workers: WORKERS, looks: LOOKS, seed: 1, initialReplicas: 1 },
    traffic: trafficFromPreset(WORLD.traffic),
    service: { meanSeconds: 2, shape: "exponential" },
    drainSeconds: 0,
  });
  const mean = truth.littlesLaw.overTime / truth.seconds;
  near(next?.side.replicaHours ?? 0, truth.workerHours.total, 0.15, "replica-hours");
  near(next?.sum.mean ?? 0, mean, 0.35, "mean backlog");
  near(next?.side.most ?? 0, truth.replicas.peak, 0.25, "most replicas");
});

test("learns the service time only if arrivals or a counter were recorded", () => {
  const { entries } = shadowedWorld({ ...WORLD, withArrivals: true });
  const { service } = estimated(entries, undefined);
  assert.equal(service.from, "learned");
  near(service.seconds, 2, 0.05, "seconds");
  const counted = estimated(shadowedWorld({ ...WORLD, countsAnewAfter: 300 }).entries, undefined).service;
  assert.equal(counted.from, "learned");
  near(counted.seconds, 2, 0.05, "seconds by the queue's own counter");
  const without = shadowedWorld(WORLD).entries;
  const course = sampleCourse(without, ["queue"]);
  assert.match(String(estimateBacklogs(course, WORKERS, undefined, [NEXT])), /--service-time says how long/);
  assert.match(String(estimateBacklogs(course, WORKERS, 2, [])), /-f with the manifest/);
});

test("a signal that is not a queue, or not trusted, has no backlog", () => {
  const { entries } = shadowedWorld({ ...WORLD, traffic: "steady:rate=30,for=10m" });
  const doubted = entries.map((entry) => ({
    ...entry,
    signals: entry.signals.map((signal) => ({ ...signal, trust: "stale" as const })),
  }));
  const blind = sampleCourse(doubted, ["queue"]);
  assert.equal(summarizeKnown(blind.backlog), undefined);
  assert.match(String(estimateBacklogs(blind, WORKERS, 2, [NEXT])), /No backlog was recorded/);
  const metric = entries.map(({ signals, ...entry }) => ({
    ...entry,
    profile: "worker-autoscaler" as const,
    signals: signals.map(({ waiting: _, inFlight: __, ...signal }) => ({ ...signal, name: "lag" })),
  }));
  assert.deepEqual(findQueues(metric, []), []);
  assert.deepEqual(findQueues(metric, ["lag"]), ["lag"]);
});

test("a worker counts after its start-up: the minimum of the last steps", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 60 }), fc.nat(8), (replicas, steps) => {
      const slowly = replicas.map((_, step) => Math.min(...replicas.slice(Math.max(0, step - steps), step + 1)));
      assert.deepEqual(countReady(replicas, steps), slowly);
    }),
  );
});

test("samples a journal of months, so that memory does not depend on its length", () => {
  const [first] = shadowedWorld({ ...WORLD, traffic: "steady:rate=30,for=10m" }).entries;
  const months = { ...(first as JournalEntry), until: new Date(Date.parse(first?.at ?? "") + 2e10).toISOString() };
  const { actual, stepSeconds } = sampleCourse([months], ["queue"]);
  assert.ok(actual.length <= 100_000 && actual.length * stepSeconds >= 2e7, `${actual.length} of ${stepSeconds} s`);
  assert.equal(sampleCourse([], []).actual.length, 1);
});
