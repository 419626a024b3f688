import type { Mutable } from "../decision.ts";
import { guardAge } from "../drain/age-guard.ts";
import { type Arrivals, arrivalsOf, SHORTEST_MS } from "../drain/arrivals.ts";
import type { Drain, DrainMemory, FlowPoint } from "../drain/drain-memory.ts";
import { blindSeconds, busyReplicas, drainSize, type FlowNeed, flowSize, sureWait } from "../drain/drain-size.ts";
import { heldHands, oldestAge, type QueueState, queueState } from "../drain/flow.ts";
import { forecastFloor } from "../drain/forecast-floor.ts";
import { messageTime, noteStartUp, startUpTime, USUAL_VARIATION } from "../drain/message-time.ts";
import { noteLook } from "../drain/note-look.ts";
import type { JudgedSignal } from "../judge.ts";
import type { Instant, Reading } from "../reading.ts";
import { roughly } from "../wording.ts";
import type { Deliberation, Outcome } from "./rule.ts";

/** A reading is missing when this many polls in a row gave none. */
const MISSED_LOOKS = 3;
/** Where no interval is stated, looks come at least this often. */
const USUAL_INTERVAL_SECONDS = 20;

/**
 * While it is not known how long a message takes: this many replicas at once, and then twice as many each time. Counters
 * show it within seconds, so caution costs little; without them it takes minutes, and there is no such limit.
 */
const MOST_UNKNOWN = 4;
const GROWTH_UNKNOWN = 2;

/** Why it then aims at less than the objective, as a clause. */
const BLIND = ", not the whole objective, as nothing tells what arrives or is in flight";

/** What a drain rule asks for, and what it remembers. */
export type Drained = Outcome & { readonly drain: DrainMemory };

/**
 * As many replicas as begin what waits within the objective, and never fewer than have something in hands, or than a
 * forecast that proved good makes sure of.
 */
export function drain(stated: Drain, judged: JudgedSignal, reading: Reading, deliberation: Deliberation): Drained {
  const { memory, now, workers } = deliberation.situation;
  const before = noteStartUp(memory.drains?.[judged.signal.name] ?? {}, workers);
  const startUp = startUpTime(stated, before.startUp, now);
  const rule = startUp.seconds === stated.startUpSeconds ? stated : { ...stated, startUpSeconds: startUp.seconds };
  const drained = drainQueue({ rule, before, startsIn: startUp.because }, judged, reading, deliberation);
  return rule.forecast === "Raise" ? atLeastForecast(rule, drained, now) : drained;
}

/** The rule with the start-up time that it goes by, what it remembers, and as a clause where that time comes from. */
interface Known {
  readonly rule: Drain;
  readonly before: DrainMemory;
  readonly startsIn: string;
}

/** Where nothing gets done more workers would not help: then no forecast brings them. */
function atLeastForecast(rule: Drain, drained: Drained, now: Instant): Drained {
  const floor = forecastFloor(rule, drained.drain, now);
  if (floor === undefined || floor.replicas <= drained.replicas || drained.limited === "Stalled") return drained;
  return { ...drained, replicas: floor.replicas, because: `${drained.because}; ${floor.because}` };
}

function drainQueue(
  { rule, before, startsIn }: Known,
  judged: JudgedSignal,
  reading: Reading,
  { situation }: Deliberation,
): Drained {
  const { currentReplicas, memory, now } = situation;
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
  const arrivals = arrivalsOf(noted);
  const time = messageTime(rule, noted.learned, now, reading.completions && reading.doubts?.[0]);
  const need = { waiting, inFlight, secondsPerMessage: time.seconds };
  const flowNeed = arrivals && { ...need, ...whatFlows(rule, noted, situation, time.seconds), arrivals };
  const isBlind = arrivals === undefined && queue.counts === undefined && queue.inFlight === undefined;
  const seconds = isBlind ? blindSeconds(rule) : rule.withinSeconds;
  const size = flowNeed === undefined ? drainSize(rule, need, seconds) : flowSize(rule, flowNeed);
  const sum = `${inWords(queue, arrivals)}, ${time.because}${startsIn}: ${size} drain them within ${roughly(seconds)} s${isBlind ? BLIND : ""}${waitInWords(rule, flowNeed, size)}`;
  const held = holdUnknown(rule, judged, noted, { size, sum, situation });
  if (held !== undefined) return held;
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
    replicas: Math.max(guarded.replicas, busyReplicas(rule, Math.min(inFlight, currentReplicas * rule.concurrency))),
    because: guarded.because === undefined ? sum : `${sum}; ${guarded.because}`,
    drain: withGrowth(noted, guarded.grown),
  };
  if (guarded.isStalled) drained.limited = "Stalled";
  if (guarded.reconsiderAt !== undefined) drained.reconsiderAt = guarded.reconsiderAt;
  return drained;
}

