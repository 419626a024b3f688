import type { Autoscaler, Fallback } from "../autoscaler.ts";
import type { FallbackInForce, Memory, Situation } from "../decision.ts";
import { isDoubtful, type JudgedSignal } from "../judge.ts";
import type { Instant } from "../reading.ts";
import type { Deliberation, Outcome, Rule } from "./rule.ts";

const STEP_PAUSE_SECONDS = 15;

/** What the user has said is to be done without trustworthy readings: the one way in which doubt may lower. */
export const fallBack: Rule = {
  name: "fallBack",
  apply(replicas, deliberation) {
    const { autoscaler, currentReplicas, memory, now } = deliberation.situation;
    const { fallback } = autoscaler;
    const each = fallback && eachInForce(fallback, deliberation);
    if (each !== undefined) return { replicas, because: "", silent: true, fallback: each };
    if (fallback === undefined || deliberation.doubt === undefined || !isCalledFor(deliberation)) {
      return memory.fallbackSince === undefined ? undefined : { ...forgetting(memory), replicas };
    }
    const begins = doubtSince(deliberation) + fallback.afterSeconds * 1000;
    const since = memory.fallbackSince ?? begins;
    if (since > now) {
      const because = `${deliberation.doubt}: the fallback to ${fallback.replicas} begins in ${Math.ceil((begins - now) / 1000)} s`;
      return { replicas, because, reconsiderAt: begins };
    }
    const inForce = {
      fallback: forceOf(fallback, since, deliberation),
      memory: memory.fallbackSince === undefined ? { ...memory, fallbackSince: since } : memory,
    };
    if (begins > now && isUntried(deliberation)) {
      // An earlier process fell back. The signals may be readable again: nothing is lowered before that was tried.
      const because = `${deliberation.doubt}: the fallback to ${fallback.replicas} goes on if it cannot be read`;
      return { ...inForce, replicas, because };
    }
    const paused = pausedUntil(fallback, deliberation);
    if (paused !== undefined) {
      // Not the number handed in: what was read last, and has been doubted for long, would take the step back.
      const because = `the last step toward ${fallback.replicas} was just taken`;
      return { ...inForce, replicas: currentReplicas, because, reconsiderAt: paused };
    }
    const { because, ...outcome } = toward(fallback, autoscaler, currentReplicas);
    return { ...inForce, ...outcome, because: `${deliberation.doubt}: ${because}` };
  },
};

function forgetting({ fallbackSince: _, ...memory }: Memory): Omit<Outcome, "replicas"> {
  return { because: "", silent: true, memory };
}

function forceOf(fallback: Fallback, since: Instant, { situation, signals }: Deliberation): FallbackInForce {
  const names = signals.filter(isDoubtful).map(({ signal }) => signal.name);
  const noDataSince = since - fallback.afterSeconds * 1000;
  const replicas = goalOf(fallback, situation.autoscaler, situation.currentReplicas);
  return { replicas, since, signals: names, noDataSince };
}

/** Where the fallback applies to each signal, what it asks for has been taken into account by now. */
function eachInForce(fallback: Fallback, { situation, signals }: Deliberation): FallbackInForce | undefined {
  const fallen = signals.filter(({ fallsBack }) => fallsBack);
  if (fallen.length === 0) return undefined;
  const began = fallen.map((judged) => doubtBegan(judged, situation.signals, situation.now));
  const noDataSince = Math.min(...began);
  return {
    replicas: fallbackReplicas(fallback, situation.currentReplicas),
    since: noDataSince + fallback.afterSeconds * 1000,
    signals: fallen.map(({ signal }) => signal.name),
    noDataSince,
  };
}

function isUntried({ signals }: Deliberation): boolean {
  return signals.some(({ signal, trust }) => trust === "absent" && signal.whenMissing !== "Zero");
}

/** One step at a time means one a poll interval. */
function pausedUntil(fallback: Fallback, { situation }: Deliberation): Instant | undefined {
  const { autoscaler, currentReplicas, memory, now } = situation;
  const { minReplicas, maxReplicas, pollIntervalSeconds = STEP_PAUSE_SECONDS } = autoscaler;
  if (fallback.approach === "AtOnce" || currentReplicas < minReplicas || currentReplicas > maxReplicas)
    return undefined;
  const until = Math.min(memory.lastScaleAt ?? Number.NEGATIVE_INFINITY, now) + pollIntervalSeconds * 1000;
  return until > now ? until : undefined;
}

/** The signal, and that it falls back, where the fallback applies to each signal and its doubt has lasted long enough. */
export function withFallback(judged: JudgedSignal, { autoscaler, signals, now }: Situation): JudgedSignal {
  const { fallback } = autoscaler;
  const { signal, doubt } = judged;
  if (doubt === undefined || fallback?.appliesTo !== "Each" || signal.whenMissing !== "Fallback") return judged;
  const begins = doubtBegan(judged, signals, now) + fallback.afterSeconds * 1000;
  return begins > now ? { ...judged, reconsiderAt: begins } : { ...judged, fallsBack: true };
}

/** What a signal that falls back asks for. */
export function fallbackReplicas({ replicas, direction }: Fallback, current: number): number {
  if (direction === "UpOnly") return Math.max(replicas, current);
  return direction === "DownOnly" ? Math.min(replicas, current) : replicas;
}

/** While any signal can be believed, that one decides. */
function isCalledFor({ signals, situation }: Deliberation): boolean {
  if (situation.autoscaler.fallback?.appliesTo === "Each") return false;
  return signals.every(isDoubtful) && signals.some(({ signal }) => signal.whenMissing === "Fallback");
}

function toward(fallback: Fallback, autoscaler: Autoscaler, current: number): Outcome {
  const { minReplicas, maxReplicas } = autoscaler;
  const goal = goalOf(fallback, autoscaler, current);
  const aim = `the fallback is ${fallback.replicas}`;
  if (fallback.approach === "AtOnce") return { replicas: goal, because: aim };
  // Bounds are kept at once; only within them it goes step by step.
  if (current < minReplicas) return { replicas: minReplicas, because: `${aim}, and minReplicas is ${minReplicas}` };
  if (current > maxReplicas) return { replicas: maxReplicas, because: `${aim}, and maxReplicas is ${maxReplicas}` };
  const { up, down } = steps(autoscaler);
  const replicas = current < goal ? Math.min(goal, current + up) : Math.max(goal, current - down);
  return { replicas, because: `${aim}, and one step goes from ${current} to ${replicas}` };
}

function goalOf(fallback: Fallback, { minReplicas, maxReplicas }: Autoscaler, current: number): number {
  return Math.max(minReplicas, Math.min(maxReplicas, fallbackReplicas(fallback, current)));
}

function steps({ signals }: Autoscaler): { readonly up: number; readonly down: number } {
  const band = signals.map(({ rule }) => rule).find((rule) => rule.kind === "band");
  return { up: band?.stepUp ?? 1, down: band?.stepDown ?? 1 };
}

/** Since when no signal can be trusted: since the last one of them came into doubt. */
function doubtSince({ situation, signals }: Deliberation): Instant {
  const since = signals
    .filter(({ doubt }) => doubt !== undefined)
    .map((judged) => doubtBegan(judged, situation.signals, situation.now));
  return Math.max(...since);
}

function doubtBegan({ signal }: JudgedSignal, states: Situation["signals"], now: Instant): Instant {
  const state = states[signal.name];
  const stale = state?.reading && state.reading.at + signal.freshnessSeconds * 1000;
  return state?.doubtSince ?? stale ?? now;
}
