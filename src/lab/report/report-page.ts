import type { Compared } from "../comparison.ts";
import { MEASURES } from "../measures.ts";
import type { Rehearsal } from "../rehearsal.ts";
import { comparedScatter } from "./compared-scatter.ts";
import { cellText, headText } from "./measure-text.ts";
import { type ChartedPolicy, type PageAssets, page, remarksHtml, tableHtml } from "./page.ts";
import { escaped } from "./panel.ts";
import { complaints, remarks } from "./remarks.ts";
import { scatterSvg } from "./scatter.ts";

/** Of the charts of a rehearsal. */
export const TITLES = { arrivals: "Arrivals a minute", waiting: "Messages that wait" };

type Terms = Omit<Rehearsal, "policy" | "autoscaler">;

/** One page on a comparison: its table, cost against wait, and linked charts with the reasons of decisions. */
export function reportPage(compared: readonly Compared[], terms: Terms, assets: PageAssets): string {
  const policies = charted(compared);
  const [first] = compared;
  const which = [
    policies.length < compared.length ? `${policies.length} of ${compared.length}` : "",
    (first?.outcomes.length ?? 1) > 1 ? "the first run of each" : "",
  ].filter(Boolean);
  const scatter = `<section><h2>Cost against wait</h2>${scatterSvg(comparedScatter(compared, terms.objectiveSeconds))}</section>`;
  const pieces = [
    tableHtml(rowsOf(compared, terms.objectiveSeconds)),
    ...complaints(compared, terms).map((text) => `<p class="bad">${escaped(text)}</p>`),
    remarksHtml(remarks(compared, terms)),
    ...(compared.length > 1 ? [scatter] : []),
  ];
  const charts = {
    heading: ["Over time", ...which].join(", "),
    start: terms.traffic.start / 1000,
    objectiveSeconds: terms.objectiveSeconds,
    titles: TITLES,
    policies,
  };
  return page({ title: `Rehearsal: ${terms.traffic.name}`, pieces, charts }, assets);
}

/** The first run of each policy, where its series was kept. */
export function charted(compared: readonly Compared[]): readonly ChartedPolicy[] {
  return compared.flatMap(({ policy, outcomes: [first] }) => {
    if (first === undefined || first.series.at.length === 0) return [];
    const { series, noted, notedDropped } = first;
    return [{ policy, series, noted, notedDropped }];
  });
}

function rowsOf(compared: readonly Compared[], objectiveSeconds: number | undefined): readonly (readonly string[])[] {
  const measures = MEASURES.filter(({ name }) => compared.some((one) => one.measures[name] !== undefined));
  return [
    ["policy", ...measures.map((measure) => headText(measure, objectiveSeconds))],
    ...compared.map(({ policy, measures: estimates }) => [
      policy,
      ...measures.map((measure) => cellText(measure, estimates[measure.name])),
    ]),
  ];
}
