import type { Defaults } from "../../formats/formats.ts";
import { UserError } from "../../shared/user-error.ts";
import { numberOf } from "../simulate/numbers.ts";
import type { Policy } from "../simulate/policies.ts";
import type { SimulateOptions } from "../simulate/simulate-options.ts";
import { combinations } from "./combinations.ts";
import { type FieldValues, fieldValues } from "./field-values.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import { policyDocuments } from "./policy-documents.ts";
import { settingsInWords } from "./settings-in-words.ts";
import { variantOf } from "./variant.ts";

const MOST_TOLD = 10;

/** Every policy with every combination of the values that --sweep gives; refused as a whole where one is wrong. */
export function sweptPolicies(options: SimulateOptions, runs: number, defaults: Defaults): readonly Policy[] {
  const fields = (options.sweep ?? []).map((text) => fieldValues("--sweep", text));
  const policies = policyDocuments(options.filename ?? [], defaults);
  refuseTooMany(options, fields, policies.length, runs);
  for (const policy of policies) refuseUnknownFields("--sweep", fields, policy, defaults);
  const wrong: string[] = [];
  const swept = combinations(fields).flatMap((settings) =>
    policies.flatMap((policy): readonly Policy[] => {
      const variant = variantOf(policy, settings, defaults);
      const words = settingsInWords(settings);
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

function refuseTooMany(options: SimulateOptions, fields: readonly FieldValues[], policies: number, runs: number): void {
  const limit = numberOf("--sweep-limit", options.sweepLimit ?? "1000", { from: 1, to: 1_000_000, whole: true });
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
