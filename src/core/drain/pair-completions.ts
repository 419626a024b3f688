import type { Mutable } from "../decision.ts";
import type { Completions, Instant, Reading } from "../reading.ts";
import type { DrainMemory, Hands, HandsMinute } from "./drain-memory.ts";
import { learnTime, type Work, withLearning } from "./message-time.ts";

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
  let learning = memory;
  for (const minute of completions) {
    if (minute.from < pairedUntil || minute.until > at) continue;
    learning = learnFrom(learning, minute, minutes, minute.from === pairedUntil);
    pairedUntil = minute.until;
  }
  const next: Mutable<DrainMemory> = { ...learning };
  next.hands = { at, inFlight, minutes, pairedUntil };
  return next;
}

function learnFrom(
  memory: DrainMemory,
  { from, until, messages }: Completions,
  minutes: readonly HandsMinute[],
  isNext: boolean,
): DrainMemory {
  const { tally: _, ...rest } = memory;
  // Over minutes of which one is missing there would be completions without their work, or work without completions.
  const before = isNext ? memory : rest;
  const isCount = messages >= 0 && messages <= Number.MAX_SAFE_INTEGER;
  const work: Work = {
    completed: messages,
    ...(isCount ? workBetween(from, until, minutes) : { busySeconds: undefined }),
  };
  const inFlight = ((work.busySeconds ?? 0) * 1000) / (until - from);
  return withLearning({ ...rest }, learnTime(before, { since: from, at: until, inFlight }, work));
}

/** Undefined where looks did not cover all of that time. */
function workBetween(from: Instant, until: Instant, minutes: readonly HandsMinute[]): Omit<Work, "completed"> {
  const sum = { seenMs: 0, busySeconds: 0, seen: 0, looks: 0 };
  for (const minute of minutes) {
    if (minute.at < from || minute.at + MINUTE > until) continue;
    sum.seenMs += minute.seenMs;
    sum.busySeconds += minute.busySeconds;
    sum.seen += minute.seen;
    sum.looks += minute.looks;
  }
  const { seenMs, busySeconds, seen, looks } = sum;
  return seenMs >= until - from - TRACE_MS ? { busySeconds, seen, looks } : { busySeconds: undefined };
}

/** The minutes with what was in hands since the last look added to them. */
function minutesUntil(
  before: Hands | undefined,
  look: { readonly at: Instant; readonly inFlight: number },
  { longestGapMs, replicas }: PairingTerms,
): readonly HandsMinute[] {
  if (before === undefined) return [];
  const oldest = minuteOf(look.at) - (KEPT_MINUTES - 1) * MINUTE;
  const minutes = before.minutes.filter(({ at }) => at >= oldest);
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

function minuteOf(at: Instant): Instant {
  return Math.floor(at / MINUTE) * MINUTE;
}
