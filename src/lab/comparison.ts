import { hoursCharged, type Outcome } from "./outcome.ts";
import { type PlayOptions, playAll, type Task } from "./play-all.ts";
import type { Policy, Stage } from "./rehearsal.ts";

/** The results of one policy over all its runs. */
export interface Compared {
  readonly policy: string;
  /** Fields that a sweep has set, by their paths. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** One for each seed, in order. */
  readonly outcomes: readonly Outcome[];
  /** By name; measures that no run has are absent. */
  readonly measures: Readonly<Record<string, Estimate>>;
}

export function measuresOf(outcomes: readonly Outcome[]): Readonly<Record<string, Estimate>> {
  const measures: Record<string, Estimate> = {};
  for (const { name, of } of [...MEASURES, ...OTHER_MEASURES]) {
    const values = outcomes.map(of).filter((value) => value !== undefined);
    if (values.length > 0) measures[name] = estimateMean(values);
  }
  return measures;
}

/** One number of an outcome by which policies are compared. */
export interface Measure {
  readonly name: string;
  /** Column's head in a table. */
  readonly head: string;
  readonly unit: "seconds" | "share" | "minutes" | "hours" | "ratio" | "count";
  /** Undefined where the outcome has no such number. */
  readonly of: (outcome: Outcome) => number | undefined;
}

/** Only in JSON: the table has no room for them. */
const OTHER_MEASURES: readonly Measure[] = [
  { name: "waitMeanSeconds", head: "mean", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.mean },
];

/** The table's columns, in their order. */
export const MEASURES: readonly Measure[] = [
  { name: "waitP50Seconds", head: "wait p50", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.p50 },
  { name: "waitP95Seconds", head: "p95", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.p95 },
  { name: "waitP99Seconds", head: "p99", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.p99 },
  { name: "waitMaxSeconds", head: "max", unit: "seconds", of: ({ waitSeconds }) => waitSeconds.max },
  { name: "shareOverObjective", head: "over objective", unit: "share", of: ({ objective }) => objective?.shareOver },
  { name: "minutesOverObjective", head: "min over", unit: "minutes", of: ({ objective }) => objective?.minutesOver },
  { name: "workerHours", head: "worker-h", unit: "hours", of: ({ workerHours }) => workerHours.total },
  { name: "ratioToOracle", head: "x oracle", unit: "ratio", of: ({ workerHours }) => workerHours.ratioToOracle },
  { name: "peakReplicas", head: "peak", unit: "count", of: ({ replicas }) => replicas.peak },
  { name: "scaleEvents", head: "scalings", unit: "count", of: ({ scalings }) => scalings.up + scalings.down },
  { name: "reversals", head: "reversals", unit: "count", of: ({ scalings }) => scalings.reversals },
  { name: "busyStopped", head: "busy stopped", unit: "count", of: ({ scalings }) => scalings.busyStopped },
  {
    name: "hoursWithInterruptions",
    head: "cost",
    unit: "hours",
    of: ({ workerHours }) => workerHours.withInterruptions,
  },
  {
    name: "firstWorkerSeconds",
    head: "first worker",
    unit: "seconds",
    of: (outcome) => outcome.firstWorkerSeconds?.mean,
  },
  { name: "looks", head: "looks", unit: "count", of: ({ looks }) => looks.total },
];

/** Student's t for a two-sided interval of 95 %, by degrees of freedom from 1 to 30. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
/** The same of the normal distribution. */
const NORMAL = 1.959964;
/** Smaller relative deviations are rounding errors. */
const ROUNDING = 1e-9;

/** A mean over runs with its 95 % confidence interval. */
export interface Estimate {
  readonly mean: number;
  /** Absent for a single run. */
  readonly plusMinus?: number;
}

/** Estimates the mean over all seeds from some runs. */
export function estimateMean(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const plusMinus = student(count - 1) * Math.sqrt(variance / count);
  return { mean, plusMinus: plusMinus < Math.abs(mean) * ROUNDING ? 0 : plusMinus };
}

