import fc from "fast-check";

/** Text of a recorded file, whatever may be in it: rows of cells that a reader knows, beside any others. */
export function anyRows(...usual: readonly string[]): fc.Arbitrary<string> {
  const known = ["0", "60", "2024-06-01 12:00:00", "5", "-1", "", '"', "{}", '{"time":1}', ...usual];
  const cell = fc.oneof(fc.constantFrom(...known), fc.string());
  const row = fc.array(cell, { maxLength: 3 }).map((cells) => cells.join(","));
  return fc.array(row, { maxLength: 6 }).map((rows) => rows.join("\n"));
}
