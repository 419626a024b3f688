import type { Compared } from "../../simulation/comparison.ts";
import { inWords } from "../../simulation/duration.ts";
import { MEASURES, type Measure } from "../../simulation/measures.ts";
import type { Rehearsal } from "../../simulation/rehearsal.ts";
import type { Estimate } from "../../simulation/statistics/confidence.ts";
import { messagesIn } from "../../simulation/traffic/traffic.ts";

type Terms = Omit<Rehearsal, "policy" | "autoscaler">;

/** One row a policy, and below what has to be known to read it. */
export function asTable(compared: readonly Compared[], terms: Terms): string {
  const measures = MEASURES.filter(({ name }) => compared.some((one) => one.measures[name] !== undefined));
  const rows = [
    ["policy", ...measures.map((measure) => headOf(measure, terms))],
    ...compared.map((one) => [one.policy, ...measures.map((measure) => cell(measure, one.measures[measure.name]))]),
  ];
  const widths = rows[0]?.map((_head, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return [...lines, "", ...compared.flatMap((one) => complaints(one, terms)), ...remarks(compared, terms), ""].join(
    "\n",
  );
}

function headOf({ name, head }: Measure, { objectiveSeconds }: Terms): string {
  return name === "shareOverObjective" ? `over ${inWords(objectiveSeconds ?? 0)}` : head;
}

function cell({ unit }: Measure, estimate: Estimate | undefined): string {
  if (estimate === undefined) return "-";
  const { mean, plusMinus } = estimate;
  return plusMinus === undefined ? shown(mean, unit) : `${shown(mean, unit)} ±${shown(plusMinus, unit)}`;
}

function shown(value: number, unit: Measure["unit"]): string {
  switch (unit) {
    case "seconds":
      return inWords(value);
    case "share":
      return value === 0 ? "0 %" : `${Number((value * 100).toPrecision(2))} %`;
    case "ratio":
      return value.toFixed(2);
    default:
      return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  }
}

function complaints({ policy, outcomes }: Compared, { drainSeconds }: Terms): readonly string[] {
  const stuck = outcomes.filter(({ drained }) => !drained);
  const worst = stuck.map(({ messages }) => messages.waiting + messages.inFlight);
  if (stuck.length === 0) return [];
  const which = outcomes.length === 1 ? "" : ` in ${stuck.length} of ${outcomes.length} runs`;
  const left = `${Math.round(Math.max(...worst))} messages were unfinished`;
  return [`${policy} does not drain${which}: ${left} ${inWords(drainSeconds)} after the last arrival.`];
}

function remarks(compared: readonly Compared[], { traffic, service, workers, seed }: Terms): readonly string[] {
  const first = compared[0]?.outcomes[0];
  const how =
    first?.mode === "batch"
      ? "Batch mode: the mean of many messages; what chance does to single ones is not in it."
      : "Exact mode: each message by itself.";
  const count = compared[0]?.outcomes.length ?? 1;
  const seeds = count === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + count - 1}, ± is a 95 % confidence interval`;
  const messages = Math.round(messagesIn(traffic));
  const usual = `${inWords(service.meanSeconds)} each, ${service.shape}`;
  const each = traffic.serviceMs === undefined ? usual : `service times of their own, else ${usual}`;
  return [
    `${traffic.name}: about ${messages} messages in ${inWords(traffic.durationMs / 1000)}; ${each}; ${workers.concurrency} at once a worker.`,
    `${how} Waits are within ${Number(((first?.waitSeconds.relativeError ?? 0) * 100).toPrecision(2))} %; ${seeds}.`,
    ...traffic.remarks,
  ];
}
