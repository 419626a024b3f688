import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../../shared/user-error.ts";
import { refuseUnwritablePictures } from "../pictures/write-pictures.ts";
import { parseDefaults } from "../shared/parse-defaults.ts";
import { print } from "../shared/print.ts";
import { describeFileError } from "../shared/read-text.ts";
import { durationOf, numberOf } from "../simulate/numbers.ts";
import { ProgressLine } from "../simulate/progress-line.ts";
import { refuseUnknownSignals, rehearsalTerms } from "../simulate/rehearsal-terms.ts";
import { trafficOf } from "../simulate/traffic-of.ts";
import { type PolicyDocument, policyDocuments } from "../sweep/policy-documents.ts";
import { asReport, inJson, type ReportContext } from "./as-report.ts";
import { drawTuning } from "./draw-tuning.ts";
import { heldOut } from "./held-out.ts";
import { search } from "./search.ts";
import { Trials } from "./trials.ts";
import type { TuneOptions } from "./tune-options.ts";
import { presentValue, tunedFields } from "./tuned-fields.ts";
import { type TunedManifest, tunedManifest } from "./tuned-manifest.ts";
import { chosenAmong, holds, type Tuning } from "./tuning.ts";

/** Searches, checks and prints; 1 where nothing meets the objective, or does not where it is checked. */
export async function runTune(all: TuneOptions): Promise<number> {
  const { filename, ...rest } = all;
  const options = { ...rest, ...(filename === undefined ? {} : { filename: [filename] }) };
  const defaults = parseDefaults(options);
  const policy = onlyPolicy(policyDocuments(options.filename ?? [], defaults));
  const runs = numberOf("--runs", all.runs, { from: 2, to: 1_000, whole: true });
  const tries = numberOf("--tries", all.tries, { from: 1, to: 100_000, whole: true });
  const share = numberOf("--within", all.within, { from: 1, to: 100 }) / 100;
  const objective = { seconds: durationOf("--objective", all.objective, 0.001), share };
  const part = numberOf("--held-out", all.heldOut, { from: 0, to: 0.9 });
  const fields = tunedFields(all.vary, policy, tries, defaults);
  refuseUnknownSignals(options, [policy]);
  if (all.write !== undefined) refuseUnwritable(all.write);
  refuseUnwritablePictures(all);
  const { tuned, checked, about } = heldOut(await trafficOf(options, [policy]), part);
  const terms = rehearsalTerms(options, tuned);
  const seeds = Array.from({ length: runs }, (_, index) => terms.seed + index);
  const progress = new ProgressLine(process.stderr);
  const common = { policy, defaults, objective, progress };
  const trials = new Trials({ ...common, stage: { options, traffic: tuned } });
  try {
    const present = (path: string) => presentValue(policy, path);
    const candidates = await search({ trials, fields, present, objective, seeds });
    const asItIs = candidates.find(({ settings }) => Object.keys(settings).length === 0) as (typeof candidates)[number];
    const choice = chosenAmong(candidates, asItIs);
    const others = seeds.map((seed) => seed + runs);
    const checking = new Trials({ ...common, stage: { options, traffic: checked } });
    const [check] =
      choice.chosen === undefined ? [] : await checking.play([choice.chosen.settings], others, "checking");
    progress.end();
    const tuning = { objective, candidates, present: asItIs, ...choice, ...(check === undefined ? {} : { check }) };
    return await tell(tuning, { all, policy, defaults, terms, about, others, trials, fields });
  } finally {
    progress.end();
  }
}

interface Told {
  readonly all: TuneOptions;
  readonly policy: PolicyDocument;
  readonly defaults: ReturnType<typeof parseDefaults>;
  readonly terms: ReturnType<typeof rehearsalTerms>;
  readonly about: string;
  readonly others: readonly number[];
  readonly trials: Trials;
  readonly fields: ReturnType<typeof tunedFields>;
}

/** The manifest is printed or written only where the objective is met, where it is checked too. */
async function tell(
  tuning: Tuning,
  { all, policy, defaults, terms, about, others, trials, fields }: Told,
): Promise<number> {
  const { chosen } = tuning;
  const isSure = holds(tuning);
  const manifest = isSure && chosen !== undefined ? tunedManifest(policy, chosen.settings, defaults) : undefined;
  const context = { terms, about, others, trials, paths: fields.map(({ path }) => path), policy };
  try {
    await drawTuning(all, tuning, context);
  } finally {
    // What took long to find out is not lost with a disk that is full.
    say(all, tuning, { context, manifest });
  }
  return isSure ? 0 : 1;
}

function say(
  all: TuneOptions,
  tuning: Tuning,
  { context, manifest }: { readonly context: ReportContext; readonly manifest: TunedManifest | undefined },
): void {
  const report = asReport(tuning, context) + removedComments(manifest);
  if (manifest !== undefined && all.write !== undefined) write(all.write, manifest.text);
  if (all.output === "json") print(inJson(tuning, context, manifest));
  else if (manifest === undefined || all.write !== undefined) print(report);
  else print(`${report.replace(/^(.*)\n/gm, (_, line: string) => `${`# ${line}`.trimEnd()}\n`)}\n${manifest.text}`);
  if (manifest !== undefined && all.write !== undefined && all.output !== "json") print(`Written to ${all.write}.\n`);
}

function removedComments(manifest: TunedManifest | undefined): string {
  const { removed = [] } = manifest ?? {};
  return removed.map((comment) => `Removed a comment on what changed: ${comment}\n`).join("");
}

function onlyPolicy(policies: readonly PolicyDocument[]): PolicyDocument {
  const [policy, ...others] = policies;
  if (policy !== undefined && others.length === 0) return policy;
  throw new UserError(
    `expected a file with one autoscaler, got ${policies.length}: ${policies.map(({ name }) => name).join(", ")}`,
  );
}

/** Better known before a long search than after it. */
function refuseUnwritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    throw new UserError(`--write: ${file}: cannot be written: ${describeFileError(error)}`);
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError(`--write: ${file}: cannot be written: ${describeFileError(error)}`);
  }
}
