import type { JournalEntry } from "../../journal/journal-entry.ts";

/** One side of the comparison, over the whole time. */
export interface Side {
  readonly replicaHours: number;
  /** How often the number changed. */
  readonly scalings: number;
  readonly least: number;
  readonly most: number;
}

/** A time at which the two sides differed. */
export interface Difference {
  readonly at: string;
  readonly seconds: number;
  readonly actual: number;
  readonly wanted: number;
  /** What the rules said. */
  readonly because: string;
}

/** What the workload had beside what was wanted. */
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
export function compared(entries: readonly JournalEntry[]): Comparison {
  const seconds = entries.map((entry, index) => {
    const end = Date.parse(entries[index + 1]?.at ?? entry.until);
    return Math.max(0, end - Date.parse(entry.at)) / 1000;
  });
  const differences = entries.map(({ at, currentReplicas: actual, desiredReplicas: wanted, steps }, index) => ({
    ...{ at, seconds: seconds[index] ?? 0, actual, wanted },
    because: steps.map((step) => step.because).join("; "),
  }));
  return {
    since: entries[0]?.at,
    until: entries.at(-1)?.until,
    seconds: sum(seconds),
    decisions: entries.length,
    isDryRun: entries.every(
      ({ mode, outcome }) => mode === "DryRun" || outcome === "DryRun" || outcome === "NothingToDo",
    ),
    actual: sideOf(
      entries.map((entry) => entry.currentReplicas),
      seconds,
    ),
    wanted: sideOf(
      entries.map((entry) => entry.desiredReplicas),
      seconds,
    ),
    greatest: differences
      .filter(({ actual, wanted }) => actual !== wanted)
      .sort(
        (one, other) =>
          Math.abs(other.actual - other.wanted) - Math.abs(one.actual - one.wanted) || other.seconds - one.seconds,
      )
      .slice(0, MOST_DIFFERENCES),
  };
}

function sideOf(replicas: readonly number[], seconds: readonly number[]): Side {
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
