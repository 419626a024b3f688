import type { JournalEntry, JournalSignal } from "../../journal/journal-entry.ts";
import { UserError } from "../../shared/user-error.ts";

/** The signals whose values are messages: those that are named, else those that can be none but queues. */
export function queueSignals(entries: readonly JournalEntry[], named: readonly string[]): readonly string[] {
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

/** Only a queue tells of messages that wait or are in flight. */
function countsMessages({ waiting, inFlight }: JournalSignal): boolean {
  return waiting !== undefined || inFlight !== undefined;
}

/** Unfinished messages as a decision had read them; undefined where one of the queues could not be believed. */
export function backlogOf({ signals }: JournalEntry, queues: readonly string[]): number | undefined {
  return sumOf(signals, queues, ({ value }) => value);
}

/** Messages that arrived a minute; undefined where that was not read. */
export function arrivalsOf({ signals }: JournalEntry, queues: readonly string[]): number | undefined {
  return sumOf(signals, queues, ({ arrivalsPerMinute }) => arrivalsPerMinute);
}

/** Messages that were ever finished; undefined where that is not counted. */
export function completedOf({ signals }: JournalEntry, queues: readonly string[]): number | undefined {
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
