import type { Compared } from "../comparison.ts";
import { inWords } from "../duration.ts";
import { escaped } from "./panel.ts";

const SIZE = { width: 760, height: 320, left: 80, right: 220, top: 20, bottom: 44 };

/** Cost against wait, one point a policy: further down waits less, further left costs less. */
export function scatterSvg(compared: readonly Compared[]): string {
  const points = compared.map(({ policy, measures }) => ({
    policy,
    cost: measures.workerHours?.mean ?? 0,
    wait: measures.waitP95Seconds?.mean ?? 0,
  }));
  const { width, height, left, right, top, bottom } = SIZE;
  const most = (values: readonly number[]) => Math.max(...values, 1e-9) * 1.1;
  const [highestCost, highestWait] = [most(points.map(({ cost }) => cost)), most(points.map(({ wait }) => wait))];
  const x = (cost: number) => (left + ((width - left - right) * cost) / highestCost).toFixed(1);
  const y = (wait: number) => (top + (height - top - bottom) * (1 - wait / highestWait)).toFixed(1);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const costs = ticks.map(
    (share) =>
      `<text x="${x(share * highestCost)}" y="${height - 24}" text-anchor="middle">${Number((share * highestCost).toPrecision(3))}</text>`,
  );
  const waits = ticks.map(
    (share) =>
      `<line x1="${left}" x2="${width - right}" y1="${y(share * highestWait)}" y2="${y(share * highestWait)}" class="grid"/>` +
      `<text x="${left - 8}" y="${Number(y(share * highestWait)) + 4}" text-anchor="end">${inWords(share * highestWait)}</text>`,
  );
  const dots = points.map(
    ({ policy, cost, wait }) =>
      `<circle cx="${x(cost)}" cy="${y(wait)}" r="5"><title>${escaped(policy)}: ${Number(cost.toPrecision(3))} h, ${inWords(wait)}</title></circle>` +
      `<text x="${Number(x(cost)) + 9}" y="${Number(y(wait)) + 4}">${escaped(policy)}</text>`,
  );
  return `<svg class="scatter" viewBox="0 0 ${width} ${height}" role="img" aria-label="cost against wait">${[...waits, ...costs, ...dots].join("")}<text x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">worker-hours</text><text x="${left}" y="12">wait p95</text></svg>`;
}