/** Where too little is known to follow the size: of a message's time to grow at once, of arrivals to let replicas go. */
function holdUnknown(
  rule: Drain,
  { signal }: JudgedSignal,
  noted: DrainMemory,
  { size, sum, situation }: { size: number; sum: string; situation: Deliberation["situation"] },
): Drained | undefined {
  const { currentReplicas, memory, now } = situation;
  const isUnknown = noted.learned === undefined && rule.secondsPerMessage === undefined && noted.flow !== undefined;
  if (size > currentReplicas && isUnknown) {
    const startUpMs = rule.startUpSeconds * 1000;
    const until = (memory.lastScaleAt ?? Number.NEGATIVE_INFINITY) + startUpMs;
    const most = now < until ? currentReplicas : Math.max(MOST_UNKNOWN, GROWTH_UNKNOWN * currentReplicas);
    if (most >= size) return undefined;
    const because = `${sum}; until that is known the number at most doubles each ${roughly(rule.startUpSeconds)} s, so ${most}`;
    return { replicas: most, because, reconsiderAt: now < until ? until : now + startUpMs, drain: noted };
  }
  if (size >= currentReplicas || arrivalsOf(noted)?.isCounted) return undefined;
  const knownFrom = rateKnownFrom(noted.flow ?? [], signal.freshnessSeconds * 1000);
  if (knownFrom === undefined || now >= knownFrom) return undefined;
  const because = `${sum}; arrivals are not counted for a minute yet, so all ${currentReplicas} stay`;
  return { replicas: currentReplicas, because, reconsiderAt: knownFrom, drain: noted };
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
  return first === undefined ? undefined : first + SHORTEST_MS + (Number.isFinite(longestPauseMs) ? longestPauseMs : 0);
}

/** What the memory and the workload add to a reading. */
function whatFlows(
  rule: Drain,
  { flow = [], learned }: DrainMemory,
  { currentReplicas, memory: { lastScaleAt }, now }: Deliberation["situation"],
  secondsPerMessage: number,
): Omit<FlowNeed, "waiting" | "inFlight" | "secondsPerMessage" | "arrivals"> {
  const [last, newest] = [flow.at(-2), flow.at(-1)];
  const startedSeconds = lastScaleAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, (now - lastScaleAt) / 1000);
  return {
    variation: learned?.variation ?? USUAL_VARIATION,
    held: learned === undefined ? 0 : heldHands(flow, secondsPerMessage),
    current: currentReplicas,
    startingSeconds: Math.max(0, rule.startUpSeconds - startedSeconds),
    pollSeconds: Math.min(USUAL_INTERVAL_SECONDS, last && newest ? (newest.at - last.at) / 1000 : 0),
  };
}

function inWords({ waiting, inFlight }: QueueState, arrivals: Arrivals | undefined): string {
  const unfinished = inFlight === undefined ? `${waiting} waiting` : `${waiting} waiting, ${inFlight} in flight`;
  if (arrivals === undefined) return unfinished;
  const { perSecond, isCounted } = arrivals;
  return `${unfinished}, ${roughly(perSecond)} arriving a second${isCounted ? "" : " when they were last counted"}`;
}

/** What the objective's share of messages would wait, with this number and with one fewer; empty where that is not known. */
function waitInWords(rule: Drain, need: FlowNeed | undefined, replicas: number): string {
  if (need === undefined || replicas === 0) return "";
  const { arrivals, secondsPerMessage, held } = need;
  const [wait, withFewer] = [sureWait(rule, need, replicas), sureWait(rule, need, replicas - 1)];
  if (!Number.isFinite(wait)) return "";
  const fewer = Number.isFinite(withFewer) ? `; one fewer would make it ${roughly(withFewer)} s` : "";
  const busy = roughly((arrivals.perSecond * secondsPerMessage) / rule.concurrency);
  const stuck = held >= 1 ? `, ${Math.round(held)} held up` : "";
  return ` (${busy} of ${replicas} busy on average${stuck}, ${roughly(rule.share * 100)} % wait under ${roughly(wait)} s of ${rule.withinSeconds} s${fewer})`;
}
