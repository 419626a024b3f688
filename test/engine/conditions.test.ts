import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../src/core/index.ts";
import { type AutoscalerState, conditionsOf } from "../../src/engine/conditions.ts";
import { incidentsBetween } from "../../src/engine/incidents.ts";
import { parsedAutoscaler } from "../support/controller-world.ts";

const { autoscaler } = parsedAutoscaler("mail");
const decision: Decision = { desiredReplicas: 2, direction: "none", steps: [], signals: [], memory: {} };
const fine: AutoscalerState = {
  autoscaler,
  problems: [],
  workload: { state: "present", uid: "u", resourceVersion: "1", replicas: 2, rivals: [] },
  refusedFor: undefined,
  refused: [],
  signals: { queue: { reading: { at: 0, value: 20 } } },
  decision,
  lastScaling: undefined,
  writeFailure: undefined,
  internalError: undefined,
  dryRun: false,
};
const said = (more: Partial<AutoscalerState>) =>
  conditionsOf({ ...fine, ...more }).map(({ type, status, reason }) => `${type}=${status} ${reason}`);

test("all is well", () => {
  assert.deepEqual(said({}), [
    "Ready=True ReadyForNewScale",
    "ScalingActive=True ValidMetricFound",
    "ScalingLimited=False DesiredWithinRange",
  ]);
});

test("an autoscaler that can read nothing is not ready, and of several signals one is enough", () => {
  const failing = { failure: { kind: "TimedOut", message: "expected an answer within 3 s" } } as const;
  assert.deepEqual(said({ signals: { queue: failing } }).slice(0, 2), [
    "Ready=False QueueUnreadable",
    "ScalingActive=False QueueUnreadable",
  ]);
  const [signal] = autoscaler.signals;
  assert.ok(signal !== undefined);
  const two = { ...autoscaler, signals: [signal, { ...signal, name: "other" }] };
  const other = { reading: { at: 0, value: 3 } };
  assert.deepEqual(said({ autoscaler: two, signals: { queue: failing, other } }).slice(0, 2), [
    "Ready=True ReadyForNewScale",
    "ScalingActive=False QueueUnreadable",
  ]);
  assert.equal(
    said({ autoscaler: { ...autoscaler, mode: "Paused" }, signals: { queue: failing } })[0],
    "Ready=True Paused",
  );
});

test("ScalingLimited claims nothing of the signals while the fallback sets the number", () => {
  const fallback = { replicas: 4, since: 0, signals: ["queue"], noDataSince: 0 };
  const [, , limited] = conditionsOf({ ...fine, decision: { ...decision, fallback } });
  assert.equal(limited?.message, "no limit holds the desired number");
});

test("what cannot be read is one event when it begins and one when it ends, and Ready has the failure in words", () => {
  const at = (message?: string) =>
    conditionsOf({
      ...fine,
      signals: {
        queue: message === undefined ? { reading: { at: 0, value: 1 } } : { failure: { kind: "TimedOut", message } },
      },
    });
  assert.deepEqual(
    incidentsBetween(at(), at("after 3 s")).map(({ reason }) => reason),
    ["QueueUnreadable"],
  );
  assert.deepEqual(incidentsBetween(at("after 3 s"), at("after 4 s")), []);
  assert.equal(at("after 3 s")[0]?.message, "queue: TimedOut: after 3 s");
  assert.deepEqual(
    incidentsBetween(at("after 4 s"), at()).map(({ reason }) => reason),
    ["Recovered"],
  );
});

test("a missing workload hides no source's failure, and ScalingActive says itself why nothing is scaled", () => {
  const missing = { workload: { state: "missing" }, decision: undefined } as const;
  const signals = { queue: { failure: { kind: "Unauthorized", message: "wrong password" } } } as const;
  const both = conditionsOf({ ...fine, ...missing, signals });
  assert.deepEqual(
    both.slice(0, 2).map(({ type, reason }) => `${type} ${reason}`),
    ["Ready WorkloadMissing", "ScalingActive QueueUnreadable"],
  );
  assert.equal(both[1]?.message, "queue: Unauthorized: wrong password");
  assert.deepEqual(
    incidentsBetween([], both).map(({ reason }) => reason),
    ["WorkloadMissing", "QueueUnreadable"],
  );
  const [, active] = conditionsOf({ ...fine, ...missing });
  assert.equal(active?.reason, "NotReady");
  assert.match(active?.message ?? "", /^nothing is scaled, as Deployment shop\/mail does not exist; create it/);
});

