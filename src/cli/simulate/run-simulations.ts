import { compareAll } from "../rehearse/compare-all.ts";
import { defaultsFrom } from "../shared/defaults-from.ts";
import { sweptPolicies } from "../sweep/swept-policies.ts";
import { asJson } from "./as-json.ts";
import { asTable } from "./as-table.ts";
import { numberOf } from "./numbers.ts";
import { policiesOf } from "./policies.ts";
import { refuseUnknownSignals, rehearsalTerms } from "./rehearsal-terms.ts";
import type { SimulateOptions } from "./simulate-options.ts";
import { trafficOf } from "./traffic-of.ts";
import { writePictures } from "./write-pictures.ts";

/** Runs every policy against the traffic, and prints what they came to. */
export async function runSimulations(options: SimulateOptions): Promise<void> {
  const count = numberOf("--runs", options.runs, { from: 1, to: 1_000, whole: true });
  const defaults = defaultsFrom(options);
  const policies = options.sweep?.length
    ? sweptPolicies(options, count, defaults)
    : policiesOf(options.filename ?? [], defaults);
  refuseUnknownSignals(options, policies);
  const traffic = await trafficOf(options);
  const terms = rehearsalTerms(options, traffic);
  const compared = await compareAll({ options, traffic }, policies, { seed: terms.seed, count });
  const print = options.output === "json" ? asJson : asTable;
  writePictures(options, compared, terms);
  process.stdout.write(print(compared, terms, options.series === true));
}
