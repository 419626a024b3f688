import { counted, span } from "../core/wording.ts";
import type { JournalEntry } from "../journal/journal-entry.ts";
import { formatDuration } from "../lab/duration.ts";
import type { NotedDecision } from "../lab/outcome.ts";
import { type ChartedPolicy, remarksHtml, renderPage, tableHtml } from "../lab/report/page.ts";
import { type Curve, drawPanels, type Panel } from "../lab/report/panel.ts";
import type { Difference, Interrupted, Side } from "../lab/shadow/comparison.ts";
import type { BacklogSum, ModelRun } from "../lab/shadow/estimate.ts";
import type { Shadow } from "../lab/shadow/shadow.ts";
import { type PictureOptions, writePictures } from "./shared/pictures.ts";
import { alignColumns } from "./shared/print.ts";

/** A shadow and where its decisions came from. */
interface Shadowed extends Shadow {
  readonly id: string;
  /** What answered, as a phrase, and what was tried before. */
  readonly from: string;
  readonly tried: readonly string[];
}

/** A table, the greatest differences, and what is measured and what estimated. */
export function formatText(shadowed: Shadowed): string {
  const { id, from, tried, comparison } = shadowed;
  const { since, until, seconds, decisions, greatest } = comparison;
  return [
    `${id}: ${decisions} decisions in ${span(seconds * 1000)}${since === undefined ? "" : `, ${since} to ${until}`}`,
    "",
    ...alignColumns(tableRows(shadowed)).map((line) => `  ${line}`),
    "",
    ...greatest.map((one) => `  ${formatDifference(one)}`),
    ...(greatest.length === 0 ? ["  no difference at any time"] : []),
    "",
    ...describeShadow(shadowed),
    `(from ${from})`,
    ...tried.map((one) => `(${one})`),
    "",
  ].join("\n");
}

interface Column {
  readonly head: string;
  readonly side: Side;
  readonly backlog: BacklogSum | undefined;
  readonly mark: string;
  readonly stopped: string;
}

/** What was recorded bounds the number of busy workers that were stopped; the model estimates it. */
function stoppedBusy({ falls, unknownFalls, least, most }: Interrupted, estimate: Shadow["estimate"]): string {
  const model = typeof estimate === "string" ? "" : `~${estimate.actual.busyStopped}`;
  if (falls === 0 && unknownFalls > 0) return model === "" ? "?" : model;
  const bounds = least === most ? `${least}` : `${least} to ${most}`;
  const isBeyond = unknownFalls > 0 ? `${bounds} or more` : bounds;
  return model === "" || least === most ? isBeyond : `${isBeyond}, ${model}`;
}

/** One column for each side; ~ marks estimates. */
function tableRows({ comparison, measured, estimate }: Shadowed): readonly (readonly string[])[] {
  const { actual, wanted, interrupted } = comparison;
  const isEstimated = typeof estimate !== "string";
  const columns: readonly Column[] = [
    { head: "actual", side: actual, backlog: measured, mark: "", stopped: stoppedBusy(interrupted, estimate) },
    { head: "wanted", side: wanted, backlog: undefined, mark: "", stopped: "-" },
    ...(isEstimated ? estimate.policies : []).map(({ policy, side, sum, busyStopped }) => ({
      ...{ head: `~${policy}`, side, backlog: sum, mark: "~", stopped: `~${busyStopped}` },
    })),
  ];
  const row = (name: string, of: (side: Side) => number) => [
    name,
    ...columns.map(({ side, mark }) => `${mark}${of(side)}`),
  ];
  const backlogRow = (name: string, of: (sum: BacklogSum) => number) => [
    name,
    ...columns.map(({ backlog, mark }) => (backlog === undefined ? "-" : `${mark}${of(backlog)}`)),
  ];
  return [
    ["", ...columns.map(({ head }) => head)],
    row("replica-hours", ({ replicaHours }) => Number(replicaHours.toPrecision(4))),
    row("scalings", ({ scalings }) => scalings),
    row("least", ({ least }) => least),
    row("most", ({ most }) => most),
    ["busy stopped", ...columns.map(({ stopped }) => stopped)],
    ...(measured === undefined
      ? []
      : [backlogRow("backlog, mean", ({ mean }) => mean), backlogRow("backlog, most", ({ most }) => most)]),
  ];
}

