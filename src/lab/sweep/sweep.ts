import type { Defaults } from "../../formats/formats.ts";
import { UserError } from "../../shared/user-error.ts";
import type { Policy } from "../rehearsal.ts";
import { combineValues, type FieldValues, formatSettings, parseFieldValues } from "./field-values.ts";
import { applySettings, type PolicyDocument, refuseUnknownFields } from "./policy-document.ts";

const MOST_TOLD = 10;

interface SweepTerms {
  /** Fields with their values, such as "spec.targetMessagesPerWorker=1..50". */
  readonly fields: readonly string[];
  readonly policies: readonly PolicyDocument[];
  readonly defaults: Defaults;
  /** For each combination. */
  readonly runs: number;
  /** Refuse more runs than this. */
  readonly limit: number;
}

/** Every policy with every combination of values; refuses all if one is invalid. */
export function sweepPolicies({ fields: texts, policies, defaults, runs, limit }: SweepTerms): readonly Policy[] {
  const fields = texts.map((text) => parseFieldValues("--sweep", text));
  refuseTooMany(fields, policies.length, runs, limit);
  for (const policy of policies) refuseUnknownFields("--sweep", fields, policy, defaults);
  const wrong: string[] = [];
  const swept = combineValues(fields).flatMap((settings) =>
    policies.flatMap((policy): readonly Policy[] => {
      const variant = applySettings(policy, settings, defaults);
      const words = formatSettings(settings);
      if ("problems" in variant) {
        wrong.push(...variant.problems.map((problem) => `--sweep ${words}: ${policy.name}: ${problem}`));
        return [];
      }
      const name = policies.length === 1 ? words : `${policy.name} ${words}`;
      return [{ name, autoscaler: variant.autoscaler, settings }];
    }),
  );
  if (wrong.length > MOST_TOLD)
    wrong.splice(MOST_TOLD, wrong.length, `and ${wrong.length - MOST_TOLD} more like these`);
  if (wrong.length > 0) throw new UserError(wrong.join("\nmuster: "));
  return swept;
}

function refuseTooMany(fields: readonly FieldValues[], policies: number, runs: number, limit: number): void {
  const count = fields.reduce((product, field) => product * field.count, policies * runs);
  if (count <= limit) return;
  const factors = [
    ...fields.map(({ path, count: values }) => `${values} of ${path}`),
    ...(policies > 1 ? [`${policies} policies`] : []),
    ...(runs > 1 ? [`${runs} runs each`] : []),
  ];
  throw new UserError(
    `--sweep: expected at most ${limit} runs, got ${count} (${factors.join(" x ")}): ` +
      "take larger steps or fewer values, or raise --sweep-limit",
  );
}
