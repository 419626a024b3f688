import type { Autoscaler, Origin, Problem } from "../../core/index.ts";
import { isError } from "../../formats/describe-problem.ts";
import { type Defaults, KINDS, parseAutoscaler } from "../../formats/formats.ts";
import { listEntries, type ReadDocument, readDocuments, withPlaces } from "../../formats/read-documents.ts";
import { nearName } from "../../formats/shared/near-name.ts";
import type { SecretLookup } from "../../formats/source-settings.ts";
import { namespaceOf, secretsIn } from "../shared/poll-once.ts";
import { readText, UnreadableFile } from "../shared/read-text.ts";

/** What was found out about one document. */
export interface Finding {
  readonly file: string;
  /** Absent where the document is not YAML. */
  readonly origin?: Origin;
  /** Absent where something is wrong. */
  readonly autoscaler?: Autoscaler;
  readonly problems: readonly Problem[];
}

/** Checks all documents of these files, some of which may be unreadable. Credentials come from the Secrets among them. */
export function checkFiles(files: readonly string[], defaults: Defaults): readonly Finding[] {
  const read = files.map((file) => ({ file, ...documentsOf(file) }));
  const secrets = secretsIn(
    read.flatMap(({ documents = [] }) =>
      documents.flatMap(({ value }) => listEntries(value).map((entry) => entry.value)),
    ),
  );
  return read.flatMap(({ file, documents, unreadable }) =>
    documents === undefined
      ? [{ file, problems: [{ file, path: "", message: unreadable }] }]
      : checkDocuments(documents, file, { ...defaults, secretsOf: secrets }),
  );
}

/** Checks all documents of one file's text. Objects that have nothing to do with us, such as Deployments, are passed over. */
export function checkText(text: string, file: string, defaults: Defaults): readonly Finding[] {
  return checkDocuments(readDocuments(text), file, defaults);
}

type Documents = readonly ReadDocument[];

function documentsOf(
  file: string,
): { documents: Documents; unreadable?: never } | { documents?: never; unreadable: string } {
  try {
    return { documents: readDocuments(readText(file)) };
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    return { unreadable: error.detail };
  }
}

function checkDocuments(documents: Documents, file: string, terms: Terms): readonly Finding[] {
  if (documents.length === 0)
    return [{ file, problems: [{ file, path: "", message: "expected a manifest, got an empty file" }] }];
  return documents.flatMap((document) => {
    if (document.problems.length > 0) return [{ file, problems: withPlaces(document.problems, document, file) }];
    return listEntries(document.value)
      .map(({ value, at }) => checkDocument(value, at, document, file, terms))
      .filter((found) => found !== undefined);
  });
}

interface Terms extends Defaults {
  /** Where the objects of a namespace look up keys of Secrets. */
  readonly secretsOf?: (namespace: string) => SecretLookup;
}

function checkDocument(
  value: unknown,
  at: string,
  document: ReadDocument,
  file: string,
  { secretsOf, ...defaults }: Terms,
): Finding | undefined {
  if (isForeign(value)) return undefined;
  const secrets = secretsOf?.(namespaceOf(value));
  const parsed = parseAutoscaler(value, secrets === undefined ? defaults : { ...defaults, secrets }, file);
  const problems = parsed.problems.map((problem) => {
    const path = [at, problem.path].filter(Boolean).join(".");
    return { ...withPlaces([{ ...problem, path }], document, file)[0], ...problem } as Problem;
  });
  if ("autoscaler" in parsed) {
    return { file, origin: parsed.autoscaler.origin, autoscaler: parsed.autoscaler, problems };
  }
  return { file, origin: parsed.origin, problems };
}

/** An object of another kind, and not a slip in the name of one of ours. */
function isForeign(value: unknown): boolean {
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  return (
    typeof apiVersion === "string" &&
    typeof kind === "string" &&
    !KINDS.includes(kind) &&
    nearName(kind, KINDS) === undefined
  );
}

/** Two autoscalers on one workload would undo each other's work: an error of the later one. */
export function rivals(findings: readonly Finding[]): readonly Finding[] {
  const first = new Map<string, Finding>();
  return findings.map((finding) => {
    const target = finding.autoscaler?.target;
    if (target === undefined) return finding;
    const key = [target.apiVersion, target.kind, target.namespace, target.name].join("/");
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, finding);
      return finding;
    }
    const problem: Problem = {
      file: finding.file,
      path: "",
      message: `expected a workload of its own, got ${target.kind} ${target.namespace}/${target.name}, which ${other.origin?.kind} ${other.origin?.name} (${other.file}) scales already`,
    };
    const { autoscaler: _, ...refused } = finding;
    return { ...refused, problems: [...finding.problems, problem] };
  });
}

/** Whether such a finding makes `muster check` fail. */
export function isWrong({ problems }: Finding, strict: boolean): boolean {
  return strict ? problems.length > 0 : problems.some(isError);
}
