import { type ConvertOptions, convert } from "../../config/convert/convert.ts";
import { isAuthentication } from "../../config/convert/trigger-authentication.ts";
import { describeProblem } from "../../config/describe-problem.ts";
import { type ReadDocument, readDocuments, withPlaces } from "../../config/read-documents.ts";
import type { KubernetesObject } from "../../config/shared/kubernetes-object.ts";
import type { Problem } from "../../core/index.ts";
import { defaultsFrom } from "../shared/defaults-from.ts";
import { entriesOf } from "../shared/entries-of.ts";
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
  for (const { file, documents } of texts) convertDocuments(documents, file, convertOptions, { results, problems });
  if (results.length > 0) process.stdout.write(results.join("---\n"));
  for (const problem of problems) process.stderr.write(`error: ${describeProblem(problem)}\n`);
  return problems.length > 0 ? 2 : 0;
}

const asObject = ({ value }: { readonly value: unknown }): KubernetesObject =>
  typeof value === "object" && value !== null ? value : {};

function convertDocuments(
  documents: readonly ReadDocument[],
  file: string,
  options: ConvertOptions,
  { results, problems }: { readonly results: string[]; readonly problems: Problem[] },
): void {
  if (documents.length === 0) problems.push({ file, path: "", message: "expected a manifest, got an empty file" });
  for (const document of documents) {
    problems.push(...withPlaces(document.problems, document, file));
    if (document.problems.length > 0) continue;
    for (const entry of entriesOf(document.value)) {
      if (isAuthentication(asObject(entry))) continue;
      const conversion = convert(entry.value, options);
      if ("yaml" in conversion) results.push(conversion.yaml);
      else problems.push(...withPlaces(conversion.problems, document, file));
    }
  }
}
