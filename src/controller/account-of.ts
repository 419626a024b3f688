import type { Account, Alike, Condition, Instant, Memory, Mutable } from "../core/index.ts";
import { conditionsOf } from "./conditions.ts";
import type { Standing } from "./standing.ts";

/** When and from what an account was made. */
export interface Accounting {
  readonly at: Instant;
  readonly generation: number | undefined;
  readonly memory: Memory;
  readonly decidedAt: Instant | undefined;
  /** Names of signals whose source is being waited on. */
  readonly waiting: ReadonlySet<string>;
}

/** What the controller has to say about one autoscaler, given how it stands; of `alike` is what others say too. */
export function accountOf(standing: Standing, made: Accounting, alike: Alike<readonly Condition[]>): Account {
  const { autoscaler, workload, decision, signals, lastScaling } = standing;
  const bounds = decision?.bounds ?? autoscaler;
  const account: Mutable<Account> = {
    at: made.at,
    signals,
    conditions: alike.of(conditionsOf(standing)),
  };
  if (made.generation !== undefined) account.observedGeneration = made.generation;
  if (made.memory.lastScaleAt !== undefined) account.lastScaleAt = made.memory.lastScaleAt;
  if (lastScaling !== undefined) account.lastScaling = lastScaling;
  if (bounds !== undefined) {
    account.minReplicas = bounds.minReplicas;
    account.maxReplicas = bounds.maxReplicas;
  }
  if (workload.state === "present") {
    account.currentReplicas = workload.replicas;
    if (workload.availableReplicas !== undefined) account.availableReplicas = workload.availableReplicas;
  }
  if (decision !== undefined) {
    account.decision = decision;
    if (made.decidedAt !== undefined) account.decidedAt = made.decidedAt;
  }
  return account;
}
