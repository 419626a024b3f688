import type { JournalEntry } from "../../src/journal/journal-entry.ts";

/** What the charts draw: one value of each line for each time, in seconds since the epoch. */
export interface History {
  readonly at: readonly number[];
  readonly backlog: Line;
  readonly oldest: Line;
  readonly desired: Line;
  readonly current: Line;
  readonly busy: Line;
  readonly min: Line;
  readonly max: Line;
}
type Line = readonly (number | null)[];

/** A decision holds from its time until the next one. */
export function historyOf(entries: readonly JournalEntry[], now: number): History {
  const of = (value: (entry: JournalEntry) => number | null | undefined): Line => {
    const values = entries.map((entry) => value(entry) ?? null);
    return [...values, values.at(-1) ?? null];
  };
  return {
    at: [...entries.map(({ at }) => Date.parse(at) / 1000), now / 1000],
    backlog: of(backlogOf),
    oldest: of(({ signals }) => largest(signals.map(({ oldestSeconds }) => oldestSeconds))),
    desired: of(({ desiredReplicas }) => desiredReplicas),
    current: of(({ currentReplicas }) => currentReplicas),
    busy: of(({ workers }) => workers?.busy),
    min: of(({ minReplicas }) => minReplicas),
    max: of(({ maxReplicas }) => maxReplicas),
  };
}

export function hasValues(line: Line): boolean {
  return line.some((value) => value !== null);
}

/** As the fleet's rows count it. */
function backlogOf({ signals }: JournalEntry): number | null | undefined {
  const waiting = signals.flatMap((signal) => signal.waiting ?? []);
  return waiting.length > 0 ? waiting.reduce((sum, one) => sum + one, 0) : signals[0]?.value;
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** The rule that settled the number. */
export function ruleOf({ steps }: JournalEntry): string {
  return steps.at(-1)?.rule ?? "no rule";
}

/** Decisions in a row that say the same but for their numbers; newest first. */
export interface Group {
  readonly title: string;
  readonly entries: readonly JournalEntry[];
  readonly count: number;
}

export function groupDecisions(entries: readonly JournalEntry[]): readonly Group[] {
  const groups: JournalEntry[][] = [];
  for (const entry of entries.toReversed()) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && kindOf(last[0]) === kindOf(entry)) last.push(entry);
    else groups.push([entry]);
  }
  return groups.map((group) => ({
    entries: group,
    title: titleOf(group),
    count: group.reduce((sum, { count }) => sum + count, 0),
  }));
}

/** Each scaling stands alone. */
function kindOf({ outcome, scaled, at, limited, ...entry }: JournalEntry): string {
  return scaled === undefined ? `${outcome} ${limited?.reason ?? ruleOf({ outcome, at, ...entry })}` : `Scaled ${at}`;
}

function titleOf([newest]: readonly JournalEntry[]): string {
  if (newest === undefined) return "";
  const { scaled, outcome, currentReplicas, desiredReplicas, limited } = newest;
  const because = limited?.message ?? newest.steps.at(-1)?.because ?? "no rule asks for another number";
  if (scaled !== undefined) return `Scaled ${scaled.from} → ${scaled.to}: ${because}`;
  if (outcome === "Failed") return `Could not scale to ${desiredReplicas}: ${newest.failure ?? because}`;
  if (outcome === "DryRun") return `Would scale ${currentReplicas} → ${desiredReplicas}: ${because}`;
  if (outcome === "Pending") return `Scaling ${currentReplicas} → ${desiredReplicas}: ${because}`;
  return `Stays at ${desiredReplicas}: ${because}`;
}
