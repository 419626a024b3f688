import type { Autoscaler, Decision, SignalState } from "../core/index.ts";
import { type Finding, isWrong, refuseRivals } from "../formats/check-text.ts";
import { describeProblem, isError } from "../formats/problems.ts";
import { decideOnSchedule } from "../formats/schedule.ts";
import { checkManifests as checkFiles, readGrace, readManifests } from "./shared/check-files.ts";
import { type ClusterOptions, withCluster } from "./shared/cluster-objects.ts";
import type { DefaultsOptions } from "./shared/options.ts";
import { parseDefaults } from "./shared/parse-defaults.ts";
import { parseNumberOption } from "./shared/parse-numbers.ts";
import { missingCredentials, pollAll, pollOnce } from "./shared/poll-once.ts";
import { print, printError } from "./shared/print.ts";
import { findManifests } from "./shared/read-text.ts";

/** What commander makes of the options of `muster check`. */
export interface CheckOptions extends DefaultsOptions, ClusterOptions {
  readonly output: "text" | "json";
  readonly strict?: true;
  readonly probe?: true;
  readonly cluster?: true;
  readonly current: string;
}

/** What one poll of an autoscaler's sources found. */
interface Probed {
  readonly signals: Readonly<Record<string, SignalState>>;
  readonly decision: Decision;
  /** Whether a source could not be read. */
  readonly failed: boolean;
}

interface Checked extends Finding {
  readonly probed?: Probed;
}

/** Checks the files and prints what it found; the exit status: 2 something is wrong, 1 a queue cannot be read, else 0. */
export async function checkManifests(words: readonly string[], options: CheckOptions): Promise<number> {
  const defaults = parseDefaults(options);
  const current = parseNumberOption("--current", options.current, { from: 0, whole: true });
  const manifests = readManifests(findManifests(words));
  let findings = checkFiles(manifests, defaults);
  if (options.cluster) {
    await withCluster(options, async (cluster) => {
      findings = checkFiles(manifests, defaults, await readGrace(cluster, findings));
    });
  }
  const found = refuseRivals(findings);
  if (found.length === 0) printError(`nothing to check: no autoscaler in ${words.join(", ")}\n`);
  const checked: Checked[] = [];
  for (const finding of found) {
    const { autoscaler } = finding;
    checked.push(options.probe && autoscaler ? { ...finding, probed: await probe(autoscaler, current) } : finding);
  }
  const strict = options.strict === true;
  print(
    options.output === "json"
      ? asJson(checked, strict)
      : checked.map((finding) => asText(finding, strict, current)).join(""),
  );
  if (checked.some((finding) => isWrong(finding, strict))) return 2;
  return checked.some(({ probed }) => probed?.failed) ? 1 : 0;
}

/** Reads each signal once, without touching any message, and decides as if the workload had `current` replicas. */
async function probe(autoscaler: Autoscaler, current: number): Promise<Probed> {
  const signals = await pollAll(autoscaler, pollOnce);
  const decision = decideOnSchedule({ autoscaler, currentReplicas: current, signals, memory: {}, now: Date.now() });
  return { signals, decision, failed: Object.values(signals).some(({ failure }) => failure !== undefined) };
}

function asText(finding: Checked, strict: boolean, current: number): string {
  const { autoscaler, origin, probed } = finding;
  const lines = finding.problems.map(
    (problem) => `${isError(problem) || strict ? "error" : "warning"}: ${describeProblem(problem)}`,
  );
  if (autoscaler && !isWrong(finding, strict)) {
    const name = `${origin?.kind} ${origin?.namespace}/${origin?.name}`;
    lines.push(`${probed?.failed ? "not read" : "ok"}: ${finding.file}: ${name}`);
  }
  if (autoscaler && probed) lines.push(...probedAsText(autoscaler, probed, current).map((line) => `  ${line}`));
  return lines.map((line) => `${line}\n`).join("");
}

function probedAsText(autoscaler: Autoscaler, { signals, decision }: Probed, current: number): readonly string[] {
  const isMissing = autoscaler.signals.some(({ source }) => missingCredentials(source).length > 0);
  const replicas = `${current} ${current === 1 ? "replica" : "replicas"}`;
  return [
    ...Object.entries(signals).map(signalAsText),
    ...(isMissing
      ? [
          `hand in its Secret too: kubectl get secret NAME -n ${autoscaler.origin.namespace} -o yaml | muster check --probe - FILE`,
        ]
      : []),
    `with ${replicas} now, ${decision.desiredReplicas} would be asked for:`,
    ...decision.steps.map(({ rule, from, to, because }) => `  ${rule}: ${from} -> ${to}: ${because}`),
  ];
}

function signalAsText([name, { reading, failure }]: readonly [string, SignalState]): string {
  if (failure !== undefined) return `${name} cannot be read: ${failure.kind}: ${failure.message}`;
  const { at: _, doubts, ...numbers } = reading ?? { at: 0 };
  const shown = Object.entries(numbers).map(([what, number]) => `${what} ${number}`);
  return `${name}: ${[...shown, ...(doubts ?? []).map(({ message }) => message)].join(", ")}`;
}

function asJson(checked: readonly Checked[], strict: boolean): string {
  const shown = checked.map((finding) => ({
    file: finding.file,
    ...(finding.origin && {
      kind: finding.origin.kind,
      namespace: finding.origin.namespace,
      name: finding.origin.name,
    }),
    ok: !isWrong(finding, strict) && finding.probed?.failed !== true,
    problems: finding.problems.map((problem) => ({ severity: "error", ...problem })),
    ...(finding.probed && { signals: finding.probed.signals, decision: finding.probed.decision }),
  }));
  return `${JSON.stringify(shown, null, 2)}\n`;
}
