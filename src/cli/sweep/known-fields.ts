import { describeProblem } from "../../formats/describe-problem.ts";
import { type Defaults, parseAutoscaler } from "../../formats/formats.ts";
import { fieldPath, valueAt } from "../../formats/shared/field-path.ts";
import { UserError } from "../../shared/user-error.ts";
import { fieldKeys, NowhereError, withField } from "./field-keys.ts";
import type { FieldValues } from "./field-values.ts";
import type { PolicyDocument } from "./policy-documents.ts";
import { decideAlike, variantOf } from "./variant.ts";

/** Refuses fields that a policy does not have: those of whose values none makes a difference. */
export function refuseUnknownFields(
  flag: string,
  fields: readonly FieldValues[],
  policy: PolicyDocument,
  defaults: Defaults,
): void {
  const twice = fields.find(({ path }, index) => fields.findIndex((field) => field.path === path) < index);
  if (twice !== undefined) throw new UserError(`${flag} ${twice.path}: expected each field once, got it twice`);
  const wrong = fields.flatMap((field) => {
    const problem = problemOf(field, policy, defaults);
    return problem === undefined ? [] : [`${flag} ${field.path}: ${policy.name}: ${problem}`];
  });
  if (wrong.length > 0) throw new UserError(wrong.join("\nmuster: "));
}

function problemOf({ path, values }: FieldValues, policy: PolicyDocument, defaults: Defaults): string | undefined {
  try {
    const keys = fieldKeys(path, policy.value);
    const isIdle = values().every((value) => {
      const variant = variantOf(policy, { [path]: value }, defaults);
      return "autoscaler" in variant && decideAlike(variant.autoscaler, policy.autoscaler);
    });
    const isAsItIs = values().every((value) => valueAt(policy.value, keys) === value);
    return isIdle && !isAsItIs ? said(keys, policy, values()[0], defaults) : undefined;
  } catch (error) {
    if (error instanceof NowhereError) return error.message;
    throw error;
  }
}

/** The parser's own words on that field, where it has some. */
function said(
  keys: readonly (string | number)[],
  { value, file }: PolicyDocument,
  wanted: unknown,
  defaults: Defaults,
): string {
  const { problems } = parseAutoscaler(withField(value, keys, wanted), defaults, file);
  const path = fieldPath(keys);
  const own = problems.find((problem) => path === problem.path || path.startsWith(`${problem.path}.`));
  if (own !== undefined) return describeProblem(own);
  const inSpec = isMapping(value) && isMapping(value.spec) && keys[0] !== "spec" && keys[0] !== "metadata";
  const hint = inSpec ? `; did you mean \`spec.${path}\`?` : "";
  return `expected a field that makes a difference, got one that makes none${hint}`;
}

function isMapping(value: unknown): value is { readonly spec?: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
