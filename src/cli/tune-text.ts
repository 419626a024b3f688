import { percent, roughly } from "../core/wording.ts";
import { type Estimate, MEASURES, pickEvenly } from "../lab/comparison.ts";
import { formatDuration } from "../lab/duration.ts";
import type { Stage } from "../lab/rehearsal.ts";
import { remarksHtml, renderPage, tableHtml } from "../lab/report/page.ts";
import { escapeHtml } from "../lab/report/panel.ts";
import { cellText, chartRuns, describeRuns, TITLES } from "../lab/report/report-page.ts";
import { costHead, type Scatter, type ScatterPoint, scatterPicture, scatterSvg } from "../lab/report/scatter.ts";
import { shortNames } from "../lab/sweep/field-values.ts";
import type { PolicyDocument } from "../lab/sweep/policy-document.ts";
import { type Candidate, findFrontier, sortByCost, waitName, waitOf } from "../lab/tune/candidate.ts";
import { holds, type Tuning } from "../lab/tune/tune.ts";
import { presentValue } from "../lab/tune/tuned-fields.ts";
import { type PictureOptions, writePictures } from "./shared/pictures.ts";
import { alignColumns } from "./shared/print.ts";

export interface ReportContext {
  readonly stage: Stage;
  readonly policy: PolicyDocument;
  readonly paths: readonly string[];
  /** What the check was made on. */
  readonly about: string;
}

const ROWS = 10;
const SHOWN = [
  "workerHours",
  "busyStopped",
  "hoursWithInterruptions",
  "waitP50Seconds",
  "waitP95Seconds",
  "waitP99Seconds",
  "shareOverObjective",
];

/** The frontier as a table, and below what was found and how sure it is. */
export function formatReport(tuning: Tuning, context: ReportContext): string {
  const told = [...describeFindings(tuning, context), ...describeRuns(rowsOf(tuning), context.stage)];
  return [...table(tuning, context), "", ...told, ""].join("\n");
}