test("an autoscaler that can read nothing still says that another one wants its workload", () => {
  const signals = { queue: { failure: { kind: "TimedOut", message: "after 3 s" } } } as const;
  const refused = [parsedAutoscaler("other").autoscaler];
  const [ready] = conditionsOf({ ...fine, signals, refused });
  assert.equal(`${ready?.status} ${ready?.reason}`, "False QueueUnreadable");
  assert.match(
    ready?.message ?? "",
    /^queue: TimedOut: after 3 s; WorkerPodAutoScaler shop\/other would scale the same/,
  );
});

test("a reason is one word in PascalCase, and a message says something, however things stand", () => {
  const others = parsedAutoscaler("other").autoscaler;
  const standings: Partial<AutoscalerState>[] = [
    {},
    { autoscaler: undefined, problems: [{ path: "spec", message: "expected a mapping, got 3" }] },
    { refusedFor: others },
    { refused: [others] },
    { workload: { state: "missing" } },
    { workload: { state: "unknown", because: "not synced" } },
    { writeFailure: { kind: "Forbidden", message: "403" } },
    { internalError: "oops" },
    { dryRun: true },
    { autoscaler: { ...autoscaler, mode: "Paused" } },
    { decision: undefined },
    { decision: { ...decision, limited: { reason: "TooManyReplicas", message: "at most 2 replicas" } } },
    { signals: { queue: { failure: { kind: "TimedOut", message: "10 s" } } } },
    { signals: {} },
  ];
  for (const standing of standings) {
    for (const { reason, message, status } of conditionsOf({ ...fine, ...standing })) {
      assert.match(reason, /^([A-Z][a-z]+)+$/);
      assert.match(status, /^(True|False|Unknown)$/);
      assert.ok(message.length > 10 && !message.includes("undefined"), message);
    }
  }
});

test("warnings let an autoscaler run, and are said", () => {
  const problems = [
    { path: "spec.minReplicas", message: "5 is more than maxReplicas, 2", severity: "warning" as const },
  ];
  assert.equal(said({ problems })[0], "Ready=True AcceptedWithWarnings");
});

test("what a look could not find out is said although the rest was read", () => {
  const doubts = [{ kind: "Unauthorized" as const, message: "cloudwatch:GetMetricData is not allowed" }];
  const standing = { ...fine, signals: { queue: { reading: { at: 0, value: 1, doubts } } } };
  assert.equal(said(standing)[1], "ScalingActive=True PartlyReadable");
  const incidents = incidentsBetween(conditionsOf(fine), conditionsOf(standing));
  assert.deepEqual(
    incidents.map(({ type, reason }) => [type, reason]),
    [["Warning", "PartlyReadable"]],
  );
});

test("a pause is no trouble, and its end is no recovery", () => {
  const paused = conditionsOf({ ...fine, autoscaler: { ...autoscaler, mode: "Paused" } });
  assert.deepEqual(incidentsBetween(conditionsOf(fine), paused), []);
  assert.deepEqual(incidentsBetween(paused, conditionsOf(fine)), []);
});

test("that more workers would not help is an event, once, and so is its end", () => {
  const stalled = (message: string) =>
    conditionsOf({ ...fine, decision: { ...decision, limited: { reason: "Stalled", message } } });
  const first = stalled("queue: the oldest has waited 90 s, but none was finished for 100 s");
  const [begun, ...more] = incidentsBetween(conditionsOf(fine), first);
  assert.deepEqual([begun?.type, begun?.reason, more.length], ["Warning", "Stalled", 0]);
  assert.match(begun?.message ?? "", /none was finished for 100 s/);
  assert.deepEqual(incidentsBetween(first, stalled("queue: the oldest has waited 99 s")), []);
  const [ended] = incidentsBetween(first, conditionsOf(fine));
  assert.deepEqual([ended?.type, ended?.reason], ["Normal", "Recovered"]);
  const limit = { reason: "TooManyReplicas", message: "maxReplicas is 3" };
  assert.deepEqual(
    incidentsBetween(conditionsOf(fine), conditionsOf({ ...fine, decision: { ...decision, limited: limit } })),
    [],
  );
});