function formatDifference({ from, at, seconds, actual, wanted, backlog, because }: Difference): string {
  const unfinished = backlog === undefined ? "" : `, backlog ${backlog}`;
  const most = at === from ? "" : `, most at ${at}`;
  return `${from}, for ${span(seconds * 1000)}${most}: ${actual} actual, ${wanted} wanted${unfinished}: ${because}`;
}

const OPEN_LOOP =
  "Wanted replicas were decided for the actual backlog, and without cool-downs, as a dry run scales nothing.";

/** What is known of workers that were stopped at work, as sentences. */
function describeInterrupted({ falls, unknownFalls, stopped, least, most }: Interrupted): readonly string[] {
  const unknown = `For ${unknownFalls === 1 ? "1 scale-down" : `${unknownFalls} scale-downs`} no messages in flight were recorded.`;
  if (falls === 0) return unknownFalls === 0 ? [] : [`Busy stopped: ${unknown}`];
  const known =
    `Busy stopped: of ${counted(stopped, "worker")} that ${counted(falls, "scale-down")} stopped, at least ${least} had messages, as those that stayed could not have ` +
    `had all in flight, and at most ${most}. Which pods were stopped is not recorded.`;
  return [unknownFalls === 0 ? known : `${known} ${unknown}`];
}

/** What is measured, what is estimated, and the error of the estimate, as sentences. */
function describeShadow({ comparison, workers, queues, measured, estimate }: Shadowed): readonly string[] {
  const notDry = comparison.isDryRun
    ? []
    : ["(not a dry run all the time: actual replicas are those that it set itself)"];
  const what: string[] =
    measured === undefined
      ? []
      : [`Backlog: unfinished messages of ${queues.join(" and ")}, measured for the actual replicas.`];
  what.push(...describeInterrupted(comparison.interrupted));
  if (typeof estimate === "string") return [...what, OPEN_LOOP, estimate, ...notDry];
  const { service, messages, policies } = estimate;
  const known = service.from === "given" ? "as given" : "learned from what was recorded";
  const cut = policies.filter(({ notedDropped }) => notedDropped > 0).map(({ policy }) => policy);
  return [
    ...what,
    `${OPEN_LOOP} The columns with ~ close that loop.`,
    `~ is an estimate: about ${Math.round(messages)} messages must have arrived, if each takes ${formatDuration(service.seconds)} (${known}), a worker ` +
      `works on ${workers.concurrency} at once and starts in ${formatDuration(workers.startUpSeconds)}.`,
    `With the actual replicas it gives back a mean backlog of ~${estimate.actual.sum.mean}, at most ~${estimate.actual.sum.most}; whether a message takes so long is not checked by that.`,
    ...cut.map((policy) => `~${policy} scaled more often than is counted here.`),
    ...notDry,
  ];
}

export function formatJson({ id, from, tried, workers, queues, comparison, measured, estimate }: Shadowed): string {
  const { actual, wanted, interrupted, ...rest } = comparison;
  const estimated =
    typeof estimate === "string"
      ? { missing: estimate }
      : {
          service: estimate.service,
          ...{ workers, messages: estimate.messages },
          actual: backlogJson(estimate.actual),
          policies: estimate.policies.map((one) => ({ policy: one.policy, ...one.side, ...backlogJson(one) })),
        };
  const shown = {
    ...{ id, from, tried, ...rest },
    actual: { ...actual, backlog: measured, busyStopped: interrupted },
    ...{ wanted, backlogOf: queues, estimate: estimated },
  };
  return `${JSON.stringify(shown, undefined, 2)}\n`;
}

function backlogJson({ sum, busyStopped }: ModelRun): { readonly backlog: BacklogSum; readonly busyStopped: number } {
  return { backlog: sum, busyStopped };
}

/** A screen has no more pixels. */
const MOST_POINTS = 1_500;
/** Further decisions are counted and not kept, as in a rehearsal. */
const MOST_NOTED = 5_000;
const COLORS = ["#9ca3af", "#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed"];
const TITLES = {
  arrivals: "Arrivals a minute, estimated",
  waiting: "Unfinished messages: measured for the actual replicas, ~ estimated",
};

