import type { Autoscaler, Problem } from "../../core/index.ts";
import { describeProblem, isError } from "../../formats/describe-problem.ts";
import { type Defaults, parseAutoscaler } from "../../formats/formats.ts";
import { fieldPath } from "../../formats/shared/field-path.ts";
import { rehearsed } from "../simulate/policies.ts";
import { fieldKeys, withField } from "./field-keys.ts";
import type { PolicyDocument } from "./policy-documents.ts";
import type { Settings } from "./settings.ts";

/** A policy with some fields set to other values, or what its format's parser says against that. */
export type Variant =
  | { readonly autoscaler: Autoscaler; readonly value: unknown }
  | { readonly problems: readonly string[] };

/** Sets fields of a policy's document, and has the format's own parser read it. */
export function variantOf({ value, file }: PolicyDocument, settings: Settings, defaults: Defaults): Variant {
  let changed = value;
  for (const [path, wanted] of Object.entries(settings)) {
    const keys = fieldKeys(path, changed);
    const set = withField(changed, keys, wanted);
    const asText = withField(changed, keys, String(wanted));
    // A count such as maxDisruption's "10" is a text to its format.
    changed = complains(set, keys, defaults, file) && !complains(asText, keys, defaults, file) ? asText : set;
  }
  const parsed = parseAutoscaler(changed, defaults, file);
  if ("autoscaler" in parsed) return { autoscaler: rehearsed(parsed.autoscaler), value: changed };
  return { problems: parsed.problems.filter(isError).map(describeProblem) };
}

function complains(value: unknown, keys: readonly (string | number)[], defaults: Defaults, file: string): boolean {
  const path = fieldPath(keys);
  return parseAutoscaler(value, defaults, file).problems.some(
    (problem: Problem) => isError(problem) && problem.path === path,
  );
}

/** Whether the two decide alike: all but where they were written and what they scale is the same. */
export function decideAlike(one: Autoscaler, other: Autoscaler): boolean {
  return essence(one) === essence(other);
}

function essence({ id: _, origin: __, target: ___, ...rest }: Autoscaler): string {
  return JSON.stringify(rest);
}
