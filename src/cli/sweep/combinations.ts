import type { FieldValues } from "./field-values.ts";
import type { Settings } from "./settings.ts";

/** All combinations of the fields' values; the last field changes fastest. */
export function combinations(fields: readonly Pick<FieldValues, "path" | "values">[]): readonly Settings[] {
  return fields.reduce<readonly Settings[]>(
    (some, { path, values }) => some.flatMap((settings) => values().map((value) => ({ ...settings, [path]: value }))),
    [{}],
  );
}
