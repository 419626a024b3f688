import type { Autoscaler, Signal } from "./autoscaler.ts";
import type { Decision, FallbackInForce, Memory, Mutable, SignalVerdict, Situation, Step } from "./decision.ts";
import { isDoubtful, type JudgedSignal, judge } from "./judge.ts";
import { PROFILES } from "./profiles.ts";
import type { Instant } from "./reading.ts";
import { withFallback } from "./rules/fall-back.ts";
import type { Deliberation, LimitReason, Outcome } from "./rules/rule.ts";

/** How many replicas the workload should have, and why: the autoscaler's rules, applied in their order. */
export function decide(situation: Situation): Decision {
  const { currentReplicas } = situation;
  const progress = begin(currentReplicas, situation.memory);
  const { signals: judged } = applyRules(deliberate(withScheduledBounds(situation)), progress);
  let { reconsiderAt } = progress;
  // Just as long as it has to be: what is pushed one by one has room for sixteen more.
  const signals: SignalVerdict[] = new Array(judged.length);
  for (let index = 0; index < judged.length; index += 1) {
    const one = judged[index] as JudgedSignal;
    reconsiderAt = earliest(reconsiderAt, one.reconsiderAt);
    signals[index] = verdict(one, progress.recommended[index], progress.memory);
  }
  const { replicas: desiredReplicas, steps, memory, limited, fallback, wantsWorkers, leaving } = progress;
  const direction = directionOf(desiredReplicas - currentReplicas);
  const { bounds } = situation;
  if (bounds !== undefined || fallback !== undefined || wantsWorkers !== undefined || leaving !== undefined) {
    const some = { bounds, fallback, limited, reconsiderAt, wantsWorkers, leaving };
    return withKnown({ desiredReplicas, direction, steps, signals, memory }, some);
  }
  // Whole literals are quicker made and smaller than objects that get their fields one by one.
  if (reconsiderAt === undefined) {
    return limited === undefined
      ? { desiredReplicas, direction, steps, signals, memory }
      : { desiredReplicas, direction, steps, signals, memory, limited };
  }
  return limited === undefined
    ? { desiredReplicas, direction, steps, signals, memory, reconsiderAt }
    : { desiredReplicas, direction, steps, signals, memory, limited, reconsiderAt };
}

/** Asks each rule in its turn. Returns what the last one saw. */
function applyRules(first: Deliberation, progress: Progress): Deliberation {
  let deliberation = first;
  let isFinal = false;
  for (const rule of PROFILES[first.situation.autoscaler.profile]) {
    if (isFinal && rule.always === undefined) continue;
    const outcome = rule.apply(progress.replicas, deliberation);
    if (outcome === undefined) continue;
    take(progress, rule.name, outcome);
    isFinal ||= outcome.final === true;
    if (outcome.memory !== undefined) deliberation = remembering(outcome.memory, deliberation);
  }
  return deliberation;
}

type Optional = "bounds" | "fallback" | "limited" | "reconsiderAt" | "wantsWorkers" | "leaving";

function withKnown(
  decision: Mutable<Decision>,
  {
    bounds,
    fallback,
    limited,
    reconsiderAt,
    wantsWorkers,
    leaving,
  }: { readonly [Field in Optional]: Decision[Field] | undefined },
): Decision {
  if (bounds !== undefined) decision.bounds = bounds;
  if (fallback !== undefined) decision.fallback = fallback;
  if (limited !== undefined) decision.limited = limited;
  if (reconsiderAt !== undefined) decision.reconsiderAt = reconsiderAt;
  if (wantsWorkers !== undefined) decision.wantsWorkers = wantsWorkers;
  if (leaving !== undefined) decision.leaving = leaving;
  return decision;
}

/** The rules that follow see what the ones before them noted. */
function remembering(memory: Memory, { situation, signals, doubt }: Deliberation): Deliberation {
  const noted: Mutable<Situation> = { ...situation };
  noted.memory = memory;
  return doubt === undefined ? { situation: noted, signals } : { situation: noted, signals, doubt };
}

function withScheduledBounds(situation: Situation): Situation {
  const { bounds } = situation;
  if (bounds === undefined) return situation;
  const { minReplicas, maxReplicas } = bounds;
  const autoscaler: Mutable<Autoscaler> = { ...situation.autoscaler };
  autoscaler.minReplicas = minReplicas;
  autoscaler.maxReplicas = maxReplicas;
  const bounded: Mutable<Situation> = { ...situation };
  bounded.autoscaler = autoscaler;
  return bounded;
}