/** Beyond the table, the first terms of the expansion around the normal distribution: within 0.0001. */
function student(freedom: number): number {
  const z = NORMAL;
  return T[freedom - 1] ?? z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

/** Items that no other beats in both cost and wait (the Pareto frontier), cheapest first. */
export function frontierOf<Item>(
  items: readonly Item[],
  costOf: (item: Item) => number,
  waitOf: (item: Item) => number,
): readonly Item[] {
  const ordered = [...items].sort((one, other) => costOf(one) - costOf(other) || waitOf(one) - waitOf(other));
  let quickest = Number.POSITIVE_INFINITY;
  return ordered.filter((item) => {
    const isQuicker = waitOf(item) < quickest;
    if (isQuicker) quickest = waitOf(item);
    return isQuicker;
  });
}

/** At most `most` values, evenly spaced, including the first and the last. */
export function pickEvenly<Value>(values: readonly Value[], most: number): readonly Value[] {
  if (values.length <= most) return values;
  const step = (values.length - 1) / (most - 1);
  return values.filter((_, index) => Math.round(Math.round(index / step) * step) === index);
}

export const costOf = ({ outcomes }: Compared): number => estimateMean(outcomes.map(hoursCharged)).mean;
export const waitOf = ({ measures }: Compared): number => measures.waitP95Seconds?.mean ?? 0;

/** The frontier of cost and the 95th percentile of waits, cheapest first. */
function comparedFrontier(compared: readonly Compared[]): readonly Compared[] {
  return frontierOf(compared, costOf, waitOf);
}

/** Larger sweeps get no time charts of all policies: the lines could not be distinguished. */
const MOST_DRAWN = 12;
/** Of larger sweeps this many policies on the frontier get them: one for each colour. */
const FRONTIER_DRAWN = 8;

interface CompareOptions extends PlayOptions {
  /** Of each policy, with seeds that follow one another. */
  readonly runs: number;
  /** Keep the series of every run; left out: of sweeps only those that charts show. */
  readonly series?: boolean;
  /** What the series of a sweep are kept for. */
  readonly charts: "none" | "picture" | "page";
}

/** Plays every policy against the traffic. */
export async function compareAll(
  stage: Stage,
  policies: readonly Policy[],
  options: CompareOptions,
): Promise<readonly Compared[]> {
  const { runs, series = false, charts } = options;
  const isDrawn = charts !== "none" && policies.length <= MOST_DRAWN;
  const taskOf = (policy: Policy, index: number): Task => ({
    ...{ ...policy, seed: stage.seed + index },
    withSeries: policy.settings === undefined || series || (index === 0 && isDrawn),
  });
  const tasks = policies.flatMap((policy) => Array.from({ length: runs }, (_, index) => taskOf(policy, index)));
  const outcomes = await playAll(stage, tasks, options);
  const compared = policies.map(({ name, settings }, index) => {
    const own = outcomes.slice(index * runs, (index + 1) * runs);
    return { policy: name, ...(settings && { settings }), outcomes: own, measures: measuresOf(own) };
  });
  const isHidden = charts === "page" && compared.every(({ outcomes: [first] }) => first?.series.at.length === 0);
  return isHidden ? await withFrontierDrawn(compared, tasks, (some) => playAll(stage, some, options)) : compared;
}

/** Plays the first run of policies on the frontier again and keeps their series. The same seed gives the same run. */
async function withFrontierDrawn(
  compared: readonly Compared[],
  tasks: readonly Task[],
  play: (tasks: readonly Task[]) => ReturnType<typeof playAll>,
): Promise<readonly Compared[]> {
  const chosen = new Set(pickEvenly(comparedFrontier(compared), FRONTIER_DRAWN));
  const each = tasks.length / compared.length;
  const again = compared.flatMap((one, index) => {
    const task = tasks[index * each];
    return chosen.has(one) && task !== undefined ? [{ ...task, withSeries: true }] : [];
  });
  const played = (await play(again)).values();
  return compared.map((one) => {
    const outcome = chosen.has(one) ? played.next().value : undefined;
    return outcome === undefined ? one : { ...one, outcomes: [outcome, ...one.outcomes.slice(1)] };
  });
}
