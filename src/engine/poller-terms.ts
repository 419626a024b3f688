import type { Instant, Pace } from "../core/index.ts";
import { Outages, type ServerReader } from "./outages.ts";
import { AnswerTime, SleepingReads } from "./poll-budgets.ts";

/** One moment on both clocks. */
export interface Now {
  /** Milliseconds of a clock that only goes forward: for pauses and time-outs. */
  readonly monotonic: number;
  /** The time of day, which may be set: for what is stored or shown. */
  readonly wall: Instant;
  /** How far the time of day is ahead of the monotonic clock: exact where both are large numbers with fractions. */
  readonly ahead: number;
}

/** What those who share the poll want of it. */
export interface Demand {
  readonly pace: Pace;
  /** How many of their workloads have no replicas, so that only a first message matters. */
  readonly asleep: "none" | "some" | "all";
  /** Whose share of the process's time the answers take. */
  readonly namespace: string;
}

/**
 * The list with one more item. Most lists hold one or two, for which an array that grows by `push` would reserve room for
 * 17: that was a third of the memory that a rehearsal asked for.
 */
export function append<Item>(list: readonly Item[], item: Item): readonly Item[] {
  if (list.length === 0) return [item];
  if (list.length === 1) return [list[0] as Item, item];
  (list as Item[]).push(item);
  return list;
}

const NO_POLLERS: readonly ServerReader[] = [];

/** What all pollers of a process share. */
export class PollerLimits {
  readonly answerTime = new AnswerTime();
  readonly sleeping = new SleepingReads();
  readonly outages = new Outages();
  /** Pollers that something happened to, each once. */
  unsettled: readonly ServerReader[] = NO_POLLERS;
}

export interface PollerTerms {
  readonly limits: PollerLimits;
  readonly random: () => number;
  /** Whose budget the reads take; undefined where no server is asked. */
  readonly server: string | undefined;
  /** What fails together: all pollers of one server, or this one alone. */
  readonly outage: string;
}
