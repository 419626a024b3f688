import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, InternPool, type Situation } from "../../src/core/index.ts";
import type { AutoscalerState } from "../../src/engine/conditions.ts";
import { accountOf, type ReportBasis, wouldChange } from "../../src/engine/status-reporter.ts";
import { renderWorkerPodAutoscalerStatus } from "../../src/formats/status.ts";
import { NOW, queueSituation } from "../support/situations.ts";

function told(situation: Situation, previous: Readonly<Record<string, unknown>> = {}) {
  const { autoscaler, signals, memory, currentReplicas: replicas } = situation;
  const state: AutoscalerState = {
    ...{ autoscaler, signals, problems: [], refused: [], dryRun: false, decision: decide(situation) },
    workload: { state: "present", uid: "u", resourceVersion: "1", replicas, rivals: [] },
    ...{ refusedFor: undefined, lastScaling: undefined, writeFailure: undefined, internalError: undefined },
  };
  const made: ReportBasis = {
    at: NOW,
    origin: { kind: "WorkerAutoscaler", namespace: "shop", name: "mail", generation: 1 },
    memory,
    decidedAt: NOW,
    waiting: new Set(),
  };
  let asked = 0;
  const ask: typeof decide = (other) => {
    asked += 1;
    return decide(other);
  };
  const changes = wouldChange(state, made, ask);
  assert.equal(asked, 0, "nothing is reckoned before somebody writes it down");
  const account = { ...accountOf(state, made, new InternPool()), ...(changes && { wouldChange: changes }) };
  const status = renderWorkerPodAutoscalerStatus(account, previous);
  return { status, changes: (status.lastDecision as { wouldChange?: readonly string[] }).wouldChange, asked };
}

test("a number that is what the signals ask for: the numbers that would make it another", () => {
  assert.deepEqual(told(queueSituation({ value: 45 }, 5)).changes, [
    "queue: 51 would make it 6",
    "queue: 40 would make it 4",
  ]);
});

test("a number that a cool-down holds: when it ends, to the second and not before, and what it would be without", () => {
  const memory = { lastScaleAt: NOW - 386_000 };
  assert.deepEqual(told(queueSituation({ value: 11 }, 4, { memory })).changes, [
    "from 2024-06-01T12:03:35Z on it would be 2, if the signals stay the same",
    "queue: 41 would make it 5",
    "without coolDownSeconds it would be 2",
  ]);
});

test("what would change a decision is not computed again while the status has the same one of the same values", () => {
  const { status, changes } = told(queueSituation({ value: 45 }, 5));
  const again = told(queueSituation({ value: 45 }, 5), status);
  assert.equal(again.asked, 0);
  assert.deepEqual(again.changes, changes);
});
