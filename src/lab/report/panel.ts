import { printable } from "../../core/index.ts";
import { formatDuration } from "../duration.ts";

/** One line or area of a panel. */
export interface Curve {
  readonly label: string;
  /** Null is a hole; not in areas. */
  readonly values: readonly (number | null)[];
  readonly color: string;
  readonly shape: "area" | "stepped area" | "line" | "steps" | "dashes";
}

export interface Panel {
  readonly title: string;
  /** Seconds from the start. */
  readonly at: readonly number[];
  readonly curves: readonly Curve[];
  readonly unit: "count" | "seconds";
}

const PANEL = { width: 1000, height: 150, left: 70, right: 20, top: 26, bottom: 22 };
const STEPS_SECONDS = [
  1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
];

/** A chart up to `end` seconds as SVG, `offset` pixels from the top. */
function panelSvg({ title, at, curves, unit }: Panel, offset: number, end: number): string {
  const { width, height, left, right, top, bottom } = PANEL;
  const highest = niceAbove(
    Math.max(...curves.map(({ values }) => values.reduce<number>((most, one) => Math.max(most, one ?? 0), 0))),
  );
  const x = (second: number) => round(left + ((width - left - right) * second) / end);
  const y = (value: number) => round(top + (height - top - bottom) * (1 - value / highest));
  const base = y(0);
  const ticks = ticksOf(highest);
  const lines = Array.from({ length: ticks + 1 }, (_, index) => (highest * index) / ticks).map(
    (value) =>
      `<line x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}" class="grid"/>` +
      `<text x="${left - 6}" y="${y(value) + 4}" class="y">${escapeHtml(formatValue(value, unit))}</text>`,
  );
  const times = timesUpTo(end).map(
    (second) =>
      `<text x="${x(second)}" y="${height - 6}" class="x">${second === 0 ? "0" : escapeHtml(formatDuration(second))}</text>`,
  );
  const drawn = curves.map((curve) => curveSvg(curve, at, { x, y, base }));
  let legendAt = width - right;
  const legend = [...curves].reverse().map(({ label, color }) => {
    legendAt -= label.length * 7 + 22;
    return `<rect x="${legendAt}" y="8" width="10" height="10" fill="${color}"/><text x="${legendAt + 14}" y="17">${escapeHtml(label)}</text>`;
  });
  return `<g transform="translate(0 ${offset})"><text x="${left}" y="17" class="title">${escapeHtml(title)}</text>${[...lines, ...times, ...drawn, ...legend].join("")}</g>`;
}

interface Scales {
  readonly x: (second: number) => number;
  readonly y: (value: number) => number;
  readonly base: number;
}

function curveSvg({ values, color, shape }: Curve, at: readonly number[], { x, y, base }: Scales): string {
  const isStepped = shape !== "area" && shape !== "line";
  let path = "";
  let isBegun = false;
  values.forEach((value, index) => {
    const here = x(at[index] ?? 0);
    if (value === null) isBegun = false;
    else if (!isBegun) {
      path += `M${here} ${y(value)}`;
      isBegun = true;
    } else path += isStepped ? `H${here}V${y(value)}` : `L${here} ${y(value)}`;
  });
  if (shape.endsWith("area")) {
    const closed = `${path}L${x(at.at(-1) ?? 0)} ${base}L${x(at[0] ?? 0)} ${base}Z`;
    return `<path d="${closed}" fill="${color}" fill-opacity="0.35" stroke="${color}"/>`;
  }
  const dashes = shape === "dashes" ? ' stroke-dasharray="4 4"' : "";
  return `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5"${dashes}/>`;
}

/** Rounds up to 1, 2, 4, 5 or 10 times a power of ten. */
function niceAbove(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 5, 10].find((step) => step * power >= value) ?? 10);
}

/** The number of round steps on an axis: whole numbers on a small one. */
function ticksOf(highest: number): number {
  const digit = Math.round(highest / 10 ** Math.floor(Math.log10(highest)));
  if (highest >= 1 && highest <= 5) return digit;
  return digit === 1 || digit === 5 ? 5 : 4;
}

function timesUpTo(end: number): readonly number[] {
  const step = STEPS_SECONDS.find((one) => end / one <= 10) ?? Math.ceil(end / 10);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

function formatValue(value: number, unit: Panel["unit"]): string {
  if (unit === "seconds") return formatDuration(value);
  return value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(3)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Escapes text for HTML or SVG, attributes included. */
export function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const PANEL_STYLE =
  "text{font:12px 'DejaVu Sans',system-ui,sans-serif;fill:#374151}.title{font-weight:600;fill:#111827}.x{text-anchor:middle}.y{text-anchor:end}.grid{stroke:#e5e7eb}";

/** Draws panels below each other, on one time axis, as an SVG document. */
export function drawPanels(panels: readonly Panel[]): string {
  const end = panels.reduce((latest, { at }) => Math.max(latest, at.at(-1) ?? 0), 1);
  const drawn = panels.map((panel, index) => panelSvg(panel, index * PANEL.height, end));
  return svgDocument(PANEL.width, panels.length * PANEL.height + 10, drawn.join("\n"));
}

export function svgDocument(width: number, height: number, content: string, style = PANEL_STYLE): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${style}</style>
<rect width="100%" height="100%" fill="#fff"/>
${content}
</svg>
`;
}
