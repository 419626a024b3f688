import { basename } from "node:path";
import type { Autoscaler } from "../../core/index.ts";
import type { Finding } from "../../formats/check-text.ts";
import { describeProblem, isError } from "../../formats/describe-problem.ts";
import type { Defaults } from "../../formats/formats.ts";
import { UserError } from "../../shared/user-error.ts";
import { checkFiles } from "../shared/check-files.ts";
import { findManifests } from "../shared/read-text.ts";
import type { Settings } from "../sweep/settings.ts";

/** An autoscaler as something to compare with others. */
export interface Policy {
  readonly name: string;
  readonly autoscaler: Autoscaler;
  /** Fields that a sweep has set, by their paths. */
  readonly settings?: Settings;
}

/** All autoscalers of the files and folders; everything that is wrong with them is a user's mistake. */
export function policiesOf(words: readonly string[], defaults: Defaults): readonly Policy[] {
  return policiesAmong(checkFiles(findManifests(words), defaults), words);
}

/** The same of files that have been checked already. */
export function policiesAmong(found: readonly Finding[], words: readonly string[]): readonly Policy[] {
  if (words.length === 0) throw new UserError("expected -f FILE with at least one autoscaler, got none");
  const wrong = found.flatMap(({ problems }) => problems.filter(isError));
  if (wrong.length > 0) throw new UserError(wrong.map(describeProblem).join("\nmuster: "));
  const policies = found.flatMap(({ autoscaler, file }) =>
    autoscaler === undefined ? [] : [{ autoscaler: rehearsed(autoscaler), name: autoscaler.origin.name, file }],
  );
  if (policies.length === 0) throw new UserError(`expected an autoscaler in ${words.join(", ")}, found none`);
  return told(policies);
}

/** A rehearsal is none where nothing is done: a dry run acts here. */
export function rehearsed(autoscaler: Autoscaler): Autoscaler {
  return autoscaler.mode === "DryRun" ? { ...autoscaler, mode: "Active" } : autoscaler;
}

/** By their names where these differ, else by file, else by number too. */
function told(policies: readonly (Policy & { readonly file: string })[]): readonly Policy[] {
  const isTwice = (names: readonly string[]) => new Set(names).size < names.length;
  let names = policies.map(({ name }) => name);
  if (isTwice(names)) names = policies.map(({ file }) => basename(file).replace(/\.(ya?ml|json)$/, ""));
  if (isTwice(names)) names = policies.map(({ name }, index) => `${index + 1} ${name}`);
  return policies.map(({ autoscaler }, index) => ({ autoscaler, name: names[index] ?? "" }));
}
