import { numeric } from "./numeric.ts";
import { EmptyAnswerError, SourceError } from "./source-error.ts";

/** The number in the first column of a query's first row; no row and NULL are a missing value, never 0. */
export function firstValue(rows: readonly (readonly unknown[])[]): number {
  const [row] = rows;
  if (!row) throw new EmptyAnswerError("the query gives no row");
  const [cell] = row;
  if (cell === null || cell === undefined) throw new EmptyAnswerError("the query gives NULL");
  const value = numeric(cell);
  if (value === undefined)
    throw new SourceError("Malformed", `expected a number in the first column, got a ${typeof cell} that is none`);
  return value;
}
