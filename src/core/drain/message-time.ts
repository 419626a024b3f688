import type { Instant, ReadingFailure } from "../reading.ts";
import { counted, roughly } from "../wording.ts";
import type { LearnedTime } from "./drain-memory.ts";
import type { Drain } from "./note-look.ts";

/** What is learned may be so many times more or less than what the user says. */
const CORRECTION = 4;

/** How long a message takes, and as a clause where that comes from. */
export interface MessageTime {
  readonly seconds: number;
  readonly because: string;
}

/**
 * What was learned, near what the user says; before that, what the user says. Where nothing is known a message counts
 * as the whole objective: the most that the rule ever takes it for, as doubt must not save workers.
 */
export function messageTime(
  rule: Drain,
  learned: LearnedTime | undefined,
  now: Instant,
  doubt?: ReadingFailure,
): MessageTime {
  const { seconds, because } = timeFrom(rule, learned, now);
  if (doubt === undefined) return { seconds, because };
  return { seconds, because: `${because}, and cannot be learned now (${doubt.kind}: ${doubt.message})` };
}

function timeFrom(rule: Drain, learned: LearnedTime | undefined, now: Instant): MessageTime {
  const { secondsPerMessage: stated, withinSeconds } = rule;
  if (learned === undefined) {
    if (stated !== undefined) return { seconds: stated, because: `${told(stated)} a message as stated` };
    const because = `a message counts as all of ${withinSeconds} s, as it is not known yet how long one takes`;
    return { seconds: withinSeconds, because };
  }
  const age = Math.max(0, Math.round((now - learned.at) / 1000));
  const origin = `learned from ${counted(learned.messages, "message")}, ${age} s ago`;
  const seconds = near(learned.secondsPerMessage, stated);
  if (stated === undefined || seconds === learned.secondsPerMessage) {
    return { seconds, because: `${told(seconds)} a message (${origin})` };
  }
  const limit = seconds > stated ? "4 times" : "a quarter of";
  const because = `${told(seconds)} a message (${limit} the stated ${told(stated)}; ${told(learned.secondsPerMessage)} ${origin})`;
  return { seconds, because };
}

function near(learned: number, stated: number | undefined): number {
  if (stated === undefined) return learned;
  return Math.min(Math.max(learned, stated / CORRECTION), stated * CORRECTION);
}

function told(seconds: number): string {
  return `${roughly(seconds)} s`;
}
