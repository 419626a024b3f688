import { type Compared, measuresOf, pickEvenly } from "./comparison.ts";
import { type PlayOptions, playAll, type Task } from "./play-all.ts";
import type { Policy, Stage } from "./rehearsal.ts";
import { comparedFrontier } from "./report/scatter.ts";

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
