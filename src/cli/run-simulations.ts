import { type Compared, compareAll } from "../lab/comparison.ts";
import type { Outcome } from "../lab/outcome.ts";
import type { Stage } from "../lab/rehearsal.ts";
import { drawRuns } from "../lab/report/charts.ts";
import { chartRuns, comparisonRows, describeRuns, reportPage, warnings } from "../lab/report/report-page.ts";
import { comparedScatter, scatterPicture } from "../lab/report/scatter.ts";
import { countMessages } from "../lab/traffic/traffic.ts";
import { UserError } from "../shared/user-error.ts";
import { parseNumberOption } from "./shared/parse-numbers.ts";
import { refuseUnwritablePictures, writePictures } from "./shared/pictures.ts";
import { parsePolicies } from "./shared/policies.ts";
import { alignColumns, print } from "./shared/print.ts";
import { withProgress } from "./shared/progress-line.ts";
import { readTraffic } from "./shared/read-traffic.ts";
import type { SimulateOptions } from "./shared/rehearsal-options.ts";
import { parseStage, parseThreads, refuseUnknownSignals } from "./shared/rehearsal-terms.ts";

/** Plays every policy against the traffic and prints the comparison. */
export async function runSimulations(options: SimulateOptions): Promise<void> {
  const runs = parseNumberOption("--runs", options.runs, { from: 1, to: 1_000, whole: true });
  const threads = parseThreads(options);
  const { svg, png, report, series = false } = options;
  refuseUnusedOptions(options);
  refuseUnwritablePictures(options);
  const policies = parsePolicies(options, runs);
  refuseUnknownSignals(options, policies);
  const stage = parseStage(options, await readTraffic(options, policies));
  const charts = report === undefined ? ((svg ?? png) === undefined ? "none" : "picture") : "page";
  const compared = await withProgress((progress) =>
    compareAll(stage, policies, { runs, series, charts, threads, progress }),
  );
  const render = options.output === "json" ? formatJson : formatTable;
  try {
    await writePictures(options, {
      chart: () => drawChart(compared, stage.objectiveSeconds),
      page: (assets) => reportPage(compared, stage, assets),
    });
  } finally {
    // A full disk must not lose a result that took long.
    print(render(compared, stage, series));
  }
}

/** Refuses options that would have no effect. */
function refuseUnusedOptions({ series, output, plant, valueColumn, replicasColumn }: SimulateOptions): void {
  if (series === true && output !== "json") throw new UserError("--series: expected -o json with it");
  const ofValues = { "--plant": plant, "--value-column": valueColumn, "--replicas-column": replicasColumn };
  for (const [flag, value] of Object.entries(ofValues)) {
    if (value !== undefined) throw new UserError(`${flag}: expected --values FILE or --history-kind value with it`);
  }
}

/** Charts over time, or cost against wait for many policies. */
function drawChart(compared: readonly Compared[], objectiveSeconds: number | undefined): string {
  if (chartRuns(compared).length < compared.length) return scatterPicture(comparedScatter(compared, objectiveSeconds));
  return drawRuns(compared.flatMap(({ outcomes }) => outcomes.slice(0, 1)));
}

function formatJson(
  compared: readonly Compared[],
  { traffic, workers, service, seed }: Stage,
  withSeries: boolean,
): string {
  const shown = {
    traffic: {
      name: traffic.name,
      start: new Date(traffic.start).toISOString(),
      seconds: traffic.durationMs / 1000,
      messages: countMessages(traffic),
      remarks: traffic.remarks,
    },
    workers: { ...workers, service },
    seed,
    policies: compared.map(({ policy, settings, measures, outcomes }) => ({
      policy,
      ...(settings === undefined ? {} : { settings }),
      measures,
      runs: withSeries ? outcomes : outcomes.map(withoutSeries),
    })),
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

function withoutSeries({ series: _, noted: __, ...rest }: Outcome): Omit<Outcome, "series" | "noted"> {
  return rest;
}

/** One row for each policy, and remarks below. */
function formatTable(compared: readonly Compared[], terms: Stage): string {
  return [
    ...alignColumns(comparisonRows(compared, terms.objectiveSeconds)),
    "",
    ...warnings(compared, terms),
    ...describeRuns(compared, terms),
    "",
  ].join("\n");
}
