import { type Compared, measuresOf } from "../../simulation/comparison.ts";
import type { Policy } from "../simulate/policies.ts";
import { ProgressLine } from "../simulate/progress-line.ts";
import { playAll } from "./play-all.ts";
import type { Stage } from "./task.ts";

/** Of a larger sweep no time charts are drawn: nobody could tell the lines apart. */
const MOST_DRAWN = 12;

/** Plays every policy so many times, with seeds that follow one another, and shows how far it is. */
export async function compareAll(
  stage: Stage,
  policies: readonly Policy[],
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<readonly Compared[]> {
  const { svg, report } = stage.options;
  const isDrawn = (svg ?? report) !== undefined && policies.length <= MOST_DRAWN;
  const tasks = policies.flatMap(({ name, autoscaler, settings }) =>
    Array.from({ length: count }, (_, index) => ({
      ...{ policy: name, autoscaler, seed: seed + index },
      withSeries: settings === undefined || stage.options.series === true || (index === 0 && isDrawn),
    })),
  );
  const progress = new ProgressLine(process.stderr);
  try {
    const outcomes = await playAll(stage, tasks, (share, { policy }) => progress.show(share, policy));
    return policies.map(({ name, settings }, index) => {
      const own = outcomes.slice(index * count, (index + 1) * count);
      return { policy: name, ...(settings && { settings }), outcomes: own, measures: measuresOf(own) };
    });
  } finally {
    progress.end();
  }
}
