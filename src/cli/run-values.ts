import { createRehearsal } from "../lab/looks.ts";
import { formatInstant } from "../lab/recordings/recorded-series.ts";
import type { Policy } from "../lab/rehearsal.ts";
import { chartValues, drawValues } from "../lab/report/charts.ts";
import { remarksHtml, renderPage, tableHtml } from "../lab/report/page.ts";
import { formatMeasure } from "../lab/report/report-page.ts";
import type { Traffic } from "../lab/traffic/traffic.ts";
import { replayValues, spanRecordings, type ValueRehearsal } from "../lab/values/replay-values.ts";
import { VALUE_MEASURES, type ValueDecision, type ValueOutcome, withoutSeries } from "../lab/values/value-outcome.ts";
import { UserError } from "../shared/user-error.ts";
import { refuseUnwritablePictures, writePictures } from "./shared/pictures.ts";
import { parsePolicies } from "./shared/policies.ts";
import { alignColumns, print } from "./shared/print.ts";
import { withProgress } from "./shared/progress-line.ts";
import type { SimulateOptions } from "./shared/rehearsal-options.ts";
import { parseStage } from "./shared/rehearsal-terms.ts";
import { matchRecordings, parsePlant, readRecordings } from "./values-input.ts";

/** Of more policies no charts are drawn and no series kept. */
const MOST_CHARTED = 12;

/** Plays recorded values against every policy and prints what each would have decided. */
export async function runValues(options: SimulateOptions): Promise<void> {
  refuseOtherOptions(options);
  refuseUnwritablePictures(options);
  const policies = parsePolicies(options, 1);
  const recordings = await readRecordings(options, policies);
  const found = policies.map((policy) => ({ policy, values: matchRecordings(policy, recordings) }));
  const traffic = spanRecordings([...recordings.values()]);
  const stage = parseStage(options, traffic);
  const played = found.map(({ policy, values }): ValueRehearsal => {
    const effect = options.plant === undefined ? undefined : parsePlant(options.plant, values);
    return { rehearsal: createRehearsal(stage, policy), values, effect };
  });
  const outcomes = await playPolicies(played, policies);
  const remarks = [...traffic.remarks, describeLoop(options)];
  const drawn = outcomes.slice(0, MOST_CHARTED).flatMap((outcome, index) => {
    const policy = policies[index];
    return policy === undefined ? [] : [{ outcome, autoscaler: policy.autoscaler }];
  });
  const charts = {
    heading: "Over time",
    start: traffic.start / 1000,
    titles: { arrivals: "", waiting: "" },
    policies: drawn.map(chartValues),
  };
  const context = { start: traffic.start, remarks };
  try {
    await writePictures(options, {
      chart: () => drawValues(drawn),
      page: (assets) => {
        const pieces = [tableHtml(summaryRows(outcomes)), remarksHtml(remarks)];
        return renderPage({ title: `Rehearsal: ${traffic.name}`, pieces, charts }, assets);
      },
    });
  } finally {
    print(options.output === "json" ? formatJson(outcomes, traffic, options) : formatText(outcomes, context));
  }
}

function refuseOtherOptions(options: SimulateOptions): void {
  const { values = [], traffic, arrivals, history, historyKind, runs, sees, lag, hiddenLag, plant } = options;
  const ways = {
    "--values": values.length > 0,
    "--history-kind value": history !== undefined && historyKind === "value",
  };
  const named = Object.entries({ ...ways, "--traffic": traffic !== undefined, "--arrivals": arrivals !== undefined });
  const given = named.flatMap(([flag, isGiven]) => (isGiven ? [flag] : []));
  if (given.length > 1) throw new UserError(`expected one of them, got ${given.join(" and ")}`);
  if (values.length > 0 && history !== undefined) throw new UserError("expected --values or --history, got both");
  if (runs !== "1") throw new UserError("--runs: expected 1 with recorded values: there is no chance in them");
  if (sees.length > 0) throw new UserError("--sees: expected none with recorded values: signals see what was recorded");
  if (plant !== undefined && (lag !== "0s" || hiddenLag !== "0s")) {
    throw new UserError(
      "--plant: expected no --lag and --hidden-lag beside it: `after` says how late the effect comes",
    );
  }
}

function playPolicies(
  rehearsals: readonly ValueRehearsal[],
  policies: readonly Policy[],
): Promise<readonly ValueOutcome[]> {
  return withProgress((progress) =>
    rehearsals.map((rehearsal, index) => {
      const told = (share: number) => progress((index + share) / rehearsals.length, rehearsal.rehearsal.policy);
      const settings = policies[index]?.settings;
      const outcome = { ...replayValues(rehearsal, told), ...(settings === undefined ? {} : { settings }) };
      return index < MOST_CHARTED ? outcome : withoutSeries(outcome);
    }),
  );
}

