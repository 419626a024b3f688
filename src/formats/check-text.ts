import type { Autoscaler, Origin, Problem, WorkloadReference } from "../core/index.ts";
import { nearName } from "../shared/near-name.ts";
import { type Defaults, KINDS, parseAutoscaler } from "./formats.ts";
import { tooShortGrace } from "./grace-period.ts";
import { type KubernetesObject, originOf } from "./kubernetes-object.ts";
import { isError } from "./problems.ts";
import { listEntries, type ReadDocument, readDocuments, withPlaces } from "./read-documents.ts";
import type { SecretLookup } from "./source-settings.ts";

/** What was found out about one document. */
export interface Finding {
  readonly file: string;
  /** Absent where the document is not YAML. */
  readonly origin?: Origin;
  /** Absent where something is wrong. */
  readonly autoscaler?: Autoscaler;
  readonly problems: readonly Problem[];
}

interface CheckTerms extends Defaults {
  /** Where the objects of a namespace look up keys of Secrets. */
  readonly secretsOf?: (namespace: string) => SecretLookup;
  /** The seconds that a workload's pods get to end; undefined: the workload is not known. */
  readonly graceSecondsOf?: (target: WorkloadReference) => number | undefined;
}

/** Checks all documents of one file's text. Other objects, such as Deployments, are ignored. */
export function checkText(text: string, file: string, defaults: Defaults): readonly Finding[] {
  return checkDocuments(readDocuments(text), file, defaults);
}

/** The same for documents that have been read. */
export function checkDocuments(
  documents: readonly ReadDocument[],
  file: string,
  terms: CheckTerms,
): readonly Finding[] {
  return documents.flatMap((document) => {
    if (document.problems.length > 0) return [{ file, problems: withPlaces(document.problems, document, file) }];
    return listEntries(document.value).flatMap(({ value, at }) =>
      isForeign(value) ? [] : [checkObject(value, at, document, file, terms)],
    );
  });
}

function checkObject(
  value: unknown,
  at: string,
  document: ReadDocument,
  file: string,
  { secretsOf, graceSecondsOf, ...defaults }: CheckTerms,
): Finding {
  const { namespace } = originOf("", (value ?? {}) as KubernetesObject);
  const parsed = parseAutoscaler(value, secretsOf ? { ...defaults, secrets: secretsOf(namespace) } : defaults, file);
  const grace = "autoscaler" in parsed ? graceSecondsOf?.(parsed.autoscaler.target) : undefined;
  const short = "autoscaler" in parsed && grace !== undefined ? tooShortGrace(parsed, grace) : [];
  const problems = [...parsed.problems, ...short].map((problem) => {
    const path = [at, problem.path].filter(Boolean).join(".");
    return { ...withPlaces([{ ...problem, path }], document, file)[0], ...problem } as Problem;
  });
  if (!("autoscaler" in parsed)) return { file, origin: parsed.origin, problems };
  return { file, origin: parsed.autoscaler.origin, autoscaler: parsed.autoscaler, problems };
}

/** An object of another kind, and not a slip in the name of one of ours. */
function isForeign(value: unknown): boolean {
  const { apiVersion, kind } = (value ?? {}) as KubernetesObject;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return false;
  return !KINDS.includes(kind) && nearName(kind, KINDS) === undefined;
}

/** Two autoscalers on one workload would undo each other's work: an error of the later one. */
export function refuseRivals(findings: readonly Finding[]): readonly Finding[] {
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
