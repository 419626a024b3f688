import type { RowResult } from "./row.ts";

const COLUMNS = ["row", "old, default flags", "old, tuned to 1 s", "goal", "measured", ""] as const;

/** One table of every row, as text. */
export function printTable(results: readonly RowResult[]): string {
  const lines = results.map((row) => [
    `${row.name}: ${row.about}`,
    row.old,
    row.oldTuned,
    row.goal,
    row.measured,
    row.met ? "met" : "MISSED",
  ]);
  const widths = COLUMNS.map((title, column) =>
    Math.max(title.length, ...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const print = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [print(COLUMNS), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...lines.map(print)].join(
    "\n",
  );
}
