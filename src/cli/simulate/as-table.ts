import type { Compared } from "../../lab/comparison.ts";
import { MEASURES } from "../../lab/measures.ts";
import type { Rehearsal } from "../../lab/rehearsal.ts";
import { cellText, headText } from "../../lab/report/measure-text.ts";
import { complaints, remarks } from "../../lab/report/remarks.ts";
import { alignColumns } from "../shared/print.ts";

type Terms = Omit<Rehearsal, "policy" | "autoscaler">;

/** One row a policy, and below what has to be known to read it. */
export function asTable(compared: readonly Compared[], terms: Terms): string {
  const measures = MEASURES.filter(({ name }) => compared.some((one) => one.measures[name] !== undefined));
  const rows = [
    ["policy", ...measures.map((measure) => headText(measure, terms.objectiveSeconds))],
    ...compared.map((one) => [one.policy, ...measures.map((measure) => cellText(measure, one.measures[measure.name]))]),
  ];
  return [...alignColumns(rows), "", ...complaints(compared, terms), ...remarks(compared, terms), ""].join("\n");
}