/** All of it for a program. */
export function formatJson(tuning: Tuning, { about }: ReportContext): string {
  const { trials } = tuning;
  const plain = (candidate: Candidate | undefined) =>
    candidate && { settings: candidate.settings, meets: candidate.meets, measures: candidate.measures };
  const shown = {
    objective: tuning.objective,
    holds: holds(tuning),
    chosen: plain(tuning.chosen),
    present: plain(tuning.present),
    nearest: plain(tuning.nearest),
    check: tuning.check && { on: about, seeds: tuning.checkSeeds, ...plain(tuning.check) },
    frontier: findFrontier(tuning.candidates, tuning.objective).map(plain),
    tried: { settings: trials.settings, runs: trials.runs, refused: trials.refused.size },
    manifest: tuning.manifest?.text,
    removedComments: tuning.manifest?.removed,
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

/** The frontier, and on it or not, what is there now, what was chosen and what comes nearest. */
function rowsOf({ candidates, objective, present, chosen, nearest }: Tuning): readonly Candidate[] {
  const marked = [present, chosen, nearest].filter((one) => one !== undefined);
  return sortByCost([...new Set([...pickEvenly(findFrontier(candidates, objective), ROWS), ...marked])]);
}

function table(tuning: Tuning, context: ReportContext): readonly string[] {
  return alignColumns(tableRows(tuning, context), () => true);
}

/** What is shown as a table: its heads, then one row a setting. */
function tableRows(tuning: Tuning, { paths, policy }: ReportContext): readonly (readonly string[])[] {
  const { objective, present, chosen } = tuning;
  const measures = SHOWN.flatMap((name) =>
    present.measures[name] === undefined ? [] : MEASURES.filter((measure) => measure.name === name),
  );
  const heads = measures.map(({ name, head }) =>
    name === "shareOverObjective" ? `over ${formatDuration(objective.seconds)}` : head,
  );
  return [
    ["", ...shortNames(paths), ...heads, "meets it"],
    ...rowsOf(tuning).map((candidate) => [
      [candidate === chosen ? "best" : "", candidate === present ? "now" : ""].filter(Boolean).join(", "),
      ...paths.map((path) => String(candidate.settings[path] ?? presentValue(policy, path) ?? "-")),
      ...measures.map((measure) => cellText(measure, candidate.measures[measure.name])),
      candidate.meets,
    ]),
  ];
}

/** What was found and how sure it is, as sentences. */
function describeFindings(tuning: Tuning, { about, policy, stage }: ReportContext): readonly string[] {
  const { objective, chosen, nearest, check, checkSeeds, present, trials } = tuning;
  const hours = ({ cost: { mean, plusMinus = 0 } }: Candidate) =>
    `${Number(mean.toPrecision(3))} ±${roughly(plusMinus)} worker-hours${stage.interruptionSeconds ? " with interruptions" : ""}`;
  const allowed = `at most ${percent(1 - objective.share)} may wait longer than ${formatDuration(objective.seconds)}`;
  const tried = `Tried: ${trials.settings} settings in ${trials.runs} runs${trials.refused.size === 0 ? "" : `; ${trials.refused.size} that the format refuses were left out`}.`;
  if (chosen === undefined || check === undefined) {
    const over = nearest === undefined ? "" : `: the nearest leaves ${share(nearest.over)} waiting longer`;
    const hint = `${policy.autoscaler.maxReplicas} replicas are the most, and a worker takes ${formatDuration(stage.workers.startUpSeconds)} to start`;
    return [`No setting meets the objective (${allowed})${over}. ${hint}.`, tried];
  }
  const changes = Object.entries(chosen.settings).map(
    ([path, value]) => `${path} ${presentValue(policy, path) ?? "(not set)"} -> ${value}`,
  );
  const sure =
    chosen.meets === "yes"
      ? ""
      : " It is not sure that it meets the objective: --runs with a larger number would tell.";
  const what =
    changes.length === 0
      ? `Best: as it is, ${hours(chosen)}; nothing is cheaper for sure.`
      : `Best: ${changes.join(", ")}: ${hours(chosen)} instead of ${hours(present)}.`;
  return [
    `${what} ${share(chosen.over)} wait longer; ${allowed}.${sure}`,
    `Checked on ${about} (${checkSeeds[0]} to ${checkSeeds.at(-1)}): ${share(check.over)} wait longer, ${hours(check)}. ${HELD[check.meets]}`,
    tried,
  ];
}

const HELD = {
  yes: "It holds.",
  perhaps: "It may hold: the interval reaches over what is allowed.",
  no: "It does not hold there: nothing is written. A longer history, a smaller --held-out or a stricter objective may help.",
} as const;

function share({ mean, plusMinus = 0 }: Estimate): string {
  return `${percent(mean)} ±${percent(plusMinus)}`;
}

/** Writes the pictures of a search that were asked for. */
export async function drawTuning(options: PictureOptions, tuning: Tuning, context: ReportContext): Promise<void> {
  const { stage, policy } = context;
  const { trials } = tuning;
  const scatter = tuningScatter(tuning, trials.seen(stage.seed));
  const shown = [...new Set([tuning.present, tuning.chosen ?? tuning.nearest ?? tuning.present])];
  const courses = options.report === undefined ? [] : await trials.courses(shown, stage.seed);
  const pieces = [
    ...describeFindings(tuning, context).map(
      (text) => `<p${holds(tuning) ? "" : ' class="bad"'}>${escapeHtml(text)}</p>`,
    ),
    `<section><h2>Cost against wait</h2>${scatterSvg(scatter)}</section>`,
    tableHtml(tableRows(tuning, context)),
    remarksHtml(describeRuns(tuning.candidates, stage)),
  ];
  const charts = {
    heading: `Over time, seed ${stage.seed}`,
    start: stage.traffic.start / 1000,
    objectiveSeconds: tuning.objective.seconds,
    titles: TITLES,
    policies: chartRuns(courses),
  };
  await writePictures(options, {
    chart: () => scatterPicture(scatter),
    page: (assets) => renderPage({ title: `Tuning ${policy.name}: ${stage.traffic.name}`, pieces, charts }, assets),
  });
}

/** All that was tried: with every seed, or with the first one only; what is there now, what was chosen, and its check. */
function tuningScatter(tuning: Tuning, rough: readonly Candidate[]): Scatter {
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
    frontier: findFrontier(candidates, objective).flatMap((candidate) => points.get(candidate) ?? []),
    waitHead: HEADS[waitName(objective)],
    costHead: costHead(present),
    objectiveSeconds: objective.seconds,
  };
}

const HEADS = { waitP50Seconds: "wait p50", waitP95Seconds: "wait p95", waitP99Seconds: "wait p99" } as const;
