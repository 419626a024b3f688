import type { Account, Condition, Decision, Instant, Memory } from "../core/index.ts";
import { conditionsOf } from "./conditions.ts";
import type { Standing } from "./standing.ts";

/** When and from what an account was made. */
export interface Accounting {
  readonly at: Instant;
  readonly generation: number | undefined;
  readonly memory: Memory;
  readonly decidedAt: Instant | undefined;
}

/** What the controller has to say about one autoscaler, given how it stands. */
export function accountOf(standing: Standing, made: Accounting): Account {
  const { workload, decision, signals, lastScaling } = standing;
  return {
    at: made.at,
    ...(made.generation === undefined ? {} : { observedGeneration: made.generation }),
    ...(workload.state === "present" ? { currentReplicas: workload.replicas } : {}),
    ...(workload.state === "present" && workload.availableReplicas !== undefined
      ? { availableReplicas: workload.availableReplicas }
      : {}),
    ...(decision === undefined ? {} : { decision }),
    ...(decision === undefined || made.decidedAt === undefined ? {} : { decidedAt: made.decidedAt }),
    ...(made.memory.lastScaleAt === undefined ? {} : { lastScaleAt: made.memory.lastScaleAt }),
    ...(lastScaling === undefined ? {} : { lastScaling }),
    signals,
    conditions: conditionsOf(standing),
  };
}

/** Whether two accounts differ in nothing that is worth telling: times and ages pass all the time. */
export function saysTheSame(one: Account, other: Account): boolean {
  return fingerprint(one) === fingerprint(other);
}

function fingerprint(account: Account): string {
  return JSON.stringify([
    account.observedGeneration,
    account.currentReplicas,
    account.availableReplicas,
    account.lastScaleAt,
    account.conditions.map(conditionFingerprint),
    decisionFingerprint(account.decision),
    Object.entries(account.signals).map(([name, { reading, failure }]) => [name, reading?.value, failure?.kind]),
  ]);
}

/** Ready's message speaks of names, the others' of ages and numbers. */
function conditionFingerprint({ type, status, reason, message }: Condition) {
  return [type, status, reason, type === "Ready" ? message : ""];
}

function decisionFingerprint(decision: Decision | undefined) {
  return [
    decision?.desiredReplicas,
    decision?.steps.map(({ rule, from, to }) => [rule, from, to]),
    decision?.signals.map(({ trust, recommendedReplicas }) => [trust, recommendedReplicas]),
  ];
}
