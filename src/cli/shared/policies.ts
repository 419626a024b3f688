import { basename } from "node:path";
import { checkText, type Finding } from "../../formats/check-text.ts";
import { type Defaults, parseAutoscaler } from "../../formats/formats.ts";
import { describeProblem, isError } from "../../formats/problems.ts";
import { listEntries, readDocuments } from "../../formats/read-documents.ts";
import { asActive, type Policy } from "../../lab/rehearsal.ts";
import { type PolicyDocument, sweepPolicies } from "../../lab/sweep/policy-document.ts";
import { UserError } from "../../shared/user-error.ts";
import { checkFiles } from "./check-files.ts";
import { parseDefaults } from "./parse-defaults.ts";
import { parseNumberOption } from "./parse-numbers.ts";
import { findManifests, readText } from "./read-text.ts";
import type { SimulateOptions } from "./rehearsal-options.ts";

/** Loads all autoscalers of files and folders; refuses all problems at once. */
export function loadPolicies(words: readonly string[], defaults: Defaults): readonly Policy[] {
  return namePolicies(checkFiles(findManifests(words), defaults), words);
}

function namePolicies(found: readonly Finding[], words: readonly string[]): readonly Policy[] {
  if (words.length === 0) throw new UserError("expected -f FILE with at least one autoscaler, got none");
  const wrong = found.flatMap(({ problems }) => problems.filter(isError));
  if (wrong.length > 0) throw new UserError(wrong.map(describeProblem).join("\nmuster: "));
  const policies = found.flatMap(({ autoscaler, file }) =>
    autoscaler === undefined ? [] : [{ autoscaler: asActive(autoscaler), name: autoscaler.origin.name, file }],
  );
  if (policies.length === 0) throw new UserError(`expected an autoscaler in ${words.join(", ")}, found none`);
  return withUniqueNames(policies);
}

/** Names policies by object name if these differ, else by file, else with a number. */
function withUniqueNames(policies: readonly (Policy & { readonly file: string })[]): readonly Policy[] {
  const isTwice = (names: readonly string[]) => new Set(names).size < names.length;
  let names = policies.map(({ name }) => name);
  if (isTwice(names)) names = policies.map(({ file }) => basename(file).replace(/\.(ya?ml|json)$/, ""));
  if (isTwice(names)) names = policies.map(({ name }, index) => `${index + 1} ${name}`);
  return policies.map(({ autoscaler }, index) => ({ autoscaler, name: names[index] ?? "" }));
}

/** Loads all autoscalers with the documents they were written in. */
export function loadPolicyDocuments(words: readonly string[], defaults: Defaults): readonly PolicyDocument[] {
  const texts = findManifests(words).map((file) => ({ file, text: readText(file) }));
  const found = texts.flatMap(({ file, text }) => checkText(text, file, defaults));
  const policies = namePolicies(found, words);
  const documents = texts.flatMap(({ file, text }) =>
    readDocuments(text).flatMap(({ value: whole }, document) =>
      listEntries(whole).flatMap(({ value, at }) => {
        const isPolicy = "autoscaler" in parseAutoscaler(value, defaults, file);
        return isPolicy ? [{ file, text, document, value, at }] : [];
      }),
    ),
  );
  return policies.map((policy, index) => ({ ...policy, ...(documents[index] as (typeof documents)[number]) }));
}

/** The policies of -f, or every combination that --sweep makes of them. */
export function parsePolicies(options: SimulateOptions, runs: number): readonly Policy[] {
  const { filename = [], sweep = [], sweepLimit = "1000" } = options;
  const defaults = parseDefaults(options);
  if (sweep.length === 0) return loadPolicies(filename, defaults);
  const policies = loadPolicyDocuments(filename, defaults);
  const limit = parseNumberOption("--sweep-limit", sweepLimit, { from: 1, to: 1_000_000, whole: true });
  return sweepPolicies({ fields: sweep, policies, defaults, runs, limit });
}
