import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account, Memory, SignalState } from "../../src/core/index.ts";
import { renderWorkerAutoscalerStatus } from "../../src/formats/status.ts";
import { drainRule } from "../support/drains.ts";
import { NOW } from "../support/situations.ts";
import { decidedFor, failing, fresh, PER_TEN, signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

const TWO = workerAutoscaler({ signals: [signalWith("lag", PER_TEN), signalWith("rate", PER_TEN)] });

function account(
  current: number,
  signals: Readonly<Record<string, SignalState>>,
  { at = NOW, memory = {} as Memory, more = {} as Partial<Account> } = {},
): Account {
  const decision = decidedFor(TWO, current, signals, { memory, now: at });
  return {
    ...{ at, observedGeneration: 4, currentReplicas: current, availableReplicas: current, decision, decidedAt: at },
    signals,
    conditions: [{ type: "Ready", status: "True", reason: "ReadyForNewScale", message: "all is well" }],
    ...more,
  };
}

test("it says what each signal said, what was decided and why, and when it was last scaled", () => {
  const lastScaling = { at: NOW - 90_000, from: 1, to: 3, reason: "lag: 25 at 10 per replica need 3 replicas" };
  const more = { lastScaleAt: NOW - 90_000, lastScaling };
  const status = renderWorkerAutoscalerStatus(account(3, { lag: fresh(70), rate: fresh(0) }, { more }));
  assert.deepEqual(status, {
    observedGeneration: 4,
    currentReplicas: 3,
    availableReplicas: 3,
    desiredReplicas: 7,
    lastScaleTime: "2024-06-01T11:58:30Z",
    conditions: [
      {
        ...{ type: "Ready", status: "True", reason: "ReadyForNewScale", message: "all is well" },
        lastTransitionTime: "2024-06-01T12:00:00Z",
      },
    ],
    signals: [
      { name: "lag", trust: "ok", value: 70, since: "2024-06-01T12:00:00Z", recommendedReplicas: 7 },
      { name: "rate", trust: "zero", value: 0, since: "2024-06-01T12:00:00Z", recommendedReplicas: 0 },
    ],
    lastDecision: {
      ...{ time: "2024-06-01T12:00:00Z", from: 3, desiredReplicas: 7, direction: "up", reason: "TakeLargest" },
      steps: [
        {
          ...{ rule: "takeLargest", from: 3, to: 7 },
          because: "lag: 70 at 10 per replica need 7 replicas (the largest of 2 signals)",
        },
      ],
    },
    lastScaling: {
      time: "2024-06-01T11:58:30Z",
      from: 1,
      to: 3,
      reason: "lag: 25 at 10 per replica need 3 replicas",
    },
  });
});

test("what cannot be trusted is shown with when it was last read and what went wrong", () => {
  const lag = { ...failing(30), ...fresh(40, NOW - 45_000) };
  const status = renderWorkerAutoscalerStatus(account(3, { lag, rate: fresh(50, NOW - 300_000) }));
  assert.deepEqual(status.signals, [
    {
      ...{ name: "lag", trust: "failing", value: 40, since: "2024-06-01T12:00:00Z", recommendedReplicas: 4 },
      ...{ lastReadTime: "2024-06-01T11:59:15Z", message: "connection refused" },
    },
    {
      ...{ name: "rate", trust: "stale", value: 50, since: "2024-06-01T12:00:00Z", recommendedReplicas: 5 },
      lastReadTime: "2024-06-01T11:55:00Z",
    },
  ]);
});

test("while nothing changes nothing in it changes, however often it is read", () => {
  const first = renderWorkerAutoscalerStatus(account(7, { lag: fresh(70), rate: fresh(0) }));
  const later = NOW + 600_000;
  const states = { lag: fresh(70, later), rate: fresh(0, later) };
  assert.deepEqual(renderWorkerAutoscalerStatus(account(7, states, { at: later }), first), first);
});

test("a process that has not scaled yet keeps what another one said of the last scaling", () => {
  const lastScaling = { time: "2024-06-01T11:00:00Z", from: 1, to: 7, reason: "lag" };
  const status = renderWorkerAutoscalerStatus(account(7, { lag: fresh(70), rate: fresh(0) }), { lastScaling });
  assert.deepEqual(status.lastScaling, lastScaling);
});

test("what a drain rule has learned is told, and written anew only where it moved by more than a little, is twice as sure, or after ten minutes", () => {
  const drainer = workerAutoscaler({ signals: [signalWith("lag", drainRule())] });
  const learnedNow = (secondsPerMessage: number, messages: number, previous = {}, at = NOW) => {
    const memory = { drains: { lag: { learned: { secondsPerMessage, messages, at: at - 12_000 } } } };
    const signals = { lag: fresh(70, at) };
    const decision = decidedFor(drainer, 3, signals, { memory, now: at });
    const status = renderWorkerAutoscalerStatus({ at, decision, decidedAt: at, signals, conditions: [] }, previous);
    return { status, learned: (status.signals as { learned?: unknown }[])[0]?.learned };
  };
  const first = learnedNow(1.9123, 340);
  assert.deepEqual(first.learned, { secondsPerMessage: 1.9, messages: 340, time: "2024-06-01T11:59:48Z" });
  const later = NOW + 300_000;
  assert.deepEqual(learnedNow(2.05, 500, first.status, later).learned, first.learned);
  const told = { messages: 500, time: "2024-06-01T12:04:48Z" };
  assert.deepEqual(learnedNow(2.4, 500, first.status, later).learned, { secondsPerMessage: 2.4, ...told });
  assert.deepEqual(learnedNow(1.9, 700, first.status, later).learned, {
    secondsPerMessage: 1.9,
    ...told,
    messages: 700,
  });
  const muchLater = learnedNow(1.92, 350, first.status, NOW + 600_000).learned;
  assert.deepEqual(muchLater, { secondsPerMessage: 1.9, messages: 350, time: "2024-06-01T12:09:48Z" });
});
