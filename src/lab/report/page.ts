import { printableDeep } from "../../core/index.ts";
import { escapeHtml } from "./panel.ts";

/** Files embedded in the page, so that it needs no network. */
export interface PageAssets {
  readonly chartScript: string;
  readonly chartStyle: string;
  readonly script: string;
  readonly style: string;
}

type Column = readonly (number | null)[];

/** One policy over time; a chart shows the policies that have its column. */
export interface ChartedPolicy {
  readonly policy: string;
  readonly series: {
    /** Seconds from the page's start. */
    readonly at: readonly number[];
    readonly arrivalsPerMinute?: Column;
    readonly waiting?: Column;
    readonly oldestSeconds?: Column;
    readonly desired: Column;
    readonly ready?: Column;
    readonly minReplicas?: Column;
    readonly maxReplicas?: Column;
    /** By signal; each of the chosen policy has a chart. */
    readonly values?: Readonly<Record<string, Column>>;
    /** Recorded workers. */
    readonly recorded?: Column;
  };
  /** Lines across the charts of signals: the limits of their bands. */
  readonly limits?: Readonly<Record<string, readonly number[]>>;
  /** In order. A policy without any cannot be chosen for reasons. */
  readonly noted: readonly {
    readonly at: number;
    readonly from: number;
    readonly to: number;
    readonly rule: string;
    readonly because: string;
  }[];
  readonly notedDropped: number;
}

/** Linked charts over time. */
interface Charts {
  readonly heading: string;
  /** Seconds since the epoch. */
  readonly start: number;
  readonly objectiveSeconds?: number | undefined;
  readonly titles: { readonly arrivals: string; readonly waiting: string };
  /** One chart with the replicas of all policies, instead of those of the chosen one with its bounds. */
  readonly replicasTogether?: true;
  readonly policies: readonly ChartedPolicy[];
}

/** Renders a title, pieces of HTML, and charts below them. */
export function renderPage(
  { title, pieces, charts }: { title: string; pieces: readonly string[]; charts: Charts },
  assets: PageAssets,
): string {
  const { heading, ...data } = charts;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${assets.chartStyle}${assets.style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${pieces.join("\n")}
${charts.policies.length === 0 ? "" : chartsHtml(heading)}
<script type="application/json" id="data">${JSON.stringify(printableDeep(data)).replaceAll("<", "\\u003c")}</script>
<script>${inlineScript(assets.chartScript)}</script>
<script>${inlineScript(assets.script)}</script>
</body>
</html>
`;
}

function chartsHtml(heading: string): string {
  return `<section>
<h2>${escapeHtml(heading)}</h2>
<p><label>Replicas and reasons of <select id="policy"></select></label> <span class="hint">Drag to zoom, double-click to see all again.</span></p>
<div id="charts"></div>
<aside id="reason" aria-live="polite">Move over a chart: the reason of the decision in force is told here.</aside>
</section>`;
}

/** Longer names wrap. */
const LONG_NAME = 30;

/** A table with a head row and a column of names. */
export function tableHtml([heads = [], ...rows]: readonly (readonly string[])[]): string {
  const top = heads.map((text) => `<th>${escapeHtml(text)}</th>`).join("");
  const body = rows.map(([name = "", ...cells]) => {
    const texts = cells.map((text) => `<td>${cellHtml(text)}</td>`).join("");
    const head = name.length > LONG_NAME ? '<th class="long">' : "<th>";
    return `<tr>${head}${escapeHtml(name)}</th>${texts}</tr>`;
  });
  return `<div class="table"><table><thead><tr>${top}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

/** Puts the interval below its mean, as a dozen columns would be too wide. */
function cellHtml(text: string): string {
  return escapeHtml(text).replace(/ (±.*)$/, ' <span class="interval">$1</span>');
}

export function remarksHtml(texts: readonly string[]): string {
  return `<p class="remarks">${texts.map(escapeHtml).join("<br>")}</p>`;
}

/** Keeps text in a script from closing it. */
function inlineScript(script: string): string {
  return script.replaceAll("</script", "<\\/script");
}
