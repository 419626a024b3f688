import type { Compared } from "../../lab/comparison.ts";
import { comparedScatter } from "../../lab/report/compared-scatter.ts";
import { mainChart } from "../../lab/report/main-chart.ts";
import { charted, reportPage } from "../../lab/report/report-page.ts";
import { scatterPicture } from "../../lab/report/scatter.ts";
import { UserError } from "../../shared/user-error.ts";
import { refuseUnwritablePictures, writePictures } from "../pictures/write-pictures.ts";
import { compareAll } from "../rehearse/compare-all.ts";
import { parseDefaults } from "../shared/parse-defaults.ts";
import { print } from "../shared/print.ts";
import { sweptPolicies } from "../sweep/swept-policies.ts";
import { asJson } from "./as-json.ts";
import { asTable } from "./as-table.ts";
import { numberOf } from "./numbers.ts";
import { policiesOf } from "./policies.ts";
import { refuseUnknownSignals, rehearsalTerms } from "./rehearsal-terms.ts";
import type { SimulateOptions } from "./simulate-options.ts";
import { trafficOf } from "./traffic-of.ts";

/** Runs every policy against the traffic, and prints what they came to. */
export async function runSimulations(options: SimulateOptions): Promise<void> {
  const count = numberOf("--runs", options.runs, { from: 1, to: 1_000, whole: true });
  const defaults = parseDefaults(options);
  refuseIdle(options);
  refuseUnwritablePictures(options);
  const policies = options.sweep?.length
    ? sweptPolicies(options, count, defaults)
    : policiesOf(options.filename ?? [], defaults);
  refuseUnknownSignals(options, policies);
  const traffic = await trafficOf(options, policies);
  const terms = rehearsalTerms(options, traffic);
  const compared = await compareAll({ options, traffic }, policies, { seed: terms.seed, count });
  const render = options.output === "json" ? asJson : asTable;
  try {
    await writePictures(options, {
      chart: () => chartOf(compared, terms.objectiveSeconds),
      page: (assets) => reportPage(compared, terms, assets),
    });
  } finally {
    // What took long to find out is not lost with a disk that is full.
    print(render(compared, terms, options.series === true));
  }
}

/** Options that would be without any effect, which nobody means. */
function refuseIdle({ series, output, plant, valueColumn, replicasColumn }: SimulateOptions): void {
  if (series === true && output !== "json") throw new UserError("--series: expected -o json with it");
  const ofValues = { "--plant": plant, "--value-column": valueColumn, "--replicas-column": replicasColumn };
  for (const [flag, value] of Object.entries(ofValues)) {
    if (value !== undefined) throw new UserError(`${flag}: expected --values FILE or --history-kind value with it`);
  }
}

/** Over time; cost against wait where they are too many for that. */
function chartOf(compared: readonly Compared[], objectiveSeconds: number | undefined): string {
  if (charted(compared).length < compared.length) return scatterPicture(comparedScatter(compared, objectiveSeconds));
  return mainChart(compared.flatMap(({ outcomes }) => outcomes.slice(0, 1)));
}
