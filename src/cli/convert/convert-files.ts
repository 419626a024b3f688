import { CONVERTIBLE, type ConvertOptions, convert } from "../../config/convert/convert.ts";
import { isAuthentication } from "../../config/convert/trigger-authentication.ts";
import { describeProblem } from "../../config/describe-problem.ts";
import { type ReadDocument, readDocuments, withPlaces } from "../../config/read-documents.ts";
import type { KubernetesObject } from "../../config/shared/kubernetes-object.ts";
import { nearName } from "../../config/shared/near-name.ts";
import type { Problem } from "../../core/index.ts";
import { defaultsFrom } from "../shared/defaults-from.ts";
import { type Entry, entriesOf } from "../shared/entries-of.ts";
import { manifestFiles } from "../shared/manifest-files.ts";
import { readText } from "../shared/read-text.ts";
import type { ConvertCommandOptions } from "./convert-options.ts";

/** Converts all documents of the files; the exit status: 2 where one of them could not be. */
export function convertFiles(words: readonly string[], options: ConvertCommandOptions): number {
  const results: string[] = [];
  const problems: Problem[] = [];
  const texts = manifestFiles(words).map((file) => ({ file, documents: readDocuments(readText(file)) }));
  const authentications = texts.flatMap(({ documents }) =>
    documents.flatMap(({ value }) => entriesOf(value).map(asObject)),
  );
  const convertOptions: ConvertOptions = {
    defaults: defaultsFrom(options),
    prometheusUrl: options.prometheusUrl,
    authentications: authentications.filter(isAuthentication),
  };
  const foreign = new Map<string, number>();
  for (const { file, documents } of texts) {
    convertDocuments(documents, file, convertOptions, { results, problems, foreign });
  }
  if (results.length + problems.length === 0) problems.push({ path: "", message: nothingToConvert(foreign) });
  if (foreign.size > 0) process.stderr.write(`left out, as they are no autoscalers: ${counted(foreign)}\n`);
  if (results.length > 0) process.stdout.write(results.join("---\n"));
  for (const problem of problems) process.stderr.write(`error: ${describeProblem(problem)}\n`);
  return problems.length > 0 ? 2 : 0;
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

/** What has come of the documents so far. */
interface Outcome {
  readonly results: string[];
  readonly problems: Problem[];
  /** How many there were of each foreign kind. */
  readonly foreign: Map<string, number>;
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
    for (const entry of entriesOf(document.value)) {
      problems.push(...withPlaces(convertEntry(entry, options, outcome), document, file));
    }
  }
}

function convertEntry(entry: Entry, options: ConvertOptions, { results, foreign }: Outcome): readonly Problem[] {
  const object = asObject(entry);
  if (isAuthentication(object)) return [];
  if (isForeign(object)) {
    const kind = String(object.kind);
    foreign.set(kind, (foreign.get(kind) ?? 0) + 1);
    return [];
  }
  const conversion = convert(entry.value, options);
  if ("problems" in conversion) return conversion.problems;
  results.push(conversion.yaml);
  return [];
}
