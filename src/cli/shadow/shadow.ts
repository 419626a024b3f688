import { explain, Unanswered } from "../why/explain.ts";
import { span } from "../why/span.ts";
import { questionFrom, type WhereToAsk } from "../why/why-options.ts";
import { type Comparison, compared } from "./compared.ts";

/** The options of `muster shadow`, as they were written. */
export interface ShadowOptions extends WhereToAsk {
  readonly output: "text" | "json";
}

/** Compares on standard output; returns the exit status: 1 where nobody could be asked. */
export async function shadow(name: string, options: ShadowOptions): Promise<number> {
  const question = { ...questionFrom(name, options, Date.now()), last: Number.POSITIVE_INFINITY };
  try {
    const { id, from, entries } = await explain(question, options);
    const comparison = compared(entries);
    const asJson = () => `${JSON.stringify({ id, from, ...comparison }, undefined, 2)}\n`;
    process.stdout.write(options.output === "json" ? asJson() : asText(id, from, comparison));
    return 0;
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    process.stderr.write(`muster: ${error.message}\n`);
    return 1;
  }
}

function asText(id: string, from: string, comparison: Comparison): string {
  const { since, until, seconds, decisions, isDryRun, actual, wanted, greatest } = comparison;
  const row = (what: string, one: number | string, other: number | string) =>
    `  ${what.padEnd(14)}${String(one).padStart(10)}${String(other).padStart(10)}`;
  return [
    `${id}: ${decisions} decisions in ${span(seconds * 1000)}${since === undefined ? "" : `, ${since} to ${until}`}`,
    "",
    row("", "actual", "wanted"),
    row("replica-hours", actual.replicaHours, wanted.replicaHours),
    row("scalings", actual.scalings, wanted.scalings),
    row("least", actual.least, wanted.least),
    row("most", actual.most, wanted.most),
    "",
    ...greatest.map(
      (one) =>
        `  ${one.at}, for ${span(one.seconds * 1000)}: ${one.actual} actual, ${one.wanted} wanted: ${one.because}`,
    ),
    ...(greatest.length === 0 ? ["  no difference at any time"] : []),
    "",
    `(from ${from})`,
    ...(isDryRun ? [] : ["(not a dry run all the time: actual replicas are those that it set itself)"]),
    "",
  ].join("\n");
}
