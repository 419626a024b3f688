import { printableLines } from "../../core/index.ts";

/** Writes text to standard output. What is in it from outside cannot move a terminal's cursor or hide anything. */
export function print(text: string): void {
  process.stdout.write(printableLines(text));
}

/** The same on standard error. */
export function printError(text: string): void {
  process.stderr.write(printableLines(text));
}

/** Rows of texts as lines, each column as wide as its widest text. `isRight`: columns that stand to the right; left out: all but the first. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  isRight: (column: number) => boolean = (column) => column > 0,
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, text.length);
  }
  const cell = (text: string, column: number) => {
    const width = widths[column] ?? 0;
    return isRight(column) ? text.padStart(width) : text.padEnd(width);
  };
  return rows.map((row) => row.map(cell).join("  "));
}
