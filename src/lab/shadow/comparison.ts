import type { JournalEntry } from "../../journal/journal-entry.ts";
import { backlogOf } from "./recorded-course.ts";

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
  /** Largest first. */
  readonly greatest: readonly Difference[];
}

const MOST_DIFFERENCES = 5;

/** Compares the replicas of each entry, oldest first; each holds until the next one begins. */
export function compareSides(entries: readonly JournalEntry[], queues: readonly string[]): Comparison {
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
    greatest: findDifferences(entries, seconds, queues)
      .toSorted((one, other) => sizeOf(other) - sizeOf(one) || other.seconds - one.seconds)
      .slice(0, MOST_DIFFERENCES),
  };
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
