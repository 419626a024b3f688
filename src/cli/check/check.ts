import { describeProblem, isError } from "../../formats/describe-problem.ts";
import { UserError } from "../../shared/user-error.ts";
import { parseDefaults } from "../shared/parse-defaults.ts";
import { print, printError } from "../shared/print.ts";
import { findManifests } from "../shared/read-text.ts";
import type { CheckOptions } from "./check-options.ts";
import { checkFiles, type Finding, isWrong, rivals } from "./check-text.ts";
import { type Probed, probe } from "./probe.ts";

interface Checked extends Finding {
  readonly probed?: Probed;
}

/** Checks the files and prints what it found; the exit status: 2 something is wrong, 1 a queue cannot be read, else 0. */
export async function check(words: readonly string[], options: CheckOptions): Promise<number> {
  const defaults = parseDefaults(options);
  const current = Number(options.current);
  if (!Number.isInteger(current) || current < 0 || options.current.trim() === "") {
    throw new UserError(`--current: expected a whole number of 0 or more, got "${options.current}"`);
  }
  const found = rivals(checkFiles(findManifests(words), defaults));
  if (found.length === 0) printError(`nothing to check: no autoscaler in ${words.join(", ")}\n`);
  const checked: Checked[] = [];
  for (const finding of found) {
    const probed = options.probe && finding.autoscaler ? await probe(finding.autoscaler, current) : undefined;
    checked.push(probed === undefined ? finding : { ...finding, probed });
  }
  const strict = options.strict === true;
  print(options.output === "json" ? asJson(checked, strict) : checked.map((one) => asText(one, strict)).join(""));
  if (checked.some((one) => isWrong(one, strict))) return 2;
  return checked.some(({ probed }) => probed?.failed) ? 1 : 0;
}

function asText(finding: Checked, strict: boolean): string {
  const lines = finding.problems.map(
    (problem) => `${isError(problem) || strict ? "error" : "warning"}: ${describeProblem(problem)}`,
  );
  if (finding.autoscaler && !isWrong(finding, strict)) {
    lines.push(`${finding.probed?.failed ? "not read" : "ok"}: ${finding.file}: ${named(finding)}`);
  }
  for (const line of finding.probed?.lines ?? []) lines.push(`  ${line}`);
  return lines.map((line) => `${line}\n`).join("");
}

function named({ origin }: Finding): string {
  return origin === undefined ? "" : `${origin.kind} ${origin.namespace}/${origin.name}`;
}

function asJson(checked: readonly Checked[], strict: boolean): string {
  const shown = checked.map((finding) => ({
    file: finding.file,
    ...(finding.origin === undefined
      ? {}
      : { kind: finding.origin.kind, namespace: finding.origin.namespace, name: finding.origin.name }),
    ok: !isWrong(finding, strict) && finding.probed?.failed !== true,
    problems: finding.problems.map((problem) => ({ severity: "error", ...problem })),
    ...(finding.probed === undefined ? {} : { signals: finding.probed.signals, decision: finding.probed.decision }),
  }));
  return `${JSON.stringify(shown, null, 2)}\n`;
}
