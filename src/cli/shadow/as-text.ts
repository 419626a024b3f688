import { span } from "../../core/wording.ts";
import { inWords } from "../../lab/duration.ts";
import type { Workers } from "../../lab/plant/plant.ts";
import { alignColumns } from "../shared/print.ts";
import type { Comparison, Difference, Side } from "./compared.ts";
import type { Course } from "./course.ts";
import type { BacklogSum, Estimate, Modelled } from "./estimate.ts";

/** All that is told of a shadow. */
export interface Shadowed {
  readonly id: string;
  /** Who was asked, as a phrase, and what was tried before. */
  readonly from: string;
  readonly tried: readonly string[];
  readonly workers: Workers;
  /** The signals whose values are messages. */
  readonly queues: readonly string[];
  readonly course: Course;
  readonly comparison: Comparison;
  /** Of the backlog that was read. */
  readonly measured: BacklogSum | undefined;
  /** Or why there is none. */
  readonly estimate: Estimate | string;
}

/** For people: a table, the greatest differences, and what is measured and what is not. */
export function asText(shadowed: Shadowed): string {
  const { id, from, tried, comparison } = shadowed;
  const { since, until, seconds, decisions, greatest } = comparison;
  return [
    `${id}: ${decisions} decisions in ${span(seconds * 1000)}${since === undefined ? "" : `, ${since} to ${until}`}`,
    "",
    ...alignColumns(tableOf(shadowed)).map((line) => `  ${line}`),
    "",
    ...greatest.map((one) => `  ${differenceInWords(one)}`),
    ...(greatest.length === 0 ? ["  no difference at any time"] : []),
    "",
    ...remarksOn(shadowed),
    `(from ${from})`,
    ...tried.map((one) => `(${one})`),
    "",
  ].join("\n");
}

/** Rows of texts: one column for each side, estimates with a wave before them. */
export function tableOf({ comparison, measured, estimate }: Shadowed): readonly (readonly string[])[] {
  const { actual, wanted } = comparison;
  const isEstimated = typeof estimate !== "string";
  const columns: readonly { head: string; side: Side; backlog: BacklogSum | undefined; mark: string }[] = [
    { head: "actual", side: actual, backlog: measured, mark: "" },
    { head: "wanted", side: wanted, backlog: undefined, mark: "" },
    ...(isEstimated ? estimate.policies : []).map(({ policy, side, sum }) => ({
      ...{ head: `~${policy}`, side, backlog: sum, mark: "~" },
    })),
  ];
  const row = (name: string, of: (side: Side) => number) => [
    name,
    ...columns.map(({ side, mark }) => `${mark}${of(side)}`),
  ];
  const backlogRow = (name: string, of: (sum: BacklogSum) => number) => [
    name,
    ...columns.map(({ backlog, mark }) => (backlog === undefined ? "-" : `${mark}${of(backlog)}`)),
  ];
  return [
    ["", ...columns.map(({ head }) => head)],
    row("replica-hours", ({ replicaHours }) => Number(replicaHours.toPrecision(4))),
    row("scalings", ({ scalings }) => scalings),
    row("least", ({ least }) => least),
    row("most", ({ most }) => most),
    ...(measured === undefined
      ? []
      : [backlogRow("backlog, mean", ({ mean }) => mean), backlogRow("backlog, most", ({ most }) => most)]),
  ];
}

function differenceInWords({ from, at, seconds, actual, wanted, backlog, because }: Difference): string {
  const unfinished = backlog === undefined ? "" : `, backlog ${backlog}`;
  const most = at === from ? "" : `, most at ${at}`;
  return `${from}, for ${span(seconds * 1000)}${most}: ${actual} actual, ${wanted} wanted${unfinished}: ${because}`;
}

const OPEN_LOOP =
  "Wanted replicas were decided for the actual backlog, and without cool-downs, as a dry run scales nothing.";

/** What is measured, what is estimated and how far that is off, as sentences. */
export function remarksOn({ comparison, workers, queues, measured, estimate }: Shadowed): readonly string[] {
  const notDry = comparison.isDryRun
    ? []
    : ["(not a dry run all the time: actual replicas are those that it set itself)"];
  const what =
    measured === undefined
      ? []
      : [`Backlog: unfinished messages of ${queues.join(" and ")}, measured for the actual replicas.`];
  if (typeof estimate === "string") return [...what, OPEN_LOOP, estimate, ...notDry];
  const { service, messages, policies } = estimate;
  const known = service.from === "given" ? "as given" : "learned from what was recorded";
  const cut = policies.filter(({ notedDropped }) => notedDropped > 0).map(({ policy }) => policy);
  return [
    ...what,
    `${OPEN_LOOP} The columns with ~ close that loop.`,
    `~ is an estimate: about ${Math.round(messages)} messages must have arrived, if each takes ${inWords(service.seconds)} (${known}), a worker ` +
      `works on ${workers.concurrency} at once and starts in ${inWords(workers.startUpSeconds)}.`,
    `With the actual replicas it gives back a mean backlog of ~${estimate.actual.sum.mean}, at most ~${estimate.actual.sum.most}; whether a message takes so long is not checked by that.`,
    ...cut.map((policy) => `~${policy} scaled more often than is counted here.`),
    ...notDry,
  ];
}

/** For programs. */
export function asJson({ id, from, tried, workers, queues, comparison, measured, estimate }: Shadowed): string {
  const { actual, wanted, ...rest } = comparison;
  const estimated =
    typeof estimate === "string"
      ? { missing: estimate }
      : {
          service: estimate.service,
          ...{ workers, messages: estimate.messages },
          actual: sumIn(estimate.actual),
          policies: estimate.policies.map((one) => ({ policy: one.policy, ...one.side, ...sumIn(one) })),
        };
  const shown = {
    ...{ id, from, tried, ...rest },
    actual: { ...actual, backlog: measured },
    ...{ wanted, backlogOf: queues, estimate: estimated },
  };
  return `${JSON.stringify(shown, undefined, 2)}\n`;
}

function sumIn({ sum }: Modelled): { readonly backlog: BacklogSum } {
  return { backlog: sum };
}
