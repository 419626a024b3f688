import type { Mutable } from "../decision.ts";
import { guardAge } from "../drain/age-guard.ts";
import { arrivalRate, FAST_MS as RATE_MS, heldHands, meanRate, arrivalsWithin, bestWindow, isFitful } from "../drain/arrival-rate.ts";
import type { DrainMemory, FlowPoint } from "../drain/drain-memory.ts";
import { drainSize } from "../drain/drain-size.ts";
import { messageTime } from "../drain/message-time.ts";
import { type Drain, noteLook } from "../drain/note-look.ts";
import { oldestAge } from "../drain/oldest-age.ts";
import { type QueueState, queueState } from "../drain/queue-state.ts";
import type { JudgedSignal } from "../judge.ts";
import type { Instant, Reading } from "../reading.ts";
import { roughly } from "../wording.ts";
import type { Deliberation, Outcome } from "./rule.ts";

/** A reading is missing when so many looks in a row gave none. */
const MISSED_LOOKS = 3;
/** Where no interval is stated, looks come at least this often. */
const USUAL_INTERVAL_SECONDS = 20;

/** What a drain rule asks for, and what it remembers. */
export type Drained = Outcome & { readonly drain: DrainMemory };

/** As many replicas as begin what waits within the objective, and never fewer than have something in hands. */
export function drain(rule: Drain, judged: JudgedSignal, reading: Reading, { situation }: Deliberation): Drained {
  const { currentReplicas, memory, now } = situation;
  const before = memory.drains?.[judged.signal.name] ?? {};
  // What cannot be believed teaches nothing.
  const noted =
    judged.doubt === undefined
      ? noteLook(before, reading, {
          rule,
          longestPauseMs: judged.signal.freshnessSeconds * 1000,
          longestGapMs: longestGapMs(judged.signal.freshnessSeconds, situation.autoscaler.pollIntervalSeconds),
          replicas: currentReplicas,
          lastScaleAt: memory.lastScaleAt,
        })
      : before;
  const queue = queueState(reading);
  const { waiting, inFlight = 0 } = queue;
  const flow = noted.flow ?? [];
  const perSecond = arrivalRate(flow);
  const time = messageTime(rule, noted.learned, now, reading.completions && reading.doubts?.[0]);
  const previous = flow.at(-2)?.at;
  const mean = meanRate(flow, bestWindow(noted.skill));
  const fitful = isFitful(noted.skill);
  const size = drainSize(rule, {
    ...{ waiting, inFlight, perSecond: mean, secondsPerMessage: time.seconds, current: currentReplicas },
    arrivalsWithin: (seconds) => arrivalsWithin(flow, seconds, mean ?? 0, fitful ? 1 : undefined),
    fitful,
    startingSeconds: Math.max(0, rule.startUpSeconds - (now - (memory.lastScaleAt ?? 0)) / 1000),
    held: heldHands(flow, time.seconds),
    pollSeconds: previous === undefined ? 5 : ((flow.at(-1)?.at ?? now) - previous) / 1000,
  });
  const sum = `${inWords(queue, perSecond)}, ${time.because}: ${size} drain them within ${rule.withinSeconds} s`;
  if (noted.learned === undefined && rule.secondsPerMessage === undefined && size > currentReplicas) {
    const last = memory.lastScaleAt ?? Number.NEGATIVE_INFINITY;
    const until = last + rule.startUpSeconds * 1000;
    const most = now < until ? currentReplicas : Math.max(4, 2 * currentReplicas);
    if (most < size) return { replicas: most, because: `${sum}; unknown`, reconsiderAt: until, drain: noted };
  }
  const knownFrom = perSecond === undefined && rateKnownFrom(flow, judged.signal.freshnessSeconds * 1000);
  if (knownFrom && now < knownFrom && size < currentReplicas) {
    const because = `${sum}; arrivals are not counted for a minute yet, so all ${currentReplicas} stay`;
    return { replicas: currentReplicas, because, reconsiderAt: knownFrom, drain: noted };
  }
  if (judged.doubt !== undefined) return { replicas: size, because: sum, drain: noted };
  const oldestSeconds = reading.oldestSeconds ?? oldestAge(flow, waiting);
  const { maxReplicas } = situation.autoscaler;
  const { seconds: secondsPerMessage } = time;
  const guarded = guardAge(size, {
    rule,
    memory: noted,
    oldestSeconds,
    secondsPerMessage,
    currentReplicas,
    maxReplicas,
    now,
  });
  const drained: Mutable<Drained> = {
    replicas: guarded.replicas,
    because: guarded.because === undefined ? sum : `${sum}; ${guarded.because}`,
    drain: withGrowth(noted, guarded.grown),
  };
  if (guarded.isStalled) drained.limited = "Stalled";
  if (guarded.reconsiderAt !== undefined) drained.reconsiderAt = guarded.reconsiderAt;
  return drained;
}

/** The memory with the age guard's last step, or without one. */
function withGrowth(memory: DrainMemory, grown: DrainMemory["grown"]): DrainMemory {
  if (grown === memory.grown) return memory;
  const { grown: _, ...rest } = memory;
  return grown === undefined ? rest : { grown, ...rest };
}

function longestGapMs(freshnessSeconds: number, intervalSeconds = USUAL_INTERVAL_SECONDS): number {
  return Math.min(freshnessSeconds, MISSED_LOOKS * intervalSeconds) * 1000;
}

/**
 * For the first minute it is not known how many arrive, and those who work on them must not go for that. By when it has
 * to be known: looks come often enough for readings to stay fresh. (Those that never go stale are read all the time.)
 */
function rateKnownFrom(flow: readonly FlowPoint[], longestPauseMs: number): Instant | undefined {
  const first = flow[0]?.at;
  return first === undefined ? undefined : first + RATE_MS + (Number.isFinite(longestPauseMs) ? longestPauseMs : 0);
}

function inWords({ waiting, inFlight }: QueueState, perSecond: number | undefined): string {
  const unfinished = inFlight === undefined ? `${waiting} waiting` : `${waiting} waiting, ${inFlight} in flight`;
  return perSecond === undefined ? unfinished : `${unfinished}, ${roughly(perSecond)} arriving a second`;
}
