import type { Instant } from "../reading.ts";
import type { Drain, DrainMemory } from "./drain-memory.ts";

/** The most that one step multiplies the number by. */
const LARGEST_STEP = 2;
/** So many messages should have been finished before it is no chance that none was. */
const EXPECTED_MESSAGES = 10;
/** With any number of workers: a worker that is slow with a message gets this many times the usual time. */
const SLOW_MESSAGES = 3;
const SHORTEST_STALL_SECONDS = 60;

/** What the guard looks at. */
export interface GuardTerms {
  readonly rule: Drain;
  readonly memory: DrainMemory;
  readonly oldestSeconds: number | undefined;
  readonly secondsPerMessage: number;
  readonly currentReplicas: number;
  readonly maxReplicas: number;
  readonly now: Instant;
}

/** What the age of the oldest message makes of a number. */
export interface Guarded {
  readonly replicas: number;
  /** As a clause; absent where there is nothing to say. */
  readonly because?: string;
  readonly isStalled?: true;
  readonly grown?: NonNullable<DrainMemory["grown"]>;
  readonly reconsiderAt?: Instant;
}

/**
 * Where messages wait too long although the number is what the formula asks for, it grows, step by step, while that
 * helps. Where nothing is finished, or the same message stays the oldest, more workers would not help: then it does not.
 */
export function guardAge(replicas: number, terms: GuardTerms): Guarded {
  const { rule, memory, oldestSeconds, currentReplicas, now } = terms;
  if (oldestSeconds === undefined || oldestSeconds <= rule.withinSeconds) return { replicas };
  const waited = `the oldest has waited ${Math.round(oldestSeconds)} s`;
  const stall = stallOf(terms);
  if (stall !== undefined) {
    const because = `${waited}, but ${stall}, so more workers would not help`;
    return { replicas: Math.min(replicas, Math.max(currentReplicas, 1)), because, isStalled: true };
  }
  const last = memory.grown;
  const ends = last === undefined ? now : Math.min(last.at, now) + rule.startUpSeconds * 1000;
  if (last !== undefined && ends > now) return held(replicas, last, waited, ends);
  if (replicas > currentReplicas) return { replicas };
  return grown(replicas, waited, terms);
}

function held(
  replicas: number,
  last: { readonly at: Instant; readonly replicas: number },
  waited: string,
  ends: Instant,
): Guarded {
  const kept = { grown: last, reconsiderAt: ends };
  if (last.replicas <= replicas) return { replicas, ...kept };
  return {
    replicas: last.replicas,
    because: `${waited}, so it stays at ${last.replicas} until they all work`,
    ...kept,
  };
}

function grown(replicas: number, waited: string, terms: GuardTerms): Guarded {
  const { rule, memory, oldestSeconds = 0, maxReplicas, now } = terms;
  const stuck = stuckMessage(memory, rule);
  if (stuck !== undefined) {
    return { replicas, because: `${waited}, but ${stuck}, so more workers would not help`, isStalled: true };
  }
  if (!isFinishing(terms)) {
    return { replicas, because: `${waited}, but it is not known that any was finished, so it does not grow for that` };
  }
  const base = Math.max(replicas, memory.grown?.replicas ?? 0);
  const factor = Math.min(LARGEST_STEP, oldestSeconds / rule.withinSeconds);
  const more = Math.min(Math.ceil(base * factor), Math.max(maxReplicas, replicas));
  if (more <= replicas) return { replicas };
  const because = `${waited}, longer than ${rule.withinSeconds} s, so ${more}`;
  return {
    replicas: more,
    because,
    grown: { at: now, replicas: more },
    reconsiderAt: now + rule.startUpSeconds * 1000,
  };
}

/** Why nothing gets done, as a clause; undefined while something does, or that cannot be known. */
function stallOf(terms: GuardTerms): string | undefined {
  const { memory, currentReplicas } = terms;
  const { last, progressAt } = memory;
  if (last === undefined || progressAt === undefined || currentReplicas === 0) return undefined;
  const quietSeconds = (last.at - progressAt) / 1000;
  if (quietSeconds < stallSeconds(terms)) return undefined;
  return `none was finished for ${Math.round(quietSeconds)} s (messages that no worker can finish, or stalled workers)`;
}

/** Without a finished message for so long, something is wrong. */
function stallSeconds({ rule, memory, secondsPerMessage, currentReplicas }: GuardTerms): number {
  const hands = memory.last?.inFlight ?? currentReplicas * rule.concurrency;
  const times = Math.max(SLOW_MESSAGES, EXPECTED_MESSAGES / Math.max(1, hands));
  return rule.startUpSeconds + Math.max(SHORTEST_STALL_SECONDS, times * secondsPerMessage);
}

function isFinishing(terms: GuardTerms): boolean {
  const { last, completedAt } = terms.memory;
  if (last === undefined || completedAt === undefined) return false;
  return last.at - completedAt <= stallSeconds(terms) * 1000;
}

/** The oldest message has been the same for long while others were finished: no worker finishes it, or others overtake it. */
function stuckMessage({ last, oldest, flow }: DrainMemory, { startUpSeconds }: Drain): string | undefined {
  if (last === undefined || oldest === undefined) return undefined;
  const seconds = (last.at - oldest.since) / 1000;
  const others = (flow?.at(-1)?.completed ?? oldest.completed) - oldest.completed;
  if (seconds < Math.max(startUpSeconds, SHORTEST_STALL_SECONDS) || others <= 0) return undefined;
  return `it has been the same one for ${Math.round(seconds)} s while ${Math.round(others)} others were finished`;
}
