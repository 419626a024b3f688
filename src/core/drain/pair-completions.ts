import type { Mutable } from "../decision.ts";
import type { Completions, Instant, Reading } from "../reading.ts";
import type { DrainMemory, Hands, HandsMinute } from "./drain-memory.ts";
import { type Learning, learnTime, type Work, withLearning } from "./message-time.ts";

const MINUTE = 60_000;
/** Completions come minutes late; those that are later than this find nothing to be paired with. */
const KEPT_MINUTES = 15;
/** What fractions of a millisecond may leave unseen of a minute. */
const TRACE_MS = 1;

/** What bounds a pairing. */
export interface PairingTerms {
  /** After a longer pause between two looks it is not known what was in hands meanwhile. */
  readonly longestGapMs: number;
  readonly replicas: number;
}

/**
 * Learns from completions that come late: each minute of them is divided into what was in hands in that same minute,
 * which is kept for as long. A minute that was not looked at all through, or is missing, is none to learn from.
 */
export function pairCompletions(memory: DrainMemory, reading: Reading, terms: PairingTerms): DrainMemory {
  const { at, inFlight, completions = [] } = reading;
  const before = memory.hands;
  if (inFlight === undefined || (before !== undefined && at <= before.at)) return memory;
  const minutes = minutesUntil(before, { at, inFlight }, terms);
  let pairedUntil = before?.pairedUntil ?? at;
  let learning: Learning = memory;
  for (const minute of completions) {
    if (minute.from < pairedUntil || minute.until > at) continue;
    learning = learnFrom(learning, minute, minutes, minute.from === pairedUntil);
    pairedUntil = minute.until;
  }
  const next: Mutable<DrainMemory> = { ...memory };
  next.hands = { at, inFlight, minutes, pairedUntil };
  if (learning === memory) return next;
  withLearning(next, learning);
  return learning.tally === undefined && next.tally !== undefined ? withoutTally(next) : next;
}

function withoutTally({ tally: _, ...memory }: DrainMemory): DrainMemory {
  return memory;
}

function learnFrom(
  known: Learning,
  { from, until, messages }: Completions,
  minutes: readonly HandsMinute[],
  isNext: boolean,
): Learning {
  const isCount = messages >= 0 && messages <= Number.MAX_SAFE_INTEGER;
  const work = isCount ? workBetween(from, until, minutes, messages) : { completed: messages, busySeconds: undefined };
  const inFlight = ((work.busySeconds ?? 0) * 1000) / (until - from);
  // Over minutes of which one is missing there would be completions without their work, or work without completions.
  return learnTime(isNext ? known : withoutTally(known), { since: from, at: until, inFlight }, work);
}

/** Undefined where looks did not cover all of that time. */
function workBetween(from: Instant, until: Instant, minutes: readonly HandsMinute[], completed: number): Work {
  let seenMs = 0;
  let busySeconds = 0;
  let seen = 0;
  let looks = 0;
  for (const minute of minutes) {
    if (minute.at < from || minute.at + MINUTE > until) continue;
    seenMs += minute.seenMs;
    busySeconds += minute.busySeconds;
    seen += minute.seen;
    looks += minute.looks;
  }
  const isCovered = seenMs >= until - from - TRACE_MS;
  return isCovered ? { completed, busySeconds, seen, looks } : { completed, busySeconds: undefined };
}

/** The minutes with what was in hands since the last look added to them. */
function minutesUntil(
  before: Hands | undefined,
  look: { readonly at: Instant; readonly inFlight: number },
  { longestGapMs, replicas }: PairingTerms,
): readonly HandsMinute[] {
  if (before === undefined) return [];
  const oldest = minuteOf(look.at) - (KEPT_MINUTES - 1) * MINUTE;
  const minutes = minutesFrom(oldest, before.minutes);
  const isAsleep = replicas === 0 && before.inFlight === 0 && look.inFlight === 0;
  if (look.at - before.at > longestGapMs && !isAsleep) return minutes;
  const hands = (before.inFlight + look.inFlight) / 2;
  for (let from = Math.max(before.at, oldest); from < look.at; ) {
    const at = minuteOf(from);
    const until = Math.min(at + MINUTE, look.at);
    const last = minutes.at(-1);
    const known = last?.at === at ? minutes.pop() : undefined;
    const isLast = until === look.at;
    minutes.push({
      at,
      seenMs: (known?.seenMs ?? 0) + until - from,
      busySeconds: (known?.busySeconds ?? 0) + (hands * (until - from)) / 1000,
      seen: (known?.seen ?? 0) + (isLast ? look.inFlight : 0),
      looks: (known?.looks ?? 0) + (isLast ? 1 : 0),
    });
    from = until;
  }
  return minutes;
}

/** A copy, which may grow. */
function minutesFrom(oldest: Instant, minutes: readonly HandsMinute[]): HandsMinute[] {
  const first = minutes.findIndex(({ at }) => at >= oldest);
  return first < 0 ? [] : minutes.slice(first);
}

function minuteOf(at: Instant): Instant {
  return Math.floor(at / MINUTE) * MINUTE;
}
