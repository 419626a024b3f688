import { span } from "../core/wording.ts";
import { askJournal } from "../journal/explain.ts";
import { type ReplayedRow, type ReplayedSum, replay } from "../lab/replay.ts";
import { UserError } from "../shared/user-error.ts";
import { parseQuestion } from "./shared/explain.ts";
import { parseDefaults } from "./shared/parse-defaults.ts";
import { loadPolicies } from "./shared/policies.ts";
import { alignColumns, print } from "./shared/print.ts";
import type { SimulateOptions } from "./shared/rehearsal-options.ts";

/** Options that only play traffic. */
const NOT_HERE = ["traffic", "arrivals", "history", "values", "report", "svg", "png"] as const;

/** Replays the journal of one autoscaler by other policies and prints what each would have decided. */
export async function replayJournal(path: string, options: SimulateOptions): Promise<void> {
  const other = NOT_HERE.find((option) => options[option] !== undefined);
  if (other !== undefined) throw new UserError(`expected --journal or --${other}, got both`);
  const policies = loadPolicies(options.filename ?? [], parseDefaults(options));
  const origin = policies[0]?.autoscaler.origin;
  const written = options.of ?? `${origin?.namespace}/${origin?.name}`;
  const { kind } = options;
  const question = {
    ...parseQuestion(written, { service: "", output: "text", ...(kind === undefined ? {} : { kind }) }, Date.now()),
    last: Number.POSITIVE_INFINITY,
  };
  const { id, entries, tried } = await askJournal(path, question);
  const { rows, sums } = replay(entries, policies);
  const asJson = () =>
    `${JSON.stringify({ id, policies: policies.map(({ name }) => name), rows, sums }, undefined, 2)}\n`;
  print(options.output === "json" ? asJson() : formatTable(id, rows, sums, tried));
}

function formatTable(
  id: string,
  rows: readonly ReplayedRow[],
  sums: readonly ReplayedSum[],
  remarks: readonly string[],
): string {
  const [, ...policies] = sums;
  const head = ["time", "for", "workers", "decided", ...policies.map(({ name }) => name)];
  const cells = rows.map((row) => [
    ...[row.at, span(row.seconds * 1000), String(row.currentReplicas), String(row.decided)],
    ...row.replayed.map(({ desiredReplicas }) => `${desiredReplicas}${desiredReplicas === row.decided ? " " : "*"}`),
  ]);
  const [headLine = "", ...lines] = alignColumns([head, ...cells], () => true);
  const reasons = policies.length === 1 ? rows.map((row) => differenceOf(row)) : [];
  return [
    `${id}: ${rows.length} recorded decisions; * is another number than was decided`,
    "",
    headLine,
    ...lines.map((line, index) => `${line}${reasons[index] ?? ""}`),
    "",
    ...sums.map(({ name, replicaHours, different, differentSeconds }, index) => {
      const differs =
        index === 0 ? "" : `; another number in ${different} of ${rows.length}, for ${span(differentSeconds * 1000)}`;
      return `${name}: ${replicaHours} replica-hours asked for${differs}`;
    }),
    ...remarks.map((remark) => `(${remark})`),
    "",
  ].join("\n");
}

function differenceOf({ replayed: [only], decided }: ReplayedRow): string {
  return only === undefined || only.desiredReplicas === decided ? "" : `  ${only.because}`;
}
