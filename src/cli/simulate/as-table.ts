import type { Compared } from "../../simulation/comparison.ts";
import { MEASURES } from "../../simulation/measures.ts";
import type { Rehearsal } from "../../simulation/rehearsal.ts";
import { cellText, headText } from "../../simulation/report/measure-text.ts";
import { complaints, remarks } from "../../simulation/report/remarks.ts";

type Terms = Omit<Rehearsal, "policy" | "autoscaler">;

/** One row a policy, and below what has to be known to read it. */
export function asTable(compared: readonly Compared[], terms: Terms): string {
  const measures = MEASURES.filter(({ name }) => compared.some((one) => one.measures[name] !== undefined));
  const rows = [
    ["policy", ...measures.map((measure) => headText(measure, terms.objectiveSeconds))],
    ...compared.map((one) => [one.policy, ...measures.map((measure) => cellText(measure, one.measures[measure.name]))]),
  ];
  const widths = rows[0]?.map((_head, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return [...lines, "", ...complaints(compared, terms), ...remarks(compared, terms), ""].join("\n");
}
