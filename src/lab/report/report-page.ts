import { percent } from "../../core/wording.ts";
import { type Compared, type Estimate, MEASURES, type Measure } from "../comparison.ts";
import { formatDuration } from "../duration.ts";
import type { Outcome } from "../outcome.ts";
import type { Stage } from "../rehearsal.ts";
import { countMessages } from "../traffic/traffic.ts";
import { type ChartedPolicy, type PageAssets, remarksHtml, renderPage, tableHtml } from "./page.ts";
import { escapeHtml } from "./panel.ts";
import { comparedScatter, scatterSvg } from "./scatter.ts";

/** Titles of the charts of a rehearsal. */
export const TITLES = { arrivals: "Arrivals a minute", waiting: "Messages that wait" };

/** A page on a comparison: its table, cost against wait, and linked charts with the reasons for decisions. */
export function reportPage(compared: readonly Compared[], terms: Stage, assets: PageAssets): string {
  const policies = chartRuns(compared);
  const [first] = compared;
  const which = [
    policies.length < compared.length ? `${policies.length} of ${compared.length}` : "",
    (first?.outcomes.length ?? 1) > 1 ? "the first run of each" : "",
  ].filter(Boolean);
  const scatter = `<section><h2>Cost against wait</h2>${scatterSvg(comparedScatter(compared, terms.objectiveSeconds))}</section>`;
  const pieces = [
    tableHtml(comparisonRows(compared, terms.objectiveSeconds)),
    ...warnings(compared, terms).map((text) => `<p class="bad">${escapeHtml(text)}</p>`),
    remarksHtml(describeRuns(compared, terms)),
    ...(compared.length > 1 ? [scatter] : []),
  ];
  const charts = {
    heading: ["Over time", ...which].join(", "),
    start: terms.traffic.start / 1000,
    objectiveSeconds: terms.objectiveSeconds,
    titles: TITLES,
    policies,
  };
  return renderPage({ title: `Rehearsal: ${terms.traffic.name}`, pieces, charts }, assets);
}

/** The first run of each policy that has its series. */
export function chartRuns(compared: readonly Compared[]): readonly ChartedPolicy[] {
  return compared.flatMap(({ policy, outcomes: [first] }) => {
    if (first === undefined || first.series.at.length === 0) return [];
    const { series, noted, notedDropped } = first;
    return [{ policy, series, noted, notedDropped }];
  });
}

/** A head row and one row for each policy. */
export function comparisonRows(
  compared: readonly Compared[],
  objectiveSeconds: number | undefined,
): readonly (readonly string[])[] {
  const measures = MEASURES.filter(({ name }) => compared.some((one) => one.measures[name] !== undefined));
  return [
    ["policy", ...measures.map((measure) => headText(measure, objectiveSeconds))],
    ...compared.map(({ policy, measures: estimates }) => [
      policy,
      ...measures.map((measure) => cellText(measure, estimates[measure.name])),
    ]),
  ];
}

/** Policies that leave messages unfinished. */
export function warnings(compared: readonly Compared[], terms: Stage): readonly string[] {
  const isEmpty = compared.every(({ outcomes }) => outcomes.every(({ messages }) => messages.arrived === 0));
  const empty = isEmpty ? ["No message arrived: waits of 0 s say nothing."] : [];
  return [...empty, ...compared.flatMap((one) => drainWarning(one, terms))];
}

function drainWarning({ policy, outcomes }: Compared, { drainSeconds }: Stage): readonly string[] {
  const stuck = outcomes.filter(({ drained }) => !drained);
  const worst = stuck.map(({ messages }) => messages.waiting + messages.inFlight);
  if (stuck.length === 0) return [];
  const which = outcomes.length === 1 ? "" : ` in ${stuck.length} of ${outcomes.length} runs`;
  const left = `${Math.round(Math.max(...worst))} messages were unfinished`;
  return [`${policy} does not drain${which}: ${left} ${formatDuration(drainSeconds)} after the last arrival.`];
}

/** The traffic and the kind of calculation, as sentences. */
export function describeRuns(
  compared: readonly Compared[],
  { traffic, service, workers, seed, interruptionSeconds = 0 }: Stage,
): readonly string[] {
  const first = compared[0]?.outcomes[0];
  const count = compared[0]?.outcomes.length ?? 1;
  const seeds = count === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + count - 1}, ± is a 95 % confidence interval`;
  const messages = Math.round(countMessages(traffic));
  // Counts may be fractions, which chance rounds.
  const isExact = traffic.kind === "messages";
  const usual = `${formatDuration(service.meanSeconds)} each, ${service.shape}`;
  const each = traffic.serviceMs === undefined ? usual : `service times of their own, else ${usual}`;
  return [
    `${traffic.name}: ${isExact ? "" : "about "}${messages} messages in ${formatDuration(traffic.durationMs / 1000)}; ${each}; ${workers.concurrency} at once a worker.`,
    `${describeMode(first)}; ${seeds}.`,
    ...(interruptionSeconds > 0
      ? [`Cost: worker-hours, and ${formatDuration(interruptionSeconds)} for each worker that was stopped busy.`]
      : []),
    ...traffic.remarks,
  ];
}

function describeMode(outcome: Outcome | undefined): string {
  if (outcome?.mode === "batch") {
    return "Batch mode: the mean of many messages, without the queues that chance makes for a moment (--mode exact has them)";
  }
  return `Exact mode: each message by itself. Waits are within ${percent(outcome?.waitSeconds.relativeError ?? 0)}`;
}

/** A column's head. */
function headText({ name, head }: Measure, objectiveSeconds: number | undefined): string {
  return name === "shareOverObjective" ? `over ${formatDuration(objectiveSeconds ?? 0)}` : head;
}

/** A measure as a table cell, with its interval. */
export function cellText({ unit }: Measure, estimate: Estimate | undefined): string {
  if (estimate === undefined) return "-";
  const { mean, plusMinus } = estimate;
  return plusMinus === undefined
    ? formatMeasure(mean, unit)
    : `${formatMeasure(mean, unit)} ±${formatMeasure(plusMinus, unit)}`;
}

export function formatMeasure(value: number, unit: Measure["unit"]): string {
  switch (unit) {
    case "seconds":
      return formatDuration(value);
    case "share":
      return percent(value);
    case "ratio":
      return value.toFixed(2);
    default:
      return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  }
}
