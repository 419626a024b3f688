import type { Defaults } from "../../formats/formats.ts";
import { valueAt } from "../../formats/shared/field-path.ts";
import { UserError } from "../../shared/user-error.ts";
import { fieldKeys } from "../sweep/field-keys.ts";
import { fieldValues } from "../sweep/field-values.ts";
import { refuseUnknownFields } from "../sweep/known-fields.ts";
import type { PolicyDocument } from "../sweep/policy-documents.ts";
import { type TunedField, thinned } from "./candidate-values.ts";
import { fieldsWorthTuning } from "./fields-worth-tuning.ts";

/** The fields to tune: those that --vary names, else those worth it; with so few values that `most` combinations do. */
export function tunedFields(
  vary: readonly string[],
  policy: PolicyDocument,
  most: number,
  defaults: Defaults,
): readonly TunedField[] {
  const usual = fieldsWorthTuning(policy);
  const stated = vary.map((text) => (text.includes("=") ? fieldValues("--vary", text) : usualField(text, usual)));
  const own = stated.filter((field) => "count" in field);
  const count = own.reduce((product, field) => product * field.count, 1);
  if (count > most) {
    throw new UserError(
      `--vary: expected at most ${most} combinations, got ${count}: take fewer values, or raise --tries`,
    );
  }
  refuseUnknownFields("--vary", own, policy, defaults);
  const fields = stated.map((field) => ("count" in field ? { path: field.path, values: field.values() } : field));
  const wanted = vary.length > 0 ? fields : usual;
  if (wanted.length === 0)
    throw new UserError(`${policy.name}: expected a field worth tuning, found none: name one with --vary`);
  return thinned(wanted, (path) => presentValue(policy, path), most);
}

/** What stands in that field of the manifest. */
export function presentValue({ value }: PolicyDocument, path: string): unknown {
  return valueAt(value, fieldKeys(path, value));
}

function usualField(path: string, usual: readonly TunedField[]): TunedField {
  const field = usual.find((one) => one.path === path);
  if (field !== undefined) return field;
  const known = usual.map((one) => one.path).join(", ");
  throw new UserError(
    `--vary: expected a field with values such as ${path}=1..10, or one of ${known} alone, got "${path}"`,
  );
}
