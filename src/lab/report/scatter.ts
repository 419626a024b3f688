import { type Compared, costOf, frontierOf, waitOf } from "../comparison.ts";
import { formatDuration } from "../duration.ts";
import { escapeHtml, svgDocument } from "./panel.ts";

/** The cost of a setting in worker-hours, and the wait in seconds. */
export interface ScatterPoint {
  readonly name: string;
  readonly cost: number;
  readonly wait: number;
  /** How it is drawn; left out: plain. */
  readonly role?: keyof typeof ROLES;
}

export interface Scatter {
  readonly points: readonly ScatterPoint[];
  /** A line joins the points of the frontier, cheapest first. */
  readonly frontier: readonly ScatterPoint[];
  /** Such as "wait p95". */
  readonly waitHead: string;
  /** Left out: "worker-hours". */
  readonly costHead?: string;
  readonly objectiveSeconds?: number | undefined;
}

/** Of the plot without names. */
const SIZE = { width: 540, height: 360, left: 80, top: 24, bottom: 44 };
const ROLES = {
  plain: { color: "#2563eb", radius: 5, says: "" },
  /** Played with one seed only. */
  faint: { color: "#9ca3af", radius: 3, says: "" },
  present: { color: "#d97706", radius: 6, says: "now: " },
  chosen: { color: "#059669", radius: 7, says: "best: " },
  /** A ring, as it may lie around the chosen point. */
  checked: { color: "#db2777", radius: 10, says: "best, where it was checked: " },
} as const;
/** Up to this many points all have names. */
const ALL_NAMED = 12;
const LETTER = { width: 6.8, height: 14 };
const WAITS = [0, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 604_800];
const STYLE =
  "text{font:12px 'DejaVu Sans',system-ui,sans-serif;fill:#111827;stroke:#fff;stroke-width:3px;paint-order:stroke}.grid{stroke:#e5e7eb}.frontier{stroke:#2563eb}.objective{stroke:#b91c1c}";

/** Draws cost against the logarithm of wait. */
export function scatterSvg(scatter: Scatter): string {
  return `<svg class="scatter" width="${widthOf(scatter)}" height="${SIZE.height}" viewBox="0 0 ${widthOf(scatter)} ${SIZE.height}" role="img" aria-label="cost against wait">${drawn(scatter)}</svg>`;
}

/** The same as an SVG document. */
export function scatterPicture(scatter: Scatter): string {
  return svgDocument(widthOf(scatter), SIZE.height, drawn(scatter), STYLE);
}

/** Leaves room for the longest name at the right end. */
function widthOf({ points, frontier }: Scatter): number {
  const named = points.filter((point) => isNamed(point, points, frontier)).map(labelOf);
  const letters = named.reduce((most, text) => Math.max(most, text.length), "objective".length);
  return Math.ceil(SIZE.left + SIZE.width + 14 + letters * LETTER.width);
}

interface Scales {
  readonly x: (cost: number) => number;
  readonly y: (wait: number) => number;
  readonly costs: readonly number[];
  readonly waits: readonly number[];
}

function drawn({ points, frontier, waitHead, costHead: head = "worker-hours", objectiveSeconds }: Scatter): string {
  const scales = scalesFor(points, objectiveSeconds);
  const { left, width, height } = SIZE;
  const line = frontier.map(({ cost, wait }) => `${scales.x(cost)},${scales.y(wait)}`).join(" ");
  const objective = objectiveSeconds === undefined ? "" : objectiveSvg(objectiveSeconds, scales);
  // The most important points are drawn last and named first.
  const byWeight = [...points].sort((one, other) => weightOf(one, frontier) - weightOf(other, frontier));
  return [
    axesSvg(scales),
    `<polyline points="${line}" fill="none" class="frontier" stroke-opacity="0.5"/>`,
    objective,
    // Names are drawn below dots, so that they hide none.
    ...labels(byWeight, frontier, scales),
    ...byWeight.map((point) => dotSvg(point, scales)),
    `<text x="${left + width / 2}" y="${height - 4}" text-anchor="middle">${escapeHtml(head)}</text>`,
    `<text x="${left}" y="14">${escapeHtml(waitHead)}</text>`,
  ].join("");
}

