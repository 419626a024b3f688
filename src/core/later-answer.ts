import type { decide as coreDecide } from "./decide.ts";
import type { Decision, Situation } from "./decision.ts";
import { judge } from "./judge.ts";
import type { Instant, Reading, SignalState } from "./reading.ts";

/** The first other answer that time alone leads to. */
export interface LaterAnswer {
  readonly at: Instant;
  /** 0: the next look, if it reads the same. */
  readonly afterSeconds: number;
  readonly desiredReplicas: number;
}

/** Holds, windows and periods end one after the other; so many ends are waited for. */
const MOST_ENDS = 200;
/** What a week does not change is not worth waiting for. */
const HORIZON_MS = 7 * 24 * 3600 * 1000;

/** Lets time pass from one end of a hold to the next, while every look reads what the last one read. */
export function laterAnswer(situation: Situation, desired: number, decide: typeof coreDecide): LaterAnswer | undefined {
  const { now } = situation;
  let last: Decision | undefined;
  let at = now;
  for (let ends = 0; ends < MOST_ENDS && at - now <= HORIZON_MS; ends++) {
    // Looks until then go on asking for what they ask for: a stabilization window remembers the last of them.
    if (last !== undefined) last = decide(lookedAgain(situation, at - 1, last));
    last = decide(lookedAgain(situation, at, last));
    const { desiredReplicas, reconsiderAt } = last;
    if (desiredReplicas !== desired) {
      return { at, afterSeconds: Math.round((at - now) / 1000), desiredReplicas };
    }
    if (reconsiderAt === undefined) return undefined;
    at = Math.max(reconsiderAt, at + 1);
  }
  return undefined;
}

/** Counters that stand still would say that nothing comes any more: without them, what was learned of rates stays. */
function again({ arrived: _, completed: __, completions: ___, ...reading }: Reading, at: Instant): Reading {
  return { ...reading, at };
}

/** The situation at a later moment, when every signal that can be believed was just read again and said the same. */
function lookedAgain(situation: Situation, at: Instant, last: Decision | undefined): Situation {
  const signals: Record<string, SignalState> = {};
  for (const signal of situation.autoscaler.signals) {
    const state = situation.signals[signal.name];
    if (state === undefined) continue;
    const { reading, doubt } = judge(signal, state, situation.now);
    signals[signal.name] = reading === undefined || doubt !== undefined ? state : { reading: again(reading, at) };
  }
  return {
    ...situation,
    autoscaler: {
      ...situation.autoscaler,
      // What is read again and again does not age; what could not be believed stays so.
      signals: situation.autoscaler.signals.map((signal) =>
        judge(signal, situation.signals[signal.name], situation.now).doubt === undefined
          ? { ...signal, freshnessSeconds: Number.POSITIVE_INFINITY }
          : signal,
      ),
    },
    signals,
    memory: last?.memory ?? situation.memory,
    now: at,
  };
}
