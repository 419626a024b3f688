import type { ScalingRules } from "../autoscaler.ts";
import type { Memory, Mutable, Situation } from "../decision.ts";
import type { Instant } from "../reading.ts";
import { counted } from "../wording.ts";
import type { Outcome, Rule } from "./rule.ts";

type Policy = ScalingRules["policies"][number];
const NONE: NonNullable<Memory["scalings"]> = [];

/** autoscaling/v2's policies: how many replicas may come or go within a period, counted from its beginning. */
export const limitRate: Rule = {
  name: "limitRate",
  apply(replicas, { situation }) {
    const { autoscaler, currentReplicas } = situation;
    const up = replicas > currentReplicas;
    const rules = up ? autoscaler.behavior?.scaleUp : autoscaler.behavior?.scaleDown;
    if (rules === undefined || replicas === currentReplicas) return undefined;
    const limit = up
      ? Math.max(currentReplicas, upLimit(rules, situation))
      : Math.min(currentReplicas, downLimit(rules, situation));
    // A limit at or beyond the bound is not reported: the bound is what limits.
    const isAllowed = up
      ? replicas <= limit || limit >= autoscaler.maxReplicas
      : replicas >= limit || limit <= autoscaler.minReplicas;
    // What is allowed now may no longer be once an opposite scaling has left its period.
    const outcome: Mutable<Outcome> = isAllowed
      ? { replicas, because: "", silent: true }
      : { replicas: limit, because: explained(rules, up, limit), limited: up ? "ScaleUpLimit" : "ScaleDownLimit" };
    const reconsiderAt = rules.selectPolicy === "Disabled" && !isAllowed ? undefined : reconsider(rules, situation);
    if (reconsiderAt !== undefined) outcome.reconsiderAt = reconsiderAt;
    return outcome;
  },
};

function upLimit({ selectPolicy, policies }: ScalingRules, situation: Situation): number {
  if (selectPolicy === "Disabled") return situation.currentReplicas;
  if (policies.length === 0) return Number.POSITIVE_INFINITY;
  // From zero a percentage leads nowhere: of a workload that may sleep it counts from one.
  const least = situation.autoscaler.minReplicas === 0 ? 1 : Number.NEGATIVE_INFINITY;
  const limits = policies.map((policy) => {
    const start = periodStart(policy, situation);
    if (policy.type === "Pods") return start + policy.value;
    return Math.ceil(Math.max(least, start) * (1 + policy.value / 100));
  });
  return selectPolicy === "Min" ? Math.min(...limits) : Math.max(...limits);
}

function downLimit({ selectPolicy, policies }: ScalingRules, situation: Situation): number {
  if (selectPolicy === "Disabled") return situation.currentReplicas;
  if (policies.length === 0) return 0;
  const limits = policies.map((policy) => {
    const start = periodStart(policy, situation);
    return policy.type === "Pods" ? start - policy.value : Math.trunc(start * (1 - policy.value / 100));
  });
  return selectPolicy === "Min" ? Math.max(...limits) : Math.min(...limits);
}

/** Replicas at the beginning of the policy's period. */
function periodStart({ periodSeconds }: Policy, { currentReplicas, memory, now }: Situation): number {
  const since = now - periodSeconds * 1000;
  let start = currentReplicas;
  for (const { at, change } of memory.scalings ?? NONE) if (at > since) start -= change;
  return start;
}

function explained(rules: ScalingRules, up: boolean, limit: number): string {
  const way = up ? "up" : "down";
  if (rules.selectPolicy === "Disabled") {
    return `scaling ${way} is disabled: ${counted(limit, "replica")} stay`;
  }
  const written = rules.policies.map(({ type, value, periodSeconds }) =>
    type === "Pods" ? `${value} in ${periodSeconds} s` : `${value} % in ${periodSeconds} s`,
  );
  return `policies for scaling ${way} (${written.join(", ")}; ${rules.selectPolicy}) allow ${limit} now`;
}

/** When the next scaling leaves a policy's period, and so may allow more. */
function reconsider({ policies }: ScalingRules, { memory, now }: Situation): Instant | undefined {
  let first: Instant | undefined;
  for (const { periodSeconds } of policies) {
    for (const { at } of memory.scalings ?? NONE) {
      const end = at + periodSeconds * 1000;
      if (end > now && (first === undefined || end < first)) first = end;
    }
  }
  return first;
}

/** The limit of an HPA without `behavior`: one scale-up at most doubles the replicas, and may always go to four. */
export const limitGrowth: Rule = {
  name: "limitGrowth",
  apply(replicas, { situation: { currentReplicas } }) {
    const limit = Math.max(2 * currentReplicas, 4);
    if (replicas <= limit) return undefined;
    return {
      replicas: limit,
      because: `one scale-up goes from ${currentReplicas} to ${limit} at most`,
      limited: "ScaleUpLimit",
    };
  },
};
