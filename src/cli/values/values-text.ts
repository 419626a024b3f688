import { shownMoment } from "../../lab/history/recorded-series.ts";
import type { ValueDecision, ValueOutcome } from "../../lab/values/value-outcome.ts";
import { alignColumns } from "../shared/print.ts";
import { VALUE_MEASURES } from "./value-measures.ts";

/** Steps that follow one another sooner than this are one row: a policy that steps has hundreds of them. */
const LONGEST_PAUSE_SECONDS = 900;
/** Where the time of the day begins in a moment as it is shown. */
const TIME_FROM = 11;
/** More rows than this nobody reads in a terminal. */
const MOST_ROWS = 60;

/** What was played, for whoever reads the result. */
export interface ValuesContext {
  /** Milliseconds of the epoch. */
  readonly start: number;
  readonly remarks: readonly string[];
}

/** The decisions that scaled, where there is one policy; a row a policy; and below what has to be known to read them. */
export function valuesText(outcomes: readonly ValueOutcome[], { start, remarks }: ValuesContext): string {
  const [only] = outcomes;
  const decisions = only !== undefined && outcomes.length === 1 ? decisionLines(only, start) : [];
  return [...decisions, ...lined(summary(outcomes), Number.POSITIVE_INFINITY), "", ...remarks, ""].join("\n");
}

/** The heads and a row of texts for each policy. */
export function summary(outcomes: readonly ValueOutcome[]): readonly (readonly string[])[] {
  const measures = VALUE_MEASURES.filter(({ of }) => outcomes.some((outcome) => of(outcome) !== undefined));
  return [
    ["policy", ...measures.map(({ head }) => head)],
    ...outcomes.map((outcome) => [
      outcome.policy,
      ...measures.map(({ of, shown }) => {
        const value = of(outcome);
        return value === undefined ? "-" : shown(value);
      }),
    ]),
  ];
}

function decisionLines({ scaled, scaledDropped, series, scalings }: ValueOutcome, start: number): readonly string[] {
  const signals = Object.keys(series.values);
  const runs = runsOf(scaled);
  const shown = runs.slice(0, MOST_ROWS);
  const time = (second: number) => shownMoment(start + Math.floor(second) * 1000);
  const rows = shown.map(({ first, last, steps }) => [
    time(first.at),
    steps === 1 ? "" : time(last.at).slice(TIME_FROM),
    ...signals.map((signal) => String(first.values[signal] ?? "-")),
    `${first.from} -> ${last.to}`,
    String(steps),
    first.because,
  ]);
  const more = scalings.up + scalings.down - shown.reduce((sum, { steps }) => sum + steps, 0);
  return [
    ...lined([["time", "to", ...signals, "replicas", "steps", "why, at first"], ...rows], signals.length + 3),
    ...(rows.length === 0 ? ["(nothing was scaled)"] : []),
    ...(more > 0
      ? [`... and ${more} steps more: -o json has ${scaledDropped > 0 ? `the first ${scaled.length}` : "all"}`]
      : []),
    "",
  ];
}

/** Steps in one direction, by one rule, soon after one another. */
interface Run {
  readonly first: ValueDecision;
  readonly last: ValueDecision;
  readonly steps: number;
}

function runsOf(scaled: readonly ValueDecision[]): readonly Run[] {
  const runs: Run[] = [];
  for (const decision of scaled) {
    const run = runs.at(-1);
    if (run !== undefined && goesOn(run.last, decision))
      runs[runs.length - 1] = { ...run, last: decision, steps: run.steps + 1 };
    else runs.push({ first: decision, last: decision, steps: 1 });
  }
  return runs;
}

function goesOn(last: ValueDecision, next: ValueDecision): boolean {
  const isSameWay = Math.sign(last.to - last.from) === Math.sign(next.to - next.from);
  return isSameWay && last.rule === next.rule && next.at - last.at <= LONGEST_PAUSE_SECONDS;
}

/** Columns one below the other; `right` of them, after the first, stand to the right. */
function lined(rows: readonly (readonly string[])[], right: number): readonly string[] {
  return alignColumns(rows, (column) => column > 0 && column <= right).map((line) => line.trimEnd());
}
