import { page, remarksHtml, tableHtml } from "../../lab/report/page.ts";
import { escaped } from "../../lab/report/panel.ts";
import { remarks } from "../../lab/report/remarks.ts";
import { charted, TITLES } from "../../lab/report/report-page.ts";
import { type Scatter, type ScatterPoint, scatterPicture, scatterSvg } from "../../lab/report/scatter.ts";
import type { PictureOptions } from "../pictures/picture-options.ts";
import { writePictures } from "../pictures/write-pictures.ts";
import { findings, type ReportContext, tableRows } from "./as-report.ts";
import type { Candidate } from "./candidate.ts";
import { frontier, waitName, waitOf } from "./frontier.ts";
import { holds, type Tuning } from "./tuning.ts";

/** Writes the pictures of a search that were asked for. */
export async function drawTuning(options: PictureOptions, tuning: Tuning, context: ReportContext): Promise<void> {
  const { terms, trials, policy } = context;
  const scatter = tuningScatter(tuning, trials.seen(terms.seed));
  const shown = [...new Set([tuning.present, tuning.chosen ?? tuning.nearest ?? tuning.present])];
  const courses = options.report === undefined ? [] : await trials.courses(shown, terms.seed);
  const pieces = [
    ...findings(tuning, context).map((text) => `<p${holds(tuning) ? "" : ' class="bad"'}>${escaped(text)}</p>`),
    `<section><h2>Cost against wait</h2>${scatterSvg(scatter)}</section>`,
    tableHtml(tableRows(tuning, context)),
    remarksHtml(remarks(tuning.candidates, terms)),
  ];
  const charts = {
    heading: `Over time, seed ${terms.seed}`,
    start: terms.traffic.start / 1000,
    objectiveSeconds: tuning.objective.seconds,
    titles: TITLES,
    policies: charted(courses),
  };
  await writePictures(options, {
    chart: () => scatterPicture(scatter),
    page: (assets) => page({ title: `Tuning ${policy.name}: ${terms.traffic.name}`, pieces, charts }, assets),
  });
}

/** All that was tried: with every seed, or with the first one only; what is there now, what was chosen, and its check. */
export function tuningScatter(tuning: Tuning, rough: readonly Candidate[]): Scatter {
  const { candidates, objective, present, chosen, check } = tuning;
  const pointOf = (candidate: Candidate, role: ScatterPoint["role"] = "plain"): ScatterPoint => ({
    ...{ name: candidate.policy, cost: candidate.cost.mean, wait: waitOf(candidate, objective), role },
  });
  const known = new Set(candidates.map(({ policy }) => policy));
  const roleOf = (candidate: Candidate) => {
    if (candidate === chosen) return "chosen";
    return candidate === present ? "present" : "plain";
  };
  const points = new Map(candidates.map((candidate) => [candidate, pointOf(candidate, roleOf(candidate))]));
  return {
    points: [
      ...rough.filter(({ policy }) => !known.has(policy)).map((candidate) => pointOf(candidate, "faint")),
      ...points.values(),
      ...(check === undefined ? [] : [pointOf(check, "checked")]),
    ],
    frontier: frontier(candidates, objective).flatMap((candidate) => points.get(candidate) ?? []),
    waitHead: HEADS[waitName(objective)],
    objectiveSeconds: objective.seconds,
  };
}

const HEADS = { waitP50Seconds: "wait p50", waitP95Seconds: "wait p95", waitP99Seconds: "wait p99" } as const;
