import type { Compared } from "../comparison.ts";
import { MEASURES } from "../measures.ts";
import type { Rehearsal } from "../rehearsal.ts";
import { cellText, headText } from "./measure-text.ts";
import { escaped } from "./panel.ts";
import { complaints, remarks } from "./remarks.ts";
import { scatterSvg } from "./scatter.ts";

/** Files that the page has within itself, so that it needs no network. */
export interface PageAssets {
  readonly chartScript: string;
  readonly chartStyle: string;
  readonly script: string;
  readonly style: string;
}

/** One page on a comparison: its table, linked charts of each policy's first run, and the reasons of its decisions. */
export function reportPage(
  compared: readonly Compared[],
  terms: Omit<Rehearsal, "policy" | "autoscaler">,
  assets: PageAssets,
): string {
  const data = {
    start: terms.traffic.start / 1000,
    objectiveSeconds: terms.objectiveSeconds,
    policies: compared.flatMap(({ policy, outcomes: [first] }) => {
      if (first === undefined || first.series.at.length === 0) return [];
      const { series, noted, notedDropped } = first;
      return [{ policy, series, noted, notedDropped }];
    }),
  };
  const title = `Rehearsal: ${terms.traffic.name}`;
  const runs = compared[0]?.outcomes.length ?? 1;
  const scatter = compared.length > 1 ? `<section><h2>Cost against wait</h2>${scatterSvg(compared)}</section>` : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${assets.chartStyle}${assets.style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${tableHtml(compared, terms.objectiveSeconds)}
${complaints(compared, terms)
  .map((text) => `<p class="bad">${escaped(text)}</p>`)
  .join("")}
<p class="remarks">${remarks(compared, terms).map(escaped).join("<br>")}</p>
${scatter}
${data.policies.length === 0 ? "<p>Too many policies for charts over time.</p>" : overTime(runs)}
<script type="application/json" id="data">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>
<script>${inline(assets.chartScript)}</script>
<script>${inline(assets.script)}</script>
</body>
</html>
`;
}

function overTime(runs: number): string {
  return `<section>
<h2>Over time${runs > 1 ? ", the first run of each" : ""}</h2>
<p><label>Replicas and reasons of <select id="policy"></select></label> <span class="hint">Drag to zoom, double-click to see all again.</span></p>
<div id="charts"></div>
<aside id="reason" aria-live="polite">Move over a chart: the reason of the decision in force is told here.</aside>
</section>`;
}

function tableHtml(compared: readonly Compared[], objectiveSeconds: number | undefined): string {
  const measures = MEASURES.filter(({ name }) => compared.some((one) => one.measures[name] !== undefined));
  const heads = measures.map((measure) => `<th>${escaped(headText(measure, objectiveSeconds))}</th>`).join("");
  const rows = compared.map(({ policy, measures: estimates }) => {
    const cells = measures.map((measure) => `<td>${escaped(cellText(measure, estimates[measure.name]))}</td>`).join("");
    return `<tr><th>${escaped(policy)}</th>${cells}</tr>`;
  });
  return `<div class="table"><table><thead><tr><th>policy</th>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

/** No text of a script may end it. */
function inline(script: string): string {
  return script.replaceAll("</script", "<\\/script");
}
