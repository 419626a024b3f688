import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { PolicyDocument } from "../lab/sweep/policy-document.ts";
import { holdOut, holds, type Tuning, tune } from "../lab/tune/tune.ts";
import { chooseFields } from "../lab/tune/tuned-fields.ts";
import { describeFileError, UserError } from "../shared/user-error.ts";
import { parseDefaults } from "./shared/parse-defaults.ts";
import { parseDurationOption, parseNumberOption } from "./shared/parse-numbers.ts";
import { refuseUnwritablePictures } from "./shared/pictures.ts";
import { loadPolicyDocuments } from "./shared/policies.ts";
import { print } from "./shared/print.ts";
import { withProgress } from "./shared/progress-line.ts";
import { readTraffic } from "./shared/read-traffic.ts";
import type { SimulateOptions } from "./shared/rehearsal-options.ts";
import { parseStage, parseThreads, refuseUnknownSignals } from "./shared/rehearsal-terms.ts";
import { drawTuning, formatJson, formatReport, type ReportContext } from "./tune-text.ts";

/** Searches, checks and prints; returns 1 if no setting meets the objective, or the best one fails the check. */
export async function runTune(all: TuneOptions): Promise<number> {
  const { filename, ...rest } = all;
  const options = { ...rest, ...(filename === undefined ? {} : { filename: [filename] }) };
  const defaults = parseDefaults(options);
  const policy = requireOne(loadPolicyDocuments(options.filename ?? [], defaults));
  const runs = parseNumberOption("--runs", all.runs, { from: 2, to: 1_000, whole: true });
  const tries = parseNumberOption("--tries", all.tries, { from: 1, to: 100_000, whole: true });
  const share = parseNumberOption("--within", all.within, { from: 1, to: 100 }) / 100;
  const objective = { seconds: parseDurationOption("--objective", all.objective, 0.001), share };
  const part = parseNumberOption("--held-out", all.heldOut, { from: 0, to: 0.9 });
  const threads = parseThreads(all);
  const fields = chooseFields(all.vary, policy, tries, defaults);
  refuseUnknownSignals(options, [policy]);
  if (all.write !== undefined) refuseUnwritable(all.write);
  refuseUnwritablePictures(all);
  const { tuned, checked, about } = holdOut(await readTraffic(options, [policy]), part);
  const stage = parseStage(options, tuned);
  const terms = { policy, defaults, objective, fields, stage, checked, runs, threads };
  const tuning = await withProgress((progress) => tune({ ...terms, progress }));
  const context = { stage, about, paths: fields.map(({ path }) => path), policy };
  try {
    await drawTuning(all, tuning, context);
  } finally {
    // A full disk must not lose a result that took long.
    printTuning(all, tuning, context);
  }
  return holds(tuning) ? 0 : 1;
}

/** Prints or writes the manifest only if it passed the check. */
function printTuning({ output, write: file }: TuneOptions, tuning: Tuning, context: ReportContext): void {
  const { manifest } = tuning;
  const removed = (manifest?.removed ?? []).map((comment) => `Removed a comment on what changed: ${comment}\n`);
  const report = formatReport(tuning, context) + removed.join("");
  const isWritten = manifest !== undefined && file !== undefined;
  if (isWritten) write(file, manifest.text);
  if (output === "json") print(formatJson(tuning, context));
  else if (manifest === undefined || isWritten) print(report);
  else print(`${report.replace(/^(.*)\n/gm, (_, line: string) => `${`# ${line}`.trimEnd()}\n`)}\n${manifest.text}`);
  if (isWritten && output !== "json") print(`Written to ${file}.\n`);
}

function requireOne(policies: readonly PolicyDocument[]): PolicyDocument {
  const [policy, ...others] = policies;
  if (policy !== undefined && others.length === 0) return policy;
  throw new UserError(
    `expected a file with one autoscaler, got ${policies.length}: ${policies.map(({ name }) => name).join(", ")}`,
  );
}

/** Fails before a long search rather than after it. */
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

export interface TuneOptions extends Omit<SimulateOptions, "filename"> {
  readonly filename?: string;
  readonly within: string;
  readonly vary: readonly string[];
  readonly tries: string;
  readonly heldOut: string;
  readonly write?: string;
}
