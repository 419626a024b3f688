import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Autoscaler,
  decide,
  groupJobs,
  type JobStrategy,
  jobsMissing,
  jobsOfGroups,
  type SeenJob,
  type SignalState,
} from "../../src/core/index.ts";
import { NOW } from "../support/situations.ts";
import { failing, fresh, signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

const ONE_EACH = { kind: "backlog", messagesPerReplica: 1, tolerance: 0 } as const;

function ofJobs(strategy: JobStrategy = { kind: "Default" }, changes: Partial<Autoscaler> = {}): Autoscaler {
  const target = { apiVersion: "batch/v1", kind: "Job", namespace: "shop", name: "mailer" };
  const signals = [signalWith("queue", ONE_EACH)];
  return workerAutoscaler({
    profile: "worker-autoscaler-jobs",
    target,
    jobs: { strategy, messagesPerJob: 1, readingLagSeconds: 0, spareJobs: 0 },
    signals,
    ...changes,
  });
}

const ago = (seconds: number) => NOW - seconds * 1000;
const times = (count: number, job: SeenJob): SeenJob[] => new Array<SeenJob>(count).fill(job);
const PENDING = { createdAt: ago(60) };
const WORKING = { createdAt: ago(60), workingSince: ago(50) };

function decided(autoscaler: Autoscaler, jobs: readonly SeenJob[], queue: SignalState, knownSince = ago(600)) {
  const currentReplicas = jobs.filter(({ endedAt }) => endedAt === undefined).length;
  const signals = { queue };
  return decide({ autoscaler, currentReplicas, signals, memory: {}, now: NOW, jobs: { jobs, knownSince } });
}

/** The number of Jobs asked for when the queue was read `seconds` ago. */
const wanted = (strategy: JobStrategy, jobs: readonly SeenJob[], value: number, seconds = 1) =>
  decided(ofJobs(strategy), jobs, { reading: { at: ago(seconds), value } }).desiredReplicas;

test("creates a Job for each message that has none", () => {
  const { desiredReplicas, steps } = decided(ofJobs(), times(3, WORKING), { reading: { at: ago(1), value: 5 } });
  assert.equal(desiredReplicas, 5);
  assert.match(
    steps[0]?.because ?? "",
    /5 messages at 1 per replica need 5 replicas, less 3 for Jobs that it counts: 2 more Jobs/,
  );
});

test("a fall deletes no Job, and says so", () => {
  const { desiredReplicas, direction, steps } = decided(ofJobs(), times(12, WORKING), fresh(3));
  assert.deepEqual([desiredReplicas, direction], [12, "none"]);
  assert.equal(steps.at(-1)?.because, "12 stay: Jobs end by themselves");
});

test("a Job that ended after the queue was read worked on a message that was counted", () => {
  const ended = { ...WORKING, endedAt: ago(1) };
  assert.equal(wanted({ kind: "Default" }, [...times(5, WORKING), ...times(5, ended)], 10, 2), 5);
  assert.equal(wanted({ kind: "Default" }, [...times(5, WORKING), ...times(5, ended)], 10, 0), 10);
});

test("where readings lag, a Job that ended within the lag counts as well", () => {
  const strategy = { kind: "Default" } as const;
  const autoscaler = ofJobs(strategy, { jobs: { strategy, messagesPerJob: 1, readingLagSeconds: 5, spareJobs: 0 } });
  const ended = { ...WORKING, endedAt: ago(3) };
  assert.equal(decided(autoscaler, times(4, ended), fresh(4)).desiredReplicas, 0);
});

test("a Job created after the queue was read is not created again", () => {
  const created = { createdAt: ago(1) };
  for (const kind of ["Default", "Eager"] as const) {
    assert.equal(wanted({ kind }, times(4, created), 4, 2), 4, kind);
    // Nor is one that has ended already.
    assert.equal(wanted({ kind }, times(4, { ...created, endedAt: ago(0.5) }), 4, 2), 0, kind);
  }
});

test("Accurate counts waiting messages and Jobs that have not begun", () => {
  const accurate = { kind: "Accurate", startUpSeconds: 0 } as const;
  assert.equal(wanted(accurate, [...times(3, WORKING), ...times(2, PENDING)], 4), 7);
  assert.equal(wanted(accurate, times(5, PENDING), 5), 5, "pending Jobs do not multiply");
  assert.equal(wanted({ kind: "Accurate", startUpSeconds: 55 }, times(5, WORKING), 5), 5, "its message still waits");
});

test("Eager and Custom ask for Jobs beside those that run", () => {
  assert.equal(wanted({ kind: "Eager" }, times(5, WORKING), 5), 10);
  const custom = { kind: "Custom", queueLengthDeduction: 1, runningJobPercentage: 0.5 } as const;
  assert.equal(wanted(custom, times(4, WORKING), 10), 4 + 10 - 1 - 2);
});

test("doubt creates no Job", () => {
  const stale = { reading: { at: ago(500), value: 50 } };
  assert.equal(decided(ofJobs(), times(2, WORKING), stale).desiredReplicas, 2);
  assert.equal(decided(ofJobs(), times(2, WORKING), failing(500)).desiredReplicas, 2);
  const unknownBefore = decided(ofJobs(), times(2, WORKING), { reading: { at: ago(5), value: 50 } }, ago(1));
  assert.equal(unknownBefore.desiredReplicas, 2, "what ended before it was known may be in the reading");
});

test("the fallback keeps its number of Jobs going", () => {
  const fallback = { replicas: 4, approach: "AtOnce", afterSeconds: 60 } as const;
  const signals = [signalWith("queue", ONE_EACH, { whenMissing: "Fallback" })];
  const autoscaler = ofJobs({ kind: "Default" }, { fallback, signals });
  assert.equal(decided(autoscaler, times(1, WORKING), failing(500)).desiredReplicas, 4);
  assert.equal(decided(autoscaler, times(9, WORKING), failing(500)).desiredReplicas, 9);
});

test("where only the number of Jobs is known, every reading has counted them", () => {
  const signals = { queue: fresh(9) };
  const situation = { autoscaler: ofJobs(), currentReplicas: 4, signals, memory: {}, now: NOW };
  assert.equal(decide(situation).desiredReplicas, 9);
});

test("a pause creates no Job", () => {
  assert.equal(
    decided(ofJobs({ kind: "Default" }, { mode: "Paused" }), times(2, WORKING), fresh(9)).desiredReplicas,
    2,
  );
});

const time = fc.integer({ min: 0, max: 100 }).map(ago);
const job = fc.record({ from: time, workingFor: fc.option(fc.nat(50)), ended: fc.boolean() }).map(
  ({ from, workingFor, ended }): SeenJob => ({
    createdAt: from,
    ...(workingFor !== null && { workingSince: from + 500 * workingFor }),
    ...(ended && { endedAt: from + 1_000 * (workingFor ?? 0) + 500 }),
  }),
);
const strategy: fc.Arbitrary<JobStrategy> = fc.oneof(
  fc.constantFrom<JobStrategy>({ kind: "Default" }, { kind: "Eager" }),
  fc.record({ kind: fc.constant("Accurate" as const), startUpSeconds: fc.nat(60) }),
  fc.record({
    kind: fc.constant("Custom" as const),
    queueLengthDeduction: fc.nat(10),
    runningJobPercentage: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

test("never asks for fewer Jobs than there are, nor for more than maxReplicas", () => {
  const input = fc.record({
    ...{ strategy, jobs: fc.array(job, { maxLength: 30 }), value: fc.nat(60), readAt: time },
    maxReplicas: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(input, ({ strategy, jobs, value, readAt, maxReplicas }) => {
      const autoscaler = ofJobs(strategy, { maxReplicas });
      const current = jobs.filter(({ endedAt }) => endedAt === undefined).length;
      const { desiredReplicas } = decided(autoscaler, jobs, { reading: { at: readAt, value } });
      assert.ok(desiredReplicas >= current);
      assert.ok(desiredReplicas <= Math.max(current, maxReplicas));
      assert.ok(desiredReplicas <= current + value, "no more than there are messages");
    }),
  );
});

test("the groups of a journal ask for as many Jobs as the Jobs themselves, at each of the readings", () => {
  const sizings = fc.record({
    ...{ strategy, messagesPerJob: fc.constant(1), readingLagSeconds: fc.nat(10), spareJobs: fc.nat(3) },
  });
  const jobs = fc.array(job, { maxLength: 60 });
  const readings = fc.array(time, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(jobs, readings, sizings, fc.nat(60), (all, at, sizing, needed) => {
      const groups = groupJobs({ jobs: all, knownSince: 0 }, at, sizing);
      const again = jobsOfGroups(JSON.parse(JSON.stringify(groups)));
      for (const moment of at) {
        const readAt = moment - sizing.readingLagSeconds * 1000;
        assert.deepEqual(jobsMissing(needed, readAt, again, sizing, 40), jobsMissing(needed, readAt, all, sizing, 40));
      }
    }),
  );
});
