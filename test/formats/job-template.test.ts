import assert from "node:assert/strict";
import { test } from "node:test";
import type { Autoscaler } from "../../src/core/index.ts";
import { describeProblem, isError } from "../../src/formats/problems.ts";
import { parseWorkerAutoscaler } from "../../src/formats/worker-autoscaler.ts";

const POD = { containers: [{ name: "worker", image: "worker:1" }], restartPolicy: "Never" };
const TEMPLATE = { spec: { backoffLimit: 0, template: { spec: POD } } };
const SIGNAL = { name: "queue", source: { beanstalkd: { host: "queues", tube: "mails" } } };
const SPEC = { jobTemplate: TEMPLATE, maxReplicas: 20, signals: [SIGNAL] };

function parsed(changes: object, name = "mailer") {
  const spec = { ...SPEC, ...changes };
  return parseWorkerAutoscaler({ apiVersion: "muster.dev/v1alpha1", metadata: { name, namespace: "shop" }, spec });
}

function autoscaler(changes: object = {}): Autoscaler {
  const answer = parsed(changes);
  assert.deepEqual(answer.problems, []);
  assert.ok("autoscaler" in answer);
  return answer.autoscaler;
}

const errors = (changes: object, name?: string) => parsed(changes, name).problems.filter(isError).map(describeProblem);

test("a jobTemplate makes an autoscaler of Jobs, one for each message", () => {
  const { profile, target, jobs, signals } = autoscaler();
  assert.equal(profile, "worker-autoscaler-jobs");
  assert.deepEqual(target, { apiVersion: "batch/v1", kind: "Job", namespace: "shop", name: "mailer" });
  assert.deepEqual(jobs, { strategy: { kind: "Default" }, messagesPerJob: 1, readingLagSeconds: 0, spareJobs: 0 });
  assert.deepEqual(signals[0]?.rule, { kind: "backlog", messagesPerReplica: 1, tolerance: 0 });
});

test("each strategy of KEDA's ScaledJobs can be stated", () => {
  const strategy = (jobs: object) => autoscaler({ jobs }).jobs?.strategy;
  assert.deepEqual(strategy({ strategy: "Accurate", startUpSeconds: 5 }), { kind: "Accurate", startUpSeconds: 5 });
  assert.deepEqual(strategy({ strategy: "Eager" }), { kind: "Eager" });
  const custom = { queueLengthDeduction: 2, runningJobPercentage: 0.5 };
  assert.deepEqual(strategy({ strategy: "Custom", custom }), { kind: "Custom", ...custom });
});

test("messagesPerJob is the rule of signals that state none", () => {
  const perReplica = { value: 10 };
  const { signals } = autoscaler({
    jobs: { messagesPerJob: 5 },
    signals: [SIGNAL, { ...SIGNAL, name: "lag", perReplica }],
  });
  assert.deepEqual(
    signals.map(({ rule }) => rule.kind),
    ["backlog", "perReplica"],
  );
  assert.deepEqual(signals[0]?.rule, { kind: "backlog", messagesPerReplica: 5, tolerance: 0 });
});

test("what does not fit beside a jobTemplate is named by field", () => {
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "mailer" };
  const template = (pod: object, more: object = {}) => ({
    jobTemplate: { spec: { template: { spec: { ...POD, ...pod } }, ...more } },
  });
  const cases: [object, RegExp][] = [
    [{ scaleTargetRef }, /^spec: expected either scaleTargetRef or jobTemplate, got both/],
    [{ jobTemplate: undefined }, /^spec\.signals\[0\]: expected exactly one rule/],
    [{ jobTemplate: {} }, /^spec\.jobTemplate\.spec: expected a mapping, got nothing/],
    [
      template({ restartPolicy: undefined }),
      /restartPolicy: expected Never or OnFailure, got nothing, which means Always/,
    ],
    [template({ containers: [] }), /containers: expected one container or more, got none/],
    [template({}, { manualSelector: true }), /selector: expected no selector/],
    [{ cooldownSeconds: 5 }, /^spec\.cooldownSeconds: expected nothing beside jobTemplate: Jobs end by themselves/],
    [{ behavior: { scaleDown: {} } }, /^spec\.behavior\.scaleDown: expected nothing/],
    [{ signals: [{ ...SIGNAL, band: { low: 1, high: 2 } }] }, /^spec\.signals\[0\]\.band: expected another rule/],
    [{ jobs: { custom: {} } }, /^spec\.jobs\.strategy: expected Custom beside jobs\.custom, got Default/],
  ];
  for (const [changes, expected] of cases) assert.match(errors(changes)[0] ?? "", expected);
  assert.match(errors({}, "n".repeat(64))[0] ?? "", /^metadata\.name: expected at most 63 characters/);
  const job = { jobTemplate: undefined, scaleTargetRef: { ...scaleTargetRef, kind: "Job" } };
  assert.match(errors(job).join("\n"), /scaleTargetRef\.kind: .*write jobTemplate in place of scaleTargetRef/);
});