/** Writes the requested pictures. */
export async function drawShadow(options: PictureOptions, shadowed: Shadowed): Promise<void> {
  const { id, course, comparison } = shadowed;
  const policies = chartedSides(shadowed);
  const title = `Shadow of ${id}`;
  const pieces = [tableHtml(tableRows(shadowed)), remarksHtml(describeShadow(shadowed)), differencesHtml(shadowed)];
  const charts = {
    heading: `Over ${span(comparison.seconds * 1000)}`,
    start: course.start / 1000,
    titles: TITLES,
    replicasTogether: true,
    policies,
  } as const;
  await writePictures(options, {
    chart: () => drawPanels(panelsOf(policies)),
    page: (assets) => renderPage({ title, pieces, charts }, assets),
  });
}

function differencesHtml({ comparison: { greatest } }: Shadowed): string {
  const rows = greatest.map(({ from, seconds, at, actual, wanted, backlog, because }) => [
    ...[from, span(seconds * 1000), at, String(actual), String(wanted), backlog === undefined ? "-" : String(backlog)],
    because,
  ]);
  const table = tableHtml([["from", "for", "most at", "actual", "wanted", "backlog", "because"], ...rows]);
  return `<section><h2>Greatest differences</h2>${greatest.length === 0 ? "<p>None.</p>" : table}</section>`;
}

/** Actual and wanted replicas, and each modelled policy. */
function chartedSides({ entries, course, estimate }: Shadowed): readonly ChartedPolicy[] {
  const { stepSeconds, actual, wanted, backlog } = course;
  const every = Math.ceil(actual.length / MOST_POINTS);
  const thin = <Value>(column: readonly Value[]) => column.filter((_, step) => step % every === 0);
  const at = thin(actual.map((_, step) => step * stepSeconds));
  const side = (policy: string, replicas: readonly number[], unfinished: readonly (number | null)[] | undefined) => ({
    policy,
    series: {
      ...{ at, desired: thin(replicas) },
      ...(unfinished === undefined ? {} : { waiting: thin(unfinished) }),
    },
  });
  const isKnown = backlog.some((value) => value !== undefined);
  const measured = isKnown ? backlog.map((value) => value ?? null) : undefined;
  const estimated = typeof estimate === "string" ? undefined : estimate;
  const there = { ...side("actual", actual, measured), noted: [], notedDropped: 0 };
  const arrivals = estimated === undefined ? {} : { arrivalsPerMinute: thin(estimated.arrivalsPerMinute) };
  return [
    { ...there, series: { ...there.series, ...arrivals } },
    { ...side("wanted", wanted, undefined), ...notedIn(entries, course.start) },
    ...(estimated?.policies ?? []).map(({ policy, replicas, backlog: unfinished, noted, notedDropped }) => ({
      ...{ ...side(`~${policy}`, replicas, unfinished), noted, notedDropped },
    })),
  ];
}

/** Decisions whose numbers or rule differ from those before. */
function notedIn(entries: readonly JournalEntry[], start: number): Pick<ChartedPolicy, "noted" | "notedDropped"> {
  const noted: NotedDecision[] = [];
  let notedDropped = 0;
  for (const { at, currentReplicas: from, desiredReplicas: to, steps } of entries) {
    const { rule = "none", because = "" } = steps.at(-1) ?? {};
    const last = noted.at(-1);
    if (last?.from === from && last.to === to && last.rule === rule) continue;
    if (noted.length >= MOST_NOTED) notedDropped += 1;
    else noted.push({ at: (Date.parse(at) - start) / 1000, from, to, rule, because });
  }
  return { noted, notedDropped };
}

function panelsOf(sides: readonly ChartedPolicy[]): readonly Panel[] {
  const at = sides[0]?.series.at ?? [];
  const curves = (valuesOf: (side: ChartedPolicy) => readonly (number | null)[] | undefined, shape: Curve["shape"]) =>
    sides.flatMap((side, index): readonly Curve[] => {
      const values = valuesOf(side)?.map((value) => value ?? 0);
      const color = COLORS[index % COLORS.length] ?? "";
      return values === undefined ? [] : [{ label: side.policy, values, color, shape: index === 0 ? "area" : shape }];
    });
  const panels: readonly Panel[] = [
    { title: "Replicas", at, curves: curves(({ series }) => series.desired, "steps"), unit: "count" },
    { title: TITLES.waiting, at, curves: curves(({ series }) => series.waiting, "line"), unit: "count" },
    { title: TITLES.arrivals, at, curves: curves(({ series }) => series.arrivalsPerMinute, "line"), unit: "count" },
  ];
  return panels.filter((panel) => panel.curves.length > 0);
}
