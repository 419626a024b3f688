import type { JournalEntry, JournalSignal } from "../../journal/journal-entry.ts";
import { UserError } from "../../shared/user-error.ts";

/** Recorded decisions at equal steps, in columns of equal length. */
export interface Course {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly stepSeconds: number;
  readonly actual: readonly number[];
  readonly wanted: readonly number[];
  /** Unfinished messages as last read; undefined if unknown. */
  readonly backlog: readonly (number | undefined)[];
  readonly arrivalsPerMinute: readonly (number | undefined)[];
  /** The queue's counter of finished messages. */
  readonly completed: readonly (number | undefined)[];
}

/** A month in steps of half a minute: a second of calculation. */
const MOST_STEPS = 100_000;
const STEPS_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600];

/** Samples entries, oldest first; each holds until the next one. */
export function sampleCourse(entries: readonly JournalEntry[], queues: readonly string[]): Course {
  const start = Date.parse(entries[0]?.at ?? "1970-01-01T00:00:00Z");
  const seconds = (Date.parse(entries.at(-1)?.until ?? entries[0]?.at ?? "") - start) / 1000 || 0;
  const stepSeconds = STEPS_SECONDS.find((step) => seconds / step <= MOST_STEPS) ?? Math.ceil(seconds / MOST_STEPS);
  const steps = Math.max(1, Math.ceil(seconds / stepSeconds));
  const begins = entries.map(({ at }) => Date.parse(at));
  let index = 0;
  const inForce = Array.from({ length: steps }, (_, step) => {
    while ((begins[index + 1] ?? Number.POSITIVE_INFINITY) <= start + step * stepSeconds * 1000) index += 1;
    return index;
  });
  const column = <Value>(of: (entry: JournalEntry) => Value): readonly Value[] => {
    const values = entries.map(of);
    return inForce.map((which) => values[which] as Value);
  };
  return {
    ...{ start, stepSeconds },
    actual: column(({ currentReplicas }) => currentReplicas),
    wanted: column(({ desiredReplicas }) => desiredReplicas),
    backlog: column((entry) => backlogOf(entry, queues)),
    arrivalsPerMinute: column((entry) => arrivalsOf(entry, queues)),
    completed: column((entry) => completedOf(entry, queues)),
  };
}

/** Signals whose values are messages: the named ones, else those that must be queues. */
export function findQueues(entries: readonly JournalEntry[], named: readonly string[]): readonly string[] {
  const known = [...new Set(entries.flatMap(({ signals }) => signals.map(({ name }) => name)))];
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UserError(`--backlog: expected a signal of ${known.join(", ") || "none"}, got "${unknown}"`);
  }
  if (named.length > 0) return named;
  const isQueue = (name: string) =>
    entries.some(
      ({ profile, signals }) =>
        profile === "worker-pod-autoscaler" || signals.some((signal) => signal.name === name && countsMessages(signal)),
    );
  return known.filter(isQueue);
}

/** Only queues report messages waiting or in flight. */
function countsMessages({ waiting, inFlight }: JournalSignal): boolean {
  return waiting !== undefined || inFlight !== undefined;
}

/** Unfinished messages; undefined if a queue was not trusted. */
export function backlogOf({ signals }: JournalEntry, queues: readonly string[]): number | undefined {
  return sumOf(signals, queues, ({ value }) => value);
}

/** Messages that workers have; undefined if a queue was not trusted or does not say. */
export function inFlightOf({ signals }: JournalEntry, queues: readonly string[]): number | undefined {
  return sumOf(signals, queues, ({ inFlight }) => inFlight);
}

function arrivalsOf({ signals }: JournalEntry, queues: readonly string[]): number | undefined {
  return sumOf(signals, queues, ({ arrivalsPerMinute }) => arrivalsPerMinute);
}

function completedOf({ signals }: JournalEntry, queues: readonly string[]): number | undefined {
  return sumOf(signals, queues, ({ completed }) => completed);
}

function sumOf(
  signals: readonly JournalSignal[],
  queues: readonly string[],
  numberOf: (signal: JournalSignal) => number | null | undefined,
): number | undefined {
  let sum = 0;
  for (const name of queues) {
    const signal = signals.find((one) => one.name === name);
    const value = signal === undefined || !isBelieved(signal) ? undefined : numberOf(signal);
    if (value === undefined || value === null) return undefined;
    sum += value;
  }
  return queues.length === 0 ? undefined : sum;
}

function isBelieved({ trust }: JournalSignal): boolean {
  return trust === "ok" || trust === "zero";
}