function describeLoop({ plant }: SimulateOptions): string {
  return plant === undefined
    ? "Open loop: the values are as they were recorded, whatever would have been decided."
    : `Closed loop: the workers have an effect on the value, by the model ${plant}.`;
}

function formatJson(outcomes: readonly ValueOutcome[], traffic: Traffic, { plant, series }: SimulateOptions): string {
  const shown = {
    values: {
      name: traffic.name,
      start: new Date(traffic.start).toISOString(),
      seconds: traffic.durationMs / 1000,
      remarks: traffic.remarks,
    },
    loop: plant === undefined ? "open" : "closed",
    ...(plant === undefined ? {} : { plant }),
    policies: outcomes.map((whole, index) => {
      const { series: columns, noted, notedDropped, scaled, scaledDropped, ...outcome } = whole;
      const measures = VALUE_MEASURES.map(({ name, of }) => [name, of(whole)] as const);
      return {
        ...outcome,
        measures: Object.fromEntries(measures),
        ...(index < MOST_CHARTED ? { scaled, scaledDropped } : {}),
        ...(series === true && index < MOST_CHARTED ? { series: columns, noted, notedDropped } : {}),
      };
    }),
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

/** Steps closer together than this are one row: a stepping policy has hundreds of them. */
const LONGEST_PAUSE_SECONDS = 900;
/** Where the time of day begins in a formatted instant. */
const TIME_FROM = 11;
const MOST_ROWS = 60;

export interface ValuesContext {
  /** Milliseconds of the epoch. */
  readonly start: number;
  readonly remarks: readonly string[];
}

/** The scalings of a single policy, one summary row for each policy, and remarks. */
export function formatText(outcomes: readonly ValueOutcome[], { start, remarks }: ValuesContext): string {
  const [only] = outcomes;
  const decisions = only !== undefined && outcomes.length === 1 ? decisionLines(only, start) : [];
  return [...decisions, ...formatRows(summaryRows(outcomes), Number.POSITIVE_INFINITY), "", ...remarks, ""].join("\n");
}

export function summaryRows(outcomes: readonly ValueOutcome[]): readonly (readonly string[])[] {
  const measures = VALUE_MEASURES.filter(({ of }) => outcomes.some((outcome) => of(outcome) !== undefined));
  return [
    ["policy", ...measures.map(({ head }) => head)],
    ...outcomes.map((outcome) => [
      outcome.policy,
      ...measures.map(({ of, unit }) => {
        const value = of(outcome);
        return value === undefined ? "-" : formatMeasure(value, unit);
      }),
    ]),
  ];
}

function decisionLines({ scaled, scaledDropped, series, scalings }: ValueOutcome, start: number): readonly string[] {
  const signals = Object.keys(series.values);
  const runs = groupSteps(scaled);
  const shown = runs.slice(0, MOST_ROWS);
  const time = (second: number) => formatInstant(start + Math.floor(second) * 1000);
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
    ...formatRows([["time", "to", ...signals, "replicas", "steps", "why, at first"], ...rows], signals.length + 3),
    ...(rows.length === 0 ? ["(nothing was scaled)"] : []),
    ...(more > 0
      ? [`... and ${more} steps more: -o json has ${scaledDropped > 0 ? `the first ${scaled.length}` : "all"}`]
      : []),
    "",
  ];
}

/** Steps in one direction, by one rule, close together. */
interface Run {
  readonly first: ValueDecision;
  readonly last: ValueDecision;
  readonly steps: number;
}

function groupSteps(scaled: readonly ValueDecision[]): readonly Run[] {
  const runs: Run[] = [];
  for (const decision of scaled) {
    const run = runs.at(-1);
    if (run !== undefined && continues(run.last, decision))
      runs[runs.length - 1] = { ...run, last: decision, steps: run.steps + 1 };
    else runs.push({ first: decision, last: decision, steps: 1 });
  }
  return runs;
}

function continues(last: ValueDecision, next: ValueDecision): boolean {
  const isSameWay = Math.sign(last.to - last.from) === Math.sign(next.to - next.from);
  return isSameWay && last.rule === next.rule && next.at - last.at <= LONGEST_PAUSE_SECONDS;
}

/** Aligns columns, `right` of them, after the first, to the right. */
function formatRows(rows: readonly (readonly string[])[], right: number): readonly string[] {
  return alignColumns(rows, (column) => column > 0 && column <= right).map((line) => line.trimEnd());
}
