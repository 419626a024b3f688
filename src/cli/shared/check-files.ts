import { checkDocuments, type Finding } from "../../formats/check-text.ts";
import { isAuthentication } from "../../formats/convert/trigger-authentication.ts";
import type { Defaults } from "../../formats/formats.ts";
import { graceSecondsIn } from "../../formats/grace-period.ts";
import type { KubernetesObject } from "../../formats/kubernetes-object.ts";
import { listEntries, readDocuments } from "../../formats/read-documents.ts";
import { secretsIn } from "./poll-once.ts";
import { readText, UnreadableFile } from "./read-text.ts";

/** Checks all documents of these files, some of which may be unreadable. Credentials come from the Secrets among them. */
export function checkFiles(files: readonly string[], defaults: Defaults): readonly Finding[] {
  const read = files.map((file) => ({ file, documents: documentsOf(file) }));
  const documents = read.flatMap((one) => (one.documents instanceof UnreadableFile ? [] : one.documents));
  const objects = documents.flatMap(({ value }) => listEntries(value).map((entry) => entry.value));
  const authentications = objects.filter((one): one is KubernetesObject => isAuthentication(one ?? {}));
  const terms = {
    ...defaults,
    authentications,
    secretsOf: secretsIn(objects),
    graceSecondsOf: graceSecondsIn(objects),
  };
  return read.flatMap(({ file, documents }) =>
    documents instanceof UnreadableFile
      ? [{ file, problems: [{ file, path: "", message: documents.detail }] }]
      : checkDocuments(documents, file, terms),
  );
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
