import type { Mutable, Situation } from "../decision.ts";
import { isDoubtful, type JudgedSignal } from "../judge.ts";
import type { Instant } from "../reading.ts";
import { counted } from "../wording.ts";
import { arrivalsOf } from "./recommend.ts";
import type { Outcome, Rule } from "./rule.ts";

/**
 * The steps between zero and one replica: while any signal is active there is at least one; when none has been for the
 * cool-down, all go at once, despite windows and rates. A signal in doubt keeps the present replicas.
 */
export const scaleToZero: Rule = {
  name: "scaleToZero",
  apply(replicas, { situation, signals }) {
    const { scaleToZero: terms, minReplicas } = situation.autoscaler;
    if (terms === undefined || minReplicas > 0) return undefined;
    const { currentReplicas } = situation;
    const active = signals.find((judged) => isActive(judged, currentReplicas));
    if (active !== undefined) return awake(replicas, active, situation, terms);
    if (currentReplicas === 0) return asleep(replicas, situation);
    const least = Math.max(terms.activeReplicas, replicas);
    if (!isDisabled("scaleDown", situation, terms) && !signals.some(isDoubtful))
      return inactive(least, situation, terms);
    return least === replicas ? undefined : { replicas: least, because: "not all replicas may go" };
  },
};

type Terms = NonNullable<Situation["autoscaler"]["scaleToZero"]>;

function isDisabled(way: "scaleUp" | "scaleDown", { autoscaler }: Situation, { despiteDisabled }: Terms): boolean {
  return !despiteDisabled && autoscaler.behavior?.[way]?.selectPolicy === "Disabled";
}

function awake(replicas: number, { signal }: JudgedSignal, situation: Situation, terms: Terms): Outcome {
  const { memory, currentReplicas, now } = situation;
  const activity = memory.activity?.active ? memory.activity : { active: true, since: now };
  const remembered = { ...memory, activity };
  const { activeReplicas } = terms;
  const least = isDisabled("scaleUp", situation, terms) ? Math.min(currentReplicas, activeReplicas) : activeReplicas;
  if (replicas >= least) return { replicas, because: "", silent: true, memory: remembered };
  const because = `${signal.name} is active: at least ${counted(least, "replica")}`;
  return { replicas: least, because, memory: remembered };
}

/** While nothing runs there is no HorizontalPodAutoscaler that recommends anything. */
function asleep(replicas: number, { memory, now }: Situation): Outcome {
  const outcome: Mutable<Outcome> = { replicas: 0, because: "no signal is active" };
  if (replicas === 0) outcome.silent = true;
  const recommendations = memory.recommendations?.filter(({ at }) => at !== now);
  if (recommendations !== undefined) outcome.memory = { ...memory, recommendations };
  return outcome;
}

function inactive(least: number, { autoscaler, memory, now }: Situation, terms: Terms): Outcome {
  // It was active until the decision before this one.
  const activity = memory.activity?.active ? { active: false, since: now } : memory.activity;
  const ended = activity?.since ?? memory.lastScaleAt;
  const until = endOfWait(ended, autoscaler.origin.createdAt, terms);
  const outcome: Mutable<Outcome> =
    until > now
      ? {
          replicas: least,
          because: `no signal is active, and all replicas go in ${Math.ceil((until - now) / 1000)} s`,
          limited: "CoolDown",
          reconsiderAt: until,
        }
      : { replicas: 0, because: "no signal is active" };
  if (activity !== memory.activity) outcome.memory = { ...memory, ...(activity && { activity }) };
  return outcome;
}

function endOfWait(ended: Instant | undefined, createdAt: Instant | undefined, terms: Terms): Instant {
  if (ended !== undefined) return ended + terms.cooldownSeconds * 1000;
  return createdAt === undefined ? Number.NEGATIVE_INFINITY : createdAt + terms.initialCooldownSeconds * 1000;
}

/** What falls back counts as active, and so do messages in flight that a rule keeps replicas for; of a rate, those that wait. */
function isActive({ signal, reading, fallsBack }: JudgedSignal, currentReplicas: number): boolean {
  if (fallsBack) return true;
  const above = signal.activeAbove ?? 0;
  if (reading === undefined) return false;
  if (reading.value > above) return true;
  const { rule } = signal;
  if ((rule.kind === "backlog" || rule.kind === "perReplica") && rule.concurrency !== undefined) {
    return currentReplicas > 0 && (reading.inFlight ?? 0) > 0;
  }
  return rule.kind === "throughput" && (arrivalsOf(reading) ?? 0) / 60 > above;
}
