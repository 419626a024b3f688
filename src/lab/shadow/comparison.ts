import type { JournalEntry } from "../../journal/journal-entry.ts";
import { backlogOf } from "./recorded-course.ts";

/** One side of the comparison, over the whole time. */
export interface Side {
  readonly replicaHours: number;
  /** How often the number changed. */
  readonly scalings: number;
  readonly least: number;
  readonly most: number;
}

/** A time during which the one side was above the other. */
export interface Difference {
  /** When it began, and how long it lasted. */
  readonly from: string;
  readonly seconds: number;
  /** Its moment of greatest difference, of which all that follows speaks. */
  readonly at: string;
  readonly actual: number;
  readonly wanted: number;
  /** Unfinished messages, where they are known. */
  readonly backlog?: number | undefined;
  /** What the rules said. */
  readonly because: string;
}

/** What the workload had beside what was wanted: all of it was recorded, nothing is estimated. */
export interface Comparison {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly seconds: number;
  readonly decisions: number;
  /** Whether nothing was done about any of the decisions. */
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

/** One for each time during which the one side was always above the other, told by its greatest moment. */
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

/** Numbers of replicas, and for how long each of them was so. */
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
