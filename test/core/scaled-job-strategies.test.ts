import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, type JobStrategy, type SeenJob } from "../../src/core/index.ts";
import { NOW } from "../support/situations.ts";
import { fresh, signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

/** What KEDA knows of a ScaledJob when it decides. */
interface Scene {
  readonly queueLength: number;
  /** Messages for one Job: the trigger's target. */
  readonly target: number;
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  /** Jobs that have not ended; `pending` are among them. */
  readonly running: number;
  readonly pending: number;
}

type Effective = (maxScale: number, running: number, pending: number, maxReplicas: number) => number;

/** GetEffectiveMaxScale of KEDA's pkg/scaling/executor/scale_jobs.go. */
const keda = {
  default: (maxScale, running) => maxScale - running,
  accurate: (maxScale, running, pending, maxReplicas) =>
    maxScale + running - pending > maxReplicas ? maxReplicas - running : maxScale - pending,
  eager: (maxScale, running, pending, maxReplicas) => Math.min(maxReplicas - running - pending, maxScale),
} satisfies Record<string, Effective>;

function custom(deduction: number, percentage: number): Effective {
  return (maxScale, running, _, maxReplicas) =>
    Math.min(maxScale - deduction - Math.trunc(running * percentage), maxReplicas);
}

/** Jobs that KEDA creates: IsScaledJobActive, getScalingDecision and createJobs. */
function kedaCreates(scene: Scene, effective: Effective): number {
  const { queueLength, target, minReplicaCount: min, running, pending } = scene;
  const maxReplicas = scene.maxReplicaCount - min;
  if (running < min) return min - running;
  const maxScale = Math.ceil(Math.min(queueLength / target, maxReplicas));
  const most = effective(maxScale, running - min, pending, maxReplicas);
  const scaleTo = effective === keda.eager ? maxReplicas : queueLength;
  return Math.max(0, Math.min(most, scaleTo));
}

const ago = (seconds: number) => NOW - seconds * 1000;

function ours(scene: Scene, strategy: JobStrategy): number {
  const { queueLength, target, minReplicaCount: minReplicas, maxReplicaCount: maxReplicas, running, pending } = scene;
  const working: SeenJob = { createdAt: ago(60), workingSince: ago(50) };
  const jobs = Array.from({ length: running }, (_, index) => (index < pending ? { createdAt: ago(60) } : working));
  const autoscaler = workerAutoscaler({
    profile: "worker-autoscaler-jobs",
    target: { apiVersion: "batch/v1", kind: "Job", namespace: "shop", name: "mailer" },
    jobs: { strategy, messagesPerJob: target, readingLagSeconds: 0, spareJobs: minReplicas },
    signals: [signalWith("queue", { kind: "backlog", messagesPerReplica: target, tolerance: 0 })],
    ...{ minReplicas, maxReplicas },
  });
  const signals = { queue: fresh(queueLength) };
  const seen = { jobs, knownSince: ago(600) };
  return (
    decide({ autoscaler, currentReplicas: running, signals, memory: {}, now: NOW, jobs: seen }).desiredReplicas -
    running
  );
}

const DEFAULT = { kind: "Default" } as const;
const ACCURATE = { kind: "Accurate", startUpSeconds: 0 } as const;
const EAGER = { kind: "Eager" } as const;
const CUSTOM = { kind: "Custom", queueLengthDeduction: 1, runningJobPercentage: 0.5 } as const;

test("creates as many Jobs as KEDA's strategies, by a table", () => {
  type Row = readonly [queueLength: number, target: number, min: number, max: number, running: number, pending: number];
  const rows: readonly (readonly [...Row, byDefault: number, custom: number, accurate: number, eager: number])[] = [
    // The table of KEDA's documentation.
    [10, 1, 0, 3, 0, 0, 3, 2, 3, 3],
    [10, 2, 0, 3, 0, 0, 3, 2, 3, 3],
    [10, 1, 0, 3, 1, 0, 2, 2, 2, 2],
    [10, 1, 0, 100, 0, 0, 10, 9, 10, 10],
    [4, 5, 0, 3, 0, 0, 1, 0, 1, 1],
    // Its example of eager: three more messages while three Jobs of three hours run.
    [6, 1, 0, 10, 3, 0, 3, 4, 6, 6],
    [3, 1, 0, 10, 3, 0, 0, 1, 3, 3],
    // The rows of scale_jobs_test.go.
    [3, 1, 0, 5, 2, 0, 1, 1, 3, 3],
    [2, 1, 0, 5, 0, 0, 2, 1, 2, 2],
    [5, 1, 0, 5, 2, 0, 3, 3, 3, 3],
    [3, 1, 0, 10, 4, 2, 0, 0, 1, 3],
    [5, 1, 0, 5, 4, 2, 1, 1, 1, 0],
    [3, 1, 0, 5, 3, 3, 0, 1, 0, 0],
    [15, 1, 0, 20, 15, 15, 0, 5, 0, 0],
    [20, 1, 0, 20, 15, 10, 5, 5, 5, 0],
    [4, 1, 0, 10, 7, 0, 0, 0, 3, 3],
    [15, 1, 0, 10, 0, 0, 10, 9, 10, 10],
    // Pending Jobs do not multiply.
    [5, 1, 0, 100, 5, 5, 0, 2, 0, 5],
    [50, 1, 0, 50, 50, 50, 0, 0, 0, 0],
    // Two Jobs wait for messages beside those that three messages need.
    [3, 1, 2, 10, 2, 0, 3, 2, 3, 3],
    [3, 1, 2, 10, 5, 0, 0, 1, 3, 3],
    [100, 1, 2, 10, 2, 2, 8, 7, 6, 6],
    [0, 1, 2, 10, 5, 0, 0, 0, 0, 0],
  ];
  for (const [queueLength, target, min, max, running, pending, ...expected] of rows) {
    const scene = { queueLength, target, minReplicaCount: min, maxReplicaCount: max, running, pending };
    const said = JSON.stringify(scene);
    assert.deepEqual(
      [DEFAULT, CUSTOM, ACCURATE, EAGER].map((strategy) => ours(scene, strategy)),
      expected,
      said,
    );
    const theirs = [keda.default, custom(1, 0.5), keda.accurate, keda.eager];
    const limited = theirs.map((strategy) => Math.min(kedaCreates(scene, strategy), max - running));
    assert.deepEqual(limited, expected, `KEDA: ${said}`);
  }
});

const scenes = fc
  .record({
    ...{ queueLength: fc.nat(60), target: fc.integer({ min: 1, max: 7 }), minReplicaCount: fc.nat(5) },
    ...{ above: fc.integer({ min: 1, max: 40 }), running: fc.nat(60), pending: fc.nat(60) },
  })
  .map(({ above, ...scene }) => {
    const { minReplicaCount: min } = scene;
    const maxReplicaCount = min + above;
    const running = Math.max(min, Math.min(scene.running, maxReplicaCount));
    return { ...scene, maxReplicaCount, running, pending: Math.min(scene.pending, running) };
  });

test("creates as many Jobs as KEDA wherever its minimum runs, and never more than maxReplicas", () => {
  const share = fc.integer({ min: 0, max: 8 }).map((quarters) => quarters / 4);
  fc.assert(
    fc.property(scenes, fc.nat(10), share, (scene, queueLengthDeduction, runningJobPercentage) => {
      assert.equal(ours(scene, DEFAULT), kedaCreates(scene, keda.default), "default");
      assert.equal(ours(scene, ACCURATE), kedaCreates(scene, keda.accurate), "accurate");
      assert.equal(ours(scene, EAGER), kedaCreates(scene, keda.eager), "eager");
      const theirs = kedaCreates(scene, custom(queueLengthDeduction, runningJobPercentage));
      // KEDA's custom strategy may create Jobs beyond its maximum.
      const limited = Math.min(theirs, scene.maxReplicaCount - scene.running);
      assert.equal(ours(scene, { kind: "Custom", queueLengthDeduction, runningJobPercentage }), limited, "custom");
    }),
    { numRuns: 2_000 },
  );
});

test("creates at least KEDA's minimum where fewer Jobs run", () => {
  const scene = { queueLength: 3, target: 1, minReplicaCount: 2, maxReplicaCount: 10, running: 1, pending: 0 };
  assert.equal(kedaCreates(scene, keda.default), 1);
  // KEDA gets to the same five Jobs at its next poll.
  assert.equal(ours(scene, DEFAULT), 4);
  assert.equal(ours({ ...scene, queueLength: 0 }, ACCURATE), 1);
});
