import type { JournalEntry } from "../../journal/journal-entry.ts";
import { backlogOf, inFlightOf } from "./recorded-course.ts";

/** Actual or wanted replicas over the whole time. */
export interface Side {
  readonly replicaHours: number;
  readonly scalings: number;
  readonly least: number;
  readonly most: number;
}

/** A period in which one side stayed above the other. */
export interface Difference {
  /** Its start. */
  readonly from: string;
  readonly seconds: number;
  /** Its greatest difference; the fields below are of this moment. */
  readonly at: string;
  readonly actual: number;
  readonly wanted: number;
  /** Unfinished messages, if known. */
  readonly backlog?: number | undefined;
  /** The reasons of the rules. */
  readonly because: string;
}

/** Workers that had messages when the actual number fell, as far as numbers tell: which pods were stopped is not recorded. */
export interface Interrupted {
  /** Scale-downs of which it is known how many messages were in flight, and of which it is not. */
  readonly falls: number;
  readonly unknownFalls: number;
  /** Workers that those known ones stopped. */
  readonly stopped: number;
  /** Those that stayed could not have had all that was in flight. */
  readonly least: number;
  /** No more workers can have had messages. */
  readonly most: number;
}

/** Actual beside wanted replicas, all of it recorded. */
export interface Comparison {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly seconds: number;
  readonly decisions: number;
  /** Whether no decision was carried out. */
  readonly isDryRun: boolean;
  readonly actual: Side;
  readonly wanted: Side;
  readonly interrupted: Interrupted;
  /** Largest first. */
  readonly greatest: readonly Difference[];
}

const MOST_DIFFERENCES = 5;

/** Compares the replicas of each entry, oldest first; each holds until the next one begins. `concurrency`: of a worker. */
export function compareSides(
  entries: readonly JournalEntry[],
  queues: readonly string[],
  concurrency: number,
): Comparison {
  const seconds = entries.map((entry, index) => {
    const end = Date.parse(entries[index + 1]?.at ?? entry.until);
    return Math.max(0, end - Date.parse(entry.at)) / 1000;
  });
  return {
    since: entries[0]?.at,
    until: entries.at(-1)?.until,
    seconds: sum(seconds),
    decisions: entries.length,
    isDryRun: entries.every(
      ({ mode, outcome }) => mode === "DryRun" || outcome === "DryRun" || outcome === "NothingToDo",
    ),
    actual: summarizeSide(
      entries.map((entry) => entry.currentReplicas),
      seconds,
    ),
    wanted: summarizeSide(
      entries.map((entry) => entry.desiredReplicas),
      seconds,
    ),
    interrupted: countInterrupted(entries, queues, concurrency),
    greatest: findDifferences(entries, seconds, queues)
      .toSorted((one, other) => sizeOf(other) - sizeOf(one) || other.seconds - one.seconds)
      .slice(0, MOST_DIFFERENCES),
  };
}

function countInterrupted(
  entries: readonly JournalEntry[],
  queues: readonly string[],
  concurrency: number,
): Interrupted {
  const total = { falls: 0, unknownFalls: 0, stopped: 0, least: 0, most: 0 };
  entries.forEach((entry, index) => {
    const before = entries[index - 1];
    const stopped = (before?.currentReplicas ?? 0) - entry.currentReplicas;
    if (before === undefined || stopped <= 0) return;
    // The readings before and after it bound what was in flight when it came.
    const around = [before, entry].map((one) => inFlightOf(one, queues)).filter((one) => one !== undefined);
    if (around.length === 0) {
      total.unknownFalls += 1;
      return;
    }
    const beyondRest = Math.min(...around) - entry.currentReplicas * concurrency;
    total.falls += 1;
    total.stopped += stopped;
    total.least += Math.min(stopped, Math.max(0, Math.ceil(beyondRest / concurrency)));
    total.most += Math.min(stopped, Math.max(...around));
  });
  return total;
}

/** The periods in which one side stayed above the other. */
function findDifferences(
  entries: readonly JournalEntry[],
  seconds: readonly number[],
  queues: readonly string[],
): readonly Difference[] {
  const found: Difference[] = [];
  let sign = 0;
  entries.forEach((entry, index) => {
    const here = momentOf(entry, seconds[index] ?? 0, queues);
    const last = found.at(-1);
    const isSame = last !== undefined && sign !== 0 && Math.sign(here.wanted - here.actual) === sign;
    sign = Math.sign(here.wanted - here.actual);
    if (isSame) found.splice(-1, 1, mergeDifferences(last, here));
    else if (sign !== 0) found.push(here);
  });
  return found;
}

function momentOf(entry: JournalEntry, seconds: number, queues: readonly string[]): Difference {
  const { at, currentReplicas: actual, desiredReplicas: wanted, steps } = entry;
  const because = steps.map((step) => step.because).join("; ");
  return { from: at, seconds, at, actual, wanted, backlog: backlogOf(entry, queues), because };
}

function mergeDifferences(one: Difference, other: Difference): Difference {
  const greater = sizeOf(other) > sizeOf(one) ? other : one;
  return { ...greater, from: one.from, seconds: one.seconds + other.seconds };
}

function sizeOf({ actual, wanted }: Difference): number {
  return Math.abs(actual - wanted);
}

/** Summarizes numbers of replicas with their durations. */
export function summarizeSide(replicas: readonly number[], seconds: readonly number[]): Side {
  const workerSeconds = sum(replicas.map((count, index) => count * (seconds[index] ?? 0)));
  return {
    replicaHours: Number((workerSeconds / 3600).toPrecision(6)),
    scalings: replicas.filter((count, index) => index > 0 && count !== replicas[index - 1]).length,
    least: replicas.reduce((least, count) => Math.min(least, count), replicas[0] ?? 0),
    most: replicas.reduce((most, count) => Math.max(most, count), 0),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
