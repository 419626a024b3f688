import { type Compared, measuresOf } from "../../lab/comparison.ts";
import { comparedFrontier } from "../../lab/report/compared-scatter.ts";
import { spread } from "../../lab/statistics/frontier.ts";
import type { Policy } from "../simulate/policies.ts";
import { ProgressLine } from "../simulate/progress-line.ts";
import { playAll } from "./play-all.ts";
import type { Stage, Task } from "./task.ts";

/** Of a larger sweep not all can have time charts: nobody could tell the lines apart. */
const MOST_DRAWN = 12;
/** Of a larger sweep so many of those that nobody beats in cost and wait have them: there are as many colours. */
const FRONTIER_DRAWN = 8;

/** Plays every policy so many times, with seeds that follow one another, and shows how far it is. */
export async function compareAll(
  stage: Stage,
  policies: readonly Policy[],
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<readonly Compared[]> {
  const { svg, png, report } = stage.options;
  const isDrawn = (svg ?? png ?? report) !== undefined && policies.length <= MOST_DRAWN;
  const taskOf = ({ name, autoscaler, settings }: Policy, index: number): Task => ({
    ...{ policy: name, autoscaler, seed: seed + index },
    withSeries: settings === undefined || stage.options.series === true || (index === 0 && isDrawn),
  });
  const tasks = policies.flatMap((policy) => Array.from({ length: count }, (_, index) => taskOf(policy, index)));
  const progress = new ProgressLine(process.stderr);
  const play = (some: readonly Task[]) => playAll(stage, some, (share, { policy }) => progress.show(share, policy));
  try {
    const outcomes = await play(tasks);
    const compared = policies.map(({ name, settings }, index) => {
      const own = outcomes.slice(index * count, (index + 1) * count);
      return { policy: name, ...(settings && { settings }), outcomes: own, measures: measuresOf(own) };
    });
    const isHidden = report !== undefined && compared.every(({ outcomes: [first] }) => first?.series.at.length === 0);
    return isHidden ? await withFrontierDrawn(compared, tasks, play) : compared;
  } finally {
    progress.end();
  }
}

/** Plays the first run of those on the frontier again, now with their series. The same seed gives the same run. */
async function withFrontierDrawn(
  compared: readonly Compared[],
  tasks: readonly Task[],
  play: (tasks: readonly Task[]) => ReturnType<typeof playAll>,
): Promise<readonly Compared[]> {
  const chosen = new Set(spread(comparedFrontier(compared), FRONTIER_DRAWN));
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
