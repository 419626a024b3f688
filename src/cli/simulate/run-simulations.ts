import { type Compared, runs } from "../../simulation/comparison.ts";
import { defaultsFrom } from "../shared/defaults-from.ts";
import { asJson } from "./as-json.ts";
import { asTable } from "./as-table.ts";
import { numberOf } from "./numbers.ts";
import { policiesOf } from "./policies.ts";
import { ProgressLine } from "./progress-line.ts";
import { refuseUnknownSignals, rehearsalTerms } from "./rehearsal-terms.ts";
import type { SimulateOptions } from "./simulate-options.ts";
import { trafficOf } from "./traffic-of.ts";

/** Runs every policy against the traffic, and prints what they came to. */
export async function runSimulations(options: SimulateOptions): Promise<void> {
  const policies = policiesOf(options.filename ?? [], defaultsFrom(options));
  const count = numberOf("--runs", options.runs, { from: 1, to: 1_000, whole: true });
  refuseUnknownSignals(options, policies);
  const traffic = await trafficOf(options);
  const terms = rehearsalTerms(options, traffic);
  const progress = new ProgressLine(process.stderr);
  const compared: Compared[] = [];
  try {
    for (const [index, { name, autoscaler }] of policies.entries()) {
      const told = (share: number) => progress.show((index + share) / policies.length, name);
      compared.push(runs({ ...terms, policy: name, autoscaler }, count, told));
    }
  } finally {
    progress.end();
  }
  const print = options.output === "json" ? asJson : asTable;
  process.stdout.write(print(compared, terms, options.series === true));
}
