import { span } from "../../core/wording.ts";
import type { JournalEntry } from "../../journal/journal-entry.ts";
import { UserError } from "../../shared/user-error.ts";
import { parseDefaults } from "../shared/parse-defaults.ts";
import { alignColumns, print } from "../shared/print.ts";
import { policiesOf } from "../simulate/policies.ts";
import type { SimulateOptions } from "../simulate/simulate-options.ts";
import { askJournal } from "../why/ask-journal.ts";
import { questionFrom } from "../why/why-options.ts";
import { type Replayed, replayed } from "./replayed.ts";

/** Options of a rehearsal, which plays traffic; here none is played. */
const NOT_HERE = ["traffic", "arrivals", "history", "values", "report", "svg", "png"] as const;

/** What each policy would have decided at one recorded moment, beside what was decided. */
interface Row {
  readonly at: string;
  /** Until the next decision. */
  readonly seconds: number;
  readonly currentReplicas: number;
  readonly decided: number;
  /** In the order of the policies. */
  readonly replayed: readonly Replayed[];
}

/** Of one policy, or of what was decided. */
interface Sum {
  readonly name: string;
  /** Replicas that were asked for, times how long. */
  readonly replicaHours: number;
  /** Decisions that differ from the recorded ones, and how long those held. */
  readonly different: number;
  readonly differentSeconds: number;
}

/** Replays the journal of one autoscaler by other policies, and prints what would have been decided when. */
export async function replayJournal(path: string, options: SimulateOptions): Promise<void> {
  const other = NOT_HERE.find((option) => options[option] !== undefined);
  if (other !== undefined) throw new UserError(`expected --journal or --${other}, got both`);
  const policies = policiesOf(options.filename ?? [], parseDefaults(options));
  const origin = policies[0]?.autoscaler.origin;
  const written = options.of ?? `${origin?.namespace}/${origin?.name}`;
  const { kind } = options;
  const question = {
    ...questionFrom(written, { service: "", output: "text", ...(kind === undefined ? {} : { kind }) }, Date.now()),
    last: Number.POSITIVE_INFINITY,
  };
  const { id, entries, tried } = await askJournal(path, question);
  const answers = policies.map(({ autoscaler }) => replayed(autoscaler, entries));
  const rows = entries.map((entry, index) => ({
    at: entry.at,
    seconds: secondsOf(entry, entries[index + 1]),
    currentReplicas: entry.currentReplicas,
    decided: entry.desiredReplicas,
    replayed: answers.map((of) => of[index] as Replayed),
  }));
  const sums = [
    sumOf("decided", rows, ({ decided }) => decided),
    ...policies.map(({ name }, which) => sumOf(name, rows, (row) => row.replayed[which]?.desiredReplicas ?? 0)),
  ];
  const asJson = () =>
    `${JSON.stringify({ id, policies: policies.map(({ name }) => name), rows, sums }, undefined, 2)}\n`;
  print(options.output === "json" ? asJson() : asTable(id, rows, sums, tried));
}

function secondsOf(entry: JournalEntry, next: JournalEntry | undefined): number {
  return Math.max(0, Date.parse(next?.at ?? entry.until) - Date.parse(entry.at)) / 1000;
}

function sumOf(name: string, rows: readonly Row[], replicas: (row: Row) => number): Sum {
  const different = rows.filter((row) => replicas(row) !== row.decided);
  const total = (of: readonly Row[], what: (row: Row) => number) => of.reduce((sum, row) => sum + what(row), 0);
  return {
    name,
    replicaHours: Number((total(rows, (row) => replicas(row) * row.seconds) / 3600).toPrecision(6)),
    different: different.length,
    differentSeconds: Number(total(different, ({ seconds }) => seconds).toFixed(3)),
  };
}

function asTable(id: string, rows: readonly Row[], sums: readonly Sum[], remarks: readonly string[]): string {
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

function differenceOf({ replayed: [only], decided }: Row): string {
  return only === undefined || only.desiredReplicas === decided ? "" : `  ${only.because}`;
}
