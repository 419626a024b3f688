import { span } from "../../core/wording.ts";
import type { JournalEntry } from "../../journal/journal-entry.ts";
import { type ChartedPolicy, page, remarksHtml, tableHtml } from "../../lab/report/page.ts";
import type { Curve, Panel } from "../../lab/report/panel.ts";
import { picture } from "../../lab/report/picture.ts";
import type { NotedDecision } from "../../lab/statistics/series.ts";
import type { PictureOptions } from "../pictures/picture-options.ts";
import { writePictures } from "../pictures/write-pictures.ts";
import { remarksOn, type Shadowed, tableOf } from "./as-text.ts";

/** More points than a screen has pixels show nothing more. */
const MOST_POINTS = 1_500;
/** Decisions beyond so many are counted and not kept, as in a rehearsal. */
const MOST_NOTED = 5_000;
const COLORS = ["#9ca3af", "#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed"];
const TITLES = {
  arrivals: "Arrivals a minute, estimated",
  waiting: "Unfinished messages: measured for the actual replicas, ~ estimated",
};

/** Writes the pictures of a shadow that were asked for. */
export async function drawShadow(
  options: PictureOptions,
  shadowed: Shadowed,
  entries: readonly JournalEntry[],
): Promise<void> {
  const { id, course, comparison } = shadowed;
  const policies = chartedSides(shadowed, entries);
  const title = `Shadow of ${id}`;
  const pieces = [tableHtml(tableOf(shadowed)), remarksHtml(remarksOn(shadowed)), differencesHtml(shadowed)];
  const charts = {
    heading: `Over ${span(comparison.seconds * 1000)}`,
    start: course.start / 1000,
    titles: TITLES,
    replicasTogether: true,
    policies,
  } as const;
  await writePictures(options, {
    chart: () => picture(panelsOf(policies)),
    page: (assets) => page({ title, pieces, charts }, assets),
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

/** What there was, what was wanted, and each policy of the model. */
function chartedSides({ course, estimate }: Shadowed, entries: readonly JournalEntry[]): readonly ChartedPolicy[] {
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

/** Decisions that name other numbers, or another rule, than the one before. */
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
