import assert from "node:assert/strict";
import { test } from "node:test";
import { type Account, decide, type Memory } from "../../src/core/index.ts";
import { renderWorkerPodAutoscalerStatus } from "../../src/formats/status.ts";
import { NOW, queueSituation } from "../support/situations.ts";

interface LastDecision {
  readonly time: string;
  readonly steps: readonly { readonly because: string }[];
}

function account(messages: number, current: number, { at = NOW, memory = {} as Memory } = {}): Account {
  const situation = queueSituation({ value: messages }, current, { memory });
  return {
    at,
    observedGeneration: 2,
    currentReplicas: current,
    availableReplicas: current - 1,
    decision: decide(situation),
    decidedAt: at,
    signals: situation.signals,
    conditions: [
      { type: "Ready", status: "True", reason: "Ready", message: "all is well" },
      { type: "ScalingActive", status: "True", reason: "ReadingsTrusted", message: `${messages} messages` },
    ],
    ...memory,
  };
}

test("the message of a condition is as long as Kubernetes takes one, and no longer", () => {
  const conditions = [
    { type: "Ready", status: "False", reason: "WorkloadMissing", message: "z".repeat(100_000) },
  ] as const;
  const status = renderWorkerPodAutoscalerStatus({ ...account(1, 1), conditions });
  assert.deepEqual(
    (status.conditions as { message: string }[]).map(({ message }) => message.length),
    [32_768],
  );
});

test("the original's fields are spelled as the original spells them", () => {
  const status = renderWorkerPodAutoscalerStatus(account(120, 3, { memory: { lastScaleAt: NOW - 60_000 } }));
  const { conditions, lastDecision, ...rest } = status;
  assert.deepEqual(rest, {
    observedGeneration: 2,
    CurrentMessages: 120,
    CurrentReplicas: 3,
    AvailableReplicas: 2,
    DesiredReplicas: 12,
    LastScaleTime: "2024-06-01T11:59:00Z",
  });
  assert.ok(conditions);
  assert.deepEqual(lastDecision, {
    time: "2024-06-01T12:00:00Z",
    from: 3,
    desiredReplicas: 12,
    direction: "up",
    reason: "SizeForBacklog",
    steps: [{ rule: "sizeForBacklog", from: 3, to: 12, because: "120 messages at 10 per worker need 12 replicas" }],
  });
});

test("LastScaleTime is absent until the first scaling, and unknown numbers are absent, not 0", () => {
  const { decision: _, decidedAt: __, currentReplicas: ___, availableReplicas: ____, ...unknown } = account(1, 1);
  const status = renderWorkerPodAutoscalerStatus({ ...unknown, signals: {} });
  assert.deepEqual(Object.keys(status).sort(), ["conditions", "observedGeneration"]);
});

test("what becomes unknown keeps its last known value", () => {
  const before = renderWorkerPodAutoscalerStatus(account(120, 12));
  const status = renderWorkerPodAutoscalerStatus({ ...account(120, 12), signals: {} }, before);
  assert.equal(status.CurrentMessages, 120);
});

test("a condition keeps its transition time until its status changes", () => {
  const before = renderWorkerPodAutoscalerStatus(account(120, 12));
  const later = { ...account(121, 12), at: NOW + 60_000 };
  const times = (status: Record<string, unknown>) =>
    (status.conditions as { lastTransitionTime: string }[]).map(({ lastTransitionTime }) => lastTransitionTime);
  assert.deepEqual(times(renderWorkerPodAutoscalerStatus(later, before)), times(before));
  const broken = {
    ...later,
    conditions: [{ type: "Ready", status: "False", reason: "NotFound", message: "gone" }] as const,
  };
  assert.deepEqual(times(renderWorkerPodAutoscalerStatus(broken, before)), ["2024-06-01T12:01:00Z"]);
});

test("the same number by the same rules keeps the decision's time, and its sentences speak of what is read now", () => {
  const before = renderWorkerPodAutoscalerStatus(account(118, 12)) as { lastDecision: LastDecision };
  const after = renderWorkerPodAutoscalerStatus(account(113, 12, { at: NOW + 60_000 }), before);
  const { time, steps } = after.lastDecision as LastDecision;
  assert.equal(time, before.lastDecision.time);
  assert.match(steps[0]?.because ?? "", /\b113 messages\b/);
  assert.equal(after.CurrentMessages, 113);
});

test("in the steady state the status does not change at all", () => {
  const before = renderWorkerPodAutoscalerStatus(account(118, 12));
  assert.deepEqual(renderWorkerPodAutoscalerStatus(account(118, 12, { at: NOW + 60_000 }), before), before);
});

test("another number, rule or direction is another decision", () => {
  const before = renderWorkerPodAutoscalerStatus(account(120, 12));
  for (const changed of [
    account(300, 12, { at: NOW + 1000 }),
    account(0, 12, { at: NOW + 1000 }),
    account(0, 12, { at: NOW + 1000, memory: { lastScaleAt: NOW } }),
  ]) {
    const { lastDecision } = renderWorkerPodAutoscalerStatus(changed, before);
    assert.notDeepEqual(lastDecision, before.lastDecision);
  }
});

test("a status that somebody else garbled is written anew", () => {
  const status = renderWorkerPodAutoscalerStatus(account(1, 1), { conditions: "x", lastDecision: { steps: null } });
  assert.equal((status.conditions as unknown[]).length, 2);
  assert.ok((status.lastDecision as { steps: unknown[] }).steps.length > 0);
});

test("the last scaling is kept by a process that knows of none", () => {
  const lastScaling = { at: NOW, from: 3, to: 12, reason: "120 messages at 10 per worker need 12 replicas" };
  const before = renderWorkerPodAutoscalerStatus({ ...account(120, 12), lastScaling });
  const stored = { time: "2024-06-01T12:00:00Z", from: 3, to: 12, reason: lastScaling.reason };
  assert.deepEqual(before.lastScaling, stored);
  assert.deepEqual(renderWorkerPodAutoscalerStatus(account(120, 12), before).lastScaling, stored);
});
