import type { Problem } from "../../core/index.ts";
import { CONVERTIBLE, type ConvertOptions, convert } from "../../formats/convert/convert.ts";
import { isAuthentication } from "../../formats/convert/trigger-authentication.ts";
import { describeProblem, isError } from "../../formats/describe-problem.ts";
import { type Entry, listEntries, type ReadDocument, readDocuments, withPlaces } from "../../formats/read-documents.ts";
import type { KubernetesObject } from "../../formats/shared/kubernetes-object.ts";
import { nearName } from "../../formats/shared/near-name.ts";
import { parseDefaults } from "../shared/parse-defaults.ts";
import { print, printError } from "../shared/print.ts";
import { findManifests, readText } from "../shared/read-text.ts";
import type { ConvertCommandOptions } from "./convert-options.ts";

/** Converts all documents of the files; the exit status: 2 where one of them could not be, or not as a whole. */
export function convertFiles(words: readonly string[], options: ConvertCommandOptions): number {
  const results: string[] = [];
  const problems: Problem[] = [];
  const texts = findManifests(words).map((file) => ({ file, documents: readDocuments(readText(file)) }));
  const authentications = texts.flatMap(({ documents }) =>
    documents.flatMap(({ value }) => listEntries(value).map(asObject)),
  );
  const convertOptions: ConvertOptions = {
    defaults: parseDefaults(options),
    prometheusUrl: options.prometheusUrl,
    authentications: authentications.filter(isAuthentication),
  };
  const foreign = new Map<string, number>();
  const outcome: Outcome = { results, problems, foreign, objects: 0, converted: 0 };
  for (const { file, documents } of texts) convertDocuments(documents, file, convertOptions, outcome);
  if (results.length + problems.length === 0) problems.push({ path: "", message: nothingToConvert(foreign) });
  const errors = problems.filter(isError);
  if (foreign.size > 0) printError(`left out, as they are no autoscalers: ${counted(foreign)}\n`);
  if (results.length > 0) print(results.join("---\n"));
  for (const problem of problems) {
    printError(`${isError(problem) ? "error" : "warning"}: ${describeProblem(problem)}\n`);
  }
  if (outcome.objects > 0) printError(`${summary(outcome)}\n`);
  return errors.length > 0 ? 2 : 0;
}

/** Groups whose objects scale: what cannot be converted of them is an error, and not left out. */
const GROUPS = ["keda.sh", "autoscaling", "muster.dev", "k8s.practo.dev"];

/** An object that people keep in one file with autoscalers, such as a Deployment. */
function isForeign({ apiVersion, kind }: KubernetesObject): boolean {
  if (typeof apiVersion !== "string" || typeof kind !== "string") return false;
  const group = apiVersion.split("/")[0] ?? "";
  return !GROUPS.includes(group) && nearName(kind, CONVERTIBLE) === undefined;
}

function nothingToConvert(foreign: ReadonlyMap<string, number>): string {
  return `expected one of ${CONVERTIBLE.join(", ")}, got ${foreign.size === 0 ? "none" : counted(foreign)}`;
}

function counted(kinds: ReadonlyMap<string, number>): string {
  return [...kinds].map(([kind, count]) => (count === 1 ? kind : `${count} of kind ${kind}`)).join(", ");
}

const asObject = ({ value }: Pick<Entry, "value">): KubernetesObject =>
  typeof value === "object" && value !== null ? value : {};

function summary({ objects, converted, results }: Outcome): string {
  const inPart = results.length - converted;
  return `${converted} of ${objects} converted${inPart === 0 ? "" : `, ${inPart} in part`}`;
}

/** What has come of the documents so far. */
interface Outcome {
  readonly results: string[];
  readonly problems: Problem[];
  /** How many there were of each foreign kind. */
  readonly foreign: Map<string, number>;
  /** How many could be converted, and how many were as a whole. */
  objects: number;
  converted: number;
}

function convertDocuments(
  documents: readonly ReadDocument[],
  file: string,
  options: ConvertOptions,
  outcome: Outcome,
): void {
  const { problems } = outcome;
  if (documents.length === 0) problems.push({ file, path: "", message: "expected a manifest, got an empty file" });
  for (const document of documents) {
    problems.push(...withPlaces(document.problems, document, file));
    if (document.problems.length > 0) continue;
    for (const entry of listEntries(document.value)) {
      const found = convertEntry(entry, options, outcome);
      problems.push(...found.map((problem) => placed(problem, entry, document, file)));
    }
  }
}

/** A problem with its object's name, and with its place in a document that may be a list. */
function placed(problem: Problem, entry: Entry, document: ReadDocument, file: string): Problem {
  const path = [entry.at, problem.path].filter(Boolean).join(".");
  return { file, ...document.locate(path), object: nameOf(asObject(entry)), ...problem };
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  const { namespace, name } = metadata ?? {};
  const named = [namespace, name].filter((one) => typeof one === "string").join("/");
  return [kind, named].filter((one) => typeof one === "string" && one !== "").join(" ");
}

function convertEntry(entry: Entry, options: ConvertOptions, outcome: Outcome): readonly Problem[] {
  const { results, foreign } = outcome;
  const object = asObject(entry);
  if (isAuthentication(object)) return [];
  if (isForeign(object)) {
    const kind = String(object.kind);
    foreign.set(kind, (foreign.get(kind) ?? 0) + 1);
    return [];
  }
  outcome.objects += 1;
  const { yaml, problems } = convert(entry.value, options);
  if (yaml !== undefined) results.push(yaml);
  if (!problems.some(isError)) outcome.converted += 1;
  return problems;
}
