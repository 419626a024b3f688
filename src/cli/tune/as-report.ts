import { percent, roughly } from "../../core/wording.ts";
import { inWords } from "../../lab/duration.ts";
import { MEASURES } from "../../lab/measures.ts";
import type { Rehearsal } from "../../lab/rehearsal.ts";
import { cellText } from "../../lab/report/measure-text.ts";
import { remarks } from "../../lab/report/remarks.ts";
import type { Estimate } from "../../lab/statistics/confidence.ts";
import { spread } from "../../lab/statistics/frontier.ts";
import { alignColumns } from "../shared/print.ts";
import type { PolicyDocument } from "../sweep/policy-documents.ts";
import { shortNames } from "../sweep/settings-in-words.ts";
import { byCost, type Candidate } from "./candidate.ts";
import { frontier } from "./frontier.ts";
import type { Trials } from "./trials.ts";
import { presentValue } from "./tuned-fields.ts";
import type { TunedManifest } from "./tuned-manifest.ts";
import { holds, type Tuning } from "./tuning.ts";

export interface ReportContext {
  readonly terms: Omit<Rehearsal, "policy" | "autoscaler">;
  readonly policy: PolicyDocument;
  readonly paths: readonly string[];
  /** What the check was made on, and the seeds of it. */
  readonly about: string;
  readonly others: readonly number[];
  readonly trials: Trials;
}

const ROWS = 10;
const SHOWN = ["workerHours", "waitP50Seconds", "waitP95Seconds", "waitP99Seconds", "shareOverObjective"];

/** The frontier as a table, and below what was found and how sure it is. */
export function asReport(tuning: Tuning, context: ReportContext): string {
  const told = [...findings(tuning, context), ...remarks(rowsOf(tuning), context.terms)];
  return [...table(tuning, context), "", ...told, ""].join("\n");
}

/** All of it for a program. */
export function inJson(
  tuning: Tuning,
  { about, others, trials }: ReportContext,
  manifest: TunedManifest | undefined,
): string {
  const plain = (candidate: Candidate | undefined) =>
    candidate && { settings: candidate.settings, meets: candidate.meets, measures: candidate.measures };
  const shown = {
    objective: tuning.objective,
    holds: holds(tuning),
    chosen: plain(tuning.chosen),
    present: plain(tuning.present),
    nearest: plain(tuning.nearest),
    check: tuning.check && { on: about, seeds: others, ...plain(tuning.check) },
    frontier: frontier(tuning.candidates, tuning.objective).map(plain),
    tried: { settings: trials.settings, runs: trials.runs, refused: trials.refused.size },
    manifest: manifest?.text,
    removedComments: manifest?.removed,
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

/** The frontier, and on it or not, what is there now, what was chosen and what comes nearest. */
function rowsOf({ candidates, objective, present, chosen, nearest }: Tuning): readonly Candidate[] {
  const marked = [present, chosen, nearest].filter((one) => one !== undefined);
  return byCost([...new Set([...spread(frontier(candidates, objective), ROWS), ...marked])]);
}

function table(tuning: Tuning, context: ReportContext): readonly string[] {
  return alignColumns(tableRows(tuning, context), () => true);
}

/** What is shown as a table: its heads, then one row a setting. */
export function tableRows(tuning: Tuning, { paths, policy }: ReportContext): readonly (readonly string[])[] {
  const { objective, present, chosen } = tuning;
  const measures = SHOWN.flatMap((name) => MEASURES.filter((measure) => measure.name === name));
  const heads = measures.map(({ name, head }) =>
    name === "shareOverObjective" ? `over ${inWords(objective.seconds)}` : head,
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
export function findings(tuning: Tuning, { about, others, trials, policy, terms }: ReportContext): readonly string[] {
  const { objective, chosen, nearest, check, present } = tuning;
  const allowed = `at most ${percent(1 - objective.share)} may wait longer than ${inWords(objective.seconds)}`;
  const tried = `Tried: ${trials.settings} settings in ${trials.runs} runs${trials.refused.size === 0 ? "" : `; ${trials.refused.size} that the format refuses were left out`}.`;
  if (chosen === undefined || check === undefined) {
    const over = nearest === undefined ? "" : `: the nearest leaves ${share(nearest.over)} waiting longer`;
    const hint = `${policy.autoscaler.maxReplicas} replicas are the most, and a worker takes ${inWords(terms.workers.startUpSeconds)} to start`;
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
      ? `Best: as it is, ${hours(chosen.cost)}; nothing is cheaper for sure.`
      : `Best: ${changes.join(", ")}: ${hours(chosen.cost)} instead of ${hours(present.cost)}.`;
  return [
    `${what} ${share(chosen.over)} wait longer; ${allowed}.${sure}`,
    `Checked on ${about} (${others[0]} to ${others.at(-1)}): ${share(check.over)} wait longer, ${hours(check.cost)}. ${HELD[check.meets]}`,
    tried,
  ];
}

const HELD = {
  yes: "It holds.",
  perhaps: "It may hold: the interval reaches over what is allowed.",
  no: "It does not hold there: nothing is written. A longer history, a smaller --held-out or a stricter objective may help.",
} as const;

function hours({ mean, plusMinus = 0 }: Estimate): string {
  return `${Number(mean.toPrecision(3))} ±${roughly(plusMinus)} worker-hours`;
}

function share({ mean, plusMinus = 0 }: Estimate): string {
  return `${percent(mean)} ±${percent(plusMinus)}`;
}
