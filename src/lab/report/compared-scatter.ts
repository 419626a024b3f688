import type { Compared } from "../comparison.ts";
import { frontierOf } from "../statistics/frontier.ts";
import type { Scatter } from "./scatter.ts";

const costOf = ({ measures }: Compared): number => measures.workerHours?.mean ?? 0;
const waitOf = ({ measures }: Compared): number => measures.waitP95Seconds?.mean ?? 0;

/** Policies that nobody beats in both cost and the 95th percentile of waits, the cheapest first. */
export function comparedFrontier(compared: readonly Compared[]): readonly Compared[] {
  return frontierOf(compared, costOf, waitOf);
}

/** A comparison as points of cost and wait. */
export function comparedScatter(compared: readonly Compared[], objectiveSeconds: number | undefined): Scatter {
  const points = compared.map((one) => ({ name: one.policy, cost: costOf(one), wait: waitOf(one) }));
  return {
    points,
    frontier: frontierOf(
      points,
      ({ cost }) => cost,
      ({ wait }) => wait,
    ),
    waitHead: "wait p95",
    objectiveSeconds,
  };
}