function deliberate(situation: Situation): Deliberation {
  const { autoscaler, now } = situation;
  const signals: JudgedSignal[] = new Array(autoscaler.signals.length);
  let doubt: string | undefined;
  for (let index = 0; index < signals.length; index += 1) {
    const signal = autoscaler.signals[index] as Signal;
    const judged = withFallback(judge(signal, situation.signals[signal.name], now), situation);
    signals[index] = judged;
    if (doubt === undefined && isDoubtful(judged)) doubt = judged.doubt;
  }
  doubt ??= doubtOfRate(autoscaler, signals);
  return doubt === undefined ? { situation, signals } : { situation, signals, doubt };
}

/** Where arrivals keep workers busy, a poll that could not count them must not lower the number. */
function doubtOfRate(autoscaler: Autoscaler, signals: readonly JudgedSignal[]): string | undefined {
  const everywhere = (autoscaler.secondsPerMessage ?? 0) > 0;
  for (const { reading, signal } of signals) {
    const failure = reading?.doubts?.[0];
    if (failure === undefined || !(everywhere || signal.rule.kind === "throughput")) continue;
    return `the arrivals at ${signal.name} are not known (${failure.kind}: ${failure.message})`;
  }
  return undefined;
}

/** The number on its way from current to desired. Literals, not a class: a rehearsal makes a million of them a second. */
interface Progress {
  replicas: number;
  memory: Memory;
  recommended: NonNullable<Outcome["recommended"]>;
  limited: { reason: LimitReason; message: string } | undefined;
  reconsiderAt: Instant | undefined;
  fallback: FallbackInForce | undefined;
  wantsWorkers: true | undefined;
  leaving: readonly string[] | undefined;
  steps: readonly Step[];
}

const NOTHING: readonly undefined[] = [];

function begin(replicas: number, memory: Memory): Progress {
  return {
    replicas,
    memory,
    recommended: NOTHING,
    limited: undefined,
    reconsiderAt: undefined,
    fallback: undefined,
    wantsWorkers: undefined,
    leaving: undefined,
    steps: [],
  };
}

function take(progress: Progress, rule: string, outcome: Outcome): void {
  const { replicas: from } = progress;
  const { replicas: to, because } = outcome;
  if (!outcome.silent) {
    const step: Step = { rule, from, to, because };
    progress.steps = progress.steps.length === 0 ? [step] : [...progress.steps, step];
  }
  // The last rule that set the number says whether it was a limit.
  if (outcome.limited !== undefined) progress.limited = { reason: outcome.limited, message: because };
  else if (to !== from) progress.limited = undefined;
  progress.replicas = to;
  if (outcome.memory !== undefined) progress.memory = outcome.memory;
  if (outcome.fallback !== undefined) progress.fallback = outcome.fallback;
  if (outcome.wantsWorkers !== undefined) progress.wantsWorkers = outcome.wantsWorkers;
  if (outcome.leaving !== undefined) progress.leaving = outcome.leaving;
  if (outcome.recommended !== undefined) progress.recommended = outcome.recommended;
  progress.reconsiderAt = earliest(progress.reconsiderAt, outcome.reconsiderAt);
}

function directionOf(change: number): Decision["direction"] {
  if (change === 0) return "none";
  return change > 0 ? "up" : "down";
}

function verdict(judged: JudgedSignal, recommended: number | undefined, { drains }: Memory): SignalVerdict {
  const { signal, trust, reading, ageSeconds } = judged;
  const { name } = signal;
  let said: Mutable<SignalVerdict>;
  if (recommended !== undefined && reading !== undefined && ageSeconds !== undefined) {
    said = { name, trust, recommendedReplicas: recommended, value: reading.value, ageSeconds };
  } else {
    said = { name, trust };
    if (recommended !== undefined) said.recommendedReplicas = recommended;
    if (reading !== undefined) said.value = reading.value;
    if (ageSeconds !== undefined) said.ageSeconds = ageSeconds;
  }
  const drain = signal.rule.kind === "drain" ? drains?.[signal.name] : undefined;
  if (drain?.learned !== undefined) said.learned = drain.learned;
  if (drain?.forecast?.perSecond !== undefined) said.arrivals = drain.forecast;
  return said;
}

function earliest(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