function scalesFor(points: readonly ScatterPoint[], objectiveSeconds = 0): Scales {
  const { left, top, bottom, width, height } = SIZE;
  const costs = points.map(({ cost }) => cost);
  const most = costs.reduce((one, other) => Math.max(one, other), 0);
  const least = costs.reduce((one, other) => Math.min(one, other), most);
  const margin = Math.max((most - least) * 0.08, most * 0.05, 1e-6);
  const [from, to] = [Math.max(0, least - margin), most + margin];
  const longest = points.reduce((one, { wait }) => Math.max(one, wait), Math.max(objectiveSeconds, 1)) * 1.3;
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    x: (cost) => round(left + (width * (cost - from)) / (to - from)),
    y: (wait) => round(top + (height - top - bottom) * (1 - Math.log1p(wait) / Math.log1p(longest))),
    costs: roundBetween(from, to),
    waits: WAITS.filter((wait) => wait <= longest),
  };
}

/** Three to seven round numbers. */
function roundBetween(from: number, to: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10((to - from) / 3));
  const step = ([10, 5, 2, 1].find((one) => one * power <= (to - from) / 3) ?? 1) * power;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, index) => (first + index) * step);
}

function axesSvg({ x, y, costs, waits }: Scales): string {
  const { left, width, height } = SIZE;
  const below = costs.map(
    (cost) => `<text x="${x(cost)}" y="${height - 24}" text-anchor="middle">${Number(cost.toPrecision(6))}</text>`,
  );
  const beside = waits.map(
    (wait) =>
      `<line x1="${left}" x2="${left + width}" y1="${y(wait)}" y2="${y(wait)}" class="grid"/>` +
      `<text x="${left - 8}" y="${y(wait) + 4}" text-anchor="end">${formatDuration(wait)}</text>`,
  );
  return [...beside, ...below].join("");
}

function objectiveSvg(seconds: number, { y }: Scales): string {
  const { left, width } = SIZE;
  const here = y(seconds);
  return (
    `<line x1="${left}" x2="${left + width}" y1="${here}" y2="${here}" class="objective" stroke-dasharray="4 4"/>` +
    `<text x="${left + width + 6}" y="${here + 4}">objective</text>`
  );
}

function dotSvg(point: ScatterPoint, { x, y }: Scales): string {
  const { name, cost, wait, role = "plain" } = point;
  const { color, radius } = ROLES[role];
  const about = `${labelOf(point)}: ${Number(cost.toPrecision(3))} h, ${formatDuration(wait)}`;
  const paint = role === "checked" ? `fill="none" stroke="${color}" stroke-width="2"` : `fill="${color}"`;
  return `<circle cx="${x(cost)}" cy="${y(wait)}" r="${radius}" ${paint} data-policy="${escapeHtml(name)}"><title>${escapeHtml(about)}</title></circle>`;
}

function labelOf({ name, role = "plain" }: ScatterPoint): string {
  return `${ROLES[role].says}${name}`;
}

function weightOf(point: ScatterPoint, frontier: readonly ScatterPoint[]): number {
  const { role = "plain" } = point;
  return ["faint", "plain", "checked", "present", "chosen"].indexOf(role) + (frontier.includes(point) ? 0.5 : 0);
}

function isNamed(point: ScatterPoint, points: readonly ScatterPoint[], frontier: readonly ScatterPoint[]): boolean {
  if (point.role === "faint") return false;
  return points.length <= ALL_NAMED || frontier.includes(point) || weightOf(point, frontier) >= 2;
}

/** Names of points, most important first; overlapping ones are left out. */
function labels(
  byWeight: readonly ScatterPoint[],
  frontier: readonly ScatterPoint[],
  { x, y }: Scales,
): readonly string[] {
  const taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  const named = byWeight.filter((point) => isNamed(point, byWeight, frontier));
  return named.reverse().flatMap((point) => {
    const text = labelOf(point);
    const [left, here] = [x(point.cost) + ROLES[point.role ?? "plain"].radius + 4, y(point.wait)];
    const right = left + text.length * LETTER.width;
    const isFree = taken.every(
      (one) => Math.abs(one.y - here) >= LETTER.height || one.right < left || right < one.left,
    );
    if (!isFree) return [];
    taken.push({ left, right, y: here });
    return [`<text x="${left}" y="${here + 4}">${escapeHtml(text)}</text>`];
  });
}

/** What the cost of a comparison is made of. */
export function costHead(compared: Compared | undefined): string {
  const isPriced = compared?.measures.hoursWithInterruptions !== undefined;
  return isPriced ? "worker-hours with interruptions" : "worker-hours";
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
    costHead: costHead(compared[0]),
    objectiveSeconds,
  };
}
