import type { Autoscaler } from "./autoscaler.ts";
import type { Decision, Memory, SignalVerdict, Situation, Step } from "./decision.ts";
import { isDoubtful, type JudgedSignal, judge } from "./judge.ts";
import { PROFILES } from "./profiles.ts";
import type { Instant } from "./reading.ts";
import type { Deliberation, LimitReason, Outcome } from "./rules/rule.ts";

/** How many replicas the workload should have, and why: the autoscaler's rules, applied in their order. */
export function decide(situation: Situation): Decision {
  const { autoscaler, currentReplicas } = situation;
  const deliberation = deliberate(withScheduledBounds(situation));
  const progress = new Progress(currentReplicas, situation.memory);
  for (const rule of PROFILES[autoscaler.profile]) {
    const outcome = rule.apply(progress.replicas, deliberation);
    if (outcome !== undefined) progress.take(rule.name, outcome);
    if (outcome?.final) break;
  }
  const reconsiderAt = deliberation.signals
    .map((judged) => judged.reconsiderAt)
    .reduce(earliest, progress.reconsiderAt);
  return {
    desiredReplicas: progress.replicas,
    direction: directionOf(progress.replicas - currentReplicas),
    steps: progress.steps,
    signals: deliberation.signals.map((judged) => verdict(judged, progress.recommended)),
    memory: progress.memory,
    ...(progress.limited === undefined ? {} : { limited: progress.limited }),
    ...(reconsiderAt === undefined ? {} : { reconsiderAt }),
  };
}

function withScheduledBounds(situation: Situation): Situation {
  if (situation.bounds === undefined) return situation;
  const { minReplicas, maxReplicas } = situation.bounds;
  return { ...situation, autoscaler: { ...situation.autoscaler, minReplicas, maxReplicas } };
}

function deliberate(situation: Situation): Deliberation {
  const { autoscaler, now } = situation;
  const signals = autoscaler.signals.map((signal) => judge(signal, situation.signals[signal.name], now));
  const doubt = signals.find(isDoubtful)?.doubt ?? doubtOfRate(autoscaler, signals);
  return doubt === undefined ? { situation, signals } : { situation, signals, doubt };
}

/** Where arrivals keep workers busy, a look that could not find out how many arrive must not send workers home. */
function doubtOfRate(autoscaler: Autoscaler, signals: readonly JudgedSignal[]): string | undefined {
  const everywhere = (autoscaler.secondsPerMessage ?? 0) > 0;
  const partial = signals.find(
    ({ reading, signal }) => reading?.doubts?.length && (everywhere || signal.rule.kind === "throughput"),
  );
  const failure = partial?.reading?.doubts?.[0];
  return failure && `the arrivals at ${partial.signal.name} are not known (${failure.kind}: ${failure.message})`;
}

/** The number on its way from current to desired. */
class Progress {
  replicas: number;
  memory: Memory;
  recommended: Readonly<Record<string, number>> = {};
  limited: { reason: LimitReason; message: string } | undefined;
  reconsiderAt: Instant | undefined;
  readonly steps: Step[] = [];

  constructor(replicas: number, memory: Memory) {
    this.replicas = replicas;
    this.memory = memory;
  }

  take(rule: string, outcome: Outcome): void {
    const { replicas: to, because } = outcome;
    if (!outcome.silent) this.steps.push({ rule, from: this.replicas, to, because });
    // The last rule that set the number says whether it was a limit.
    const changed = outcome.replicas !== this.replicas;
    if (outcome.limited !== undefined) this.limited = { reason: outcome.limited, message: outcome.because };
    else if (changed) this.limited = undefined;
    this.replicas = outcome.replicas;
    this.memory = outcome.memory ?? this.memory;
    this.recommended = outcome.recommended ?? this.recommended;
    this.reconsiderAt = earliest(this.reconsiderAt, outcome.reconsiderAt);
  }
}

function directionOf(change: number): Decision["direction"] {
  if (change === 0) return "none";
  return change > 0 ? "up" : "down";
}

function verdict(judged: JudgedSignal, recommended: Readonly<Record<string, number>>): SignalVerdict {
  const { signal, trust, reading, ageSeconds } = judged;
  const replicas = recommended[signal.name];
  return {
    name: signal.name,
    trust,
    ...(replicas === undefined ? {} : { recommendedReplicas: replicas }),
    ...(reading === undefined ? {} : { value: reading.value }),
    ...(ageSeconds === undefined ? {} : { ageSeconds }),
  };
}

function earliest(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
