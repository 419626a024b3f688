import type { WorkloadReference } from "../../core/index.ts";
import { checkDocuments, type Finding } from "../../formats/check-text.ts";
import { holdsEnvironment } from "../../formats/convert/environment.ts";
import { isAuthentication } from "../../formats/convert/trigger-authentication.ts";
import type { Defaults } from "../../formats/formats.ts";
import { graceSecondsIn, graceSecondsOf } from "../../formats/grace-period.ts";
import type { KubernetesObject } from "../../formats/kubernetes-object.ts";
import { listEntries, readDocuments } from "../../formats/read-documents.ts";
import { KubernetesError } from "../../kubernetes/ports.ts";
import type { Cluster } from "./cluster-objects.ts";
import { secretsIn } from "./poll-once.ts";
import { printError } from "./print.ts";
import { readText, UnreadableFile } from "./read-text.ts";

/** Checks all documents of these files, some of which may be unreadable. Credentials come from the Secrets among them. */
export function checkFiles(files: readonly string[], defaults: Defaults): readonly Finding[] {
  return checkManifests(readManifests(files), defaults);
}

/** A file with its documents, or why it cannot be read. */
interface Manifest {
  readonly file: string;
  readonly documents: ReturnType<typeof documentsOf>;
}

export function readManifests(files: readonly string[]): readonly Manifest[] {
  return files.map((file) => ({ file, documents: documentsOf(file) }));
}

/** `graceElsewhere`: how many seconds the pods of workloads that are not in these files get to end. */
export function checkManifests(
  read: readonly Manifest[],
  defaults: Defaults,
  graceElsewhere: GraceSeconds = () => undefined,
): readonly Finding[] {
  const documents = read.flatMap((one) => (one.documents instanceof UnreadableFile ? [] : one.documents));
  const objects = documents.flatMap(({ value }) => listEntries(value).map((entry) => entry.value));
  const authentications = objects.filter(
    (one): one is KubernetesObject => isAuthentication(one ?? {}) || holdsEnvironment(one ?? {}),
  );
  const graceHere = graceSecondsIn(objects);
  const terms = {
    ...defaults,
    authentications,
    secretsOf: secretsIn(objects),
    graceSecondsOf: (target: WorkloadReference) => graceHere(target) ?? graceElsewhere(target),
  };
  return read.flatMap(({ file, documents }) =>
    documents instanceof UnreadableFile
      ? [{ file, problems: [{ file, path: "", message: documents.detail }] }]
      : checkDocuments(documents, file, terms),
  );
}

type GraceSeconds = (target: WorkloadReference) => number | undefined;

/** Reads how many seconds the pods of these autoscalers' workloads get to end. What cannot be read is printed. */
export async function readGrace(cluster: Cluster, findings: readonly Finding[]): Promise<GraceSeconds> {
  const found = new Map<string, number | undefined>();
  for (const { autoscaler } of findings) {
    if (autoscaler === undefined || found.has(nameOf(autoscaler.target))) continue;
    const { apiVersion, kind, namespace, name } = autoscaler.target;
    // Of other kinds nobody knows where they have the template of their pods.
    if (apiVersion !== "apps/v1") continue;
    const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${kind.toLowerCase()}s/${encodeURIComponent(name)}`;
    try {
      found.set(nameOf(autoscaler.target), graceSecondsOf(await cluster.get(path, `get ${kind} ${namespace}/${name}`)));
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      found.set(nameOf(autoscaler.target), undefined);
      printError(`muster: the grace period of ${kind} ${namespace}/${name} is not checked: ${error.message}\n`);
    }
  }
  return (target) => found.get(nameOf(target));
}

function nameOf({ kind, namespace, name }: WorkloadReference): string {
  return [kind, namespace, name].join("/");
}

function documentsOf(file: string): ReturnType<typeof readDocuments> | UnreadableFile {
  try {
    const text = readText(file);
    // One of comments alone has no autoscaler, as templates may have it; an empty one is a mistake on the way here.
    if (text.trim() === "") return new UnreadableFile(file, "expected a manifest, got an empty file");
    return readDocuments(text);
  } catch (error) {
    if (error instanceof UnreadableFile) return error;
    throw error;
  }
}
