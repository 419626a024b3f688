import { checkText } from "../../formats/check-text.ts";
import { type Defaults, parseAutoscaler } from "../../formats/formats.ts";
import { listEntries, readDocuments } from "../../formats/read-documents.ts";
import { findManifests, readText } from "../shared/read-text.ts";
import { type Policy, policiesAmong } from "../simulate/policies.ts";

/** A policy with the document that it was written in, so that fields of it can be changed. */
export interface PolicyDocument extends Policy {
  readonly file: string;
  /** The whole file, and which of its documents. */
  readonly text: string;
  readonly document: number;
  /** The object, and its place in a list that the document may be. */
  readonly value: unknown;
  readonly at: string;
}

/** All autoscalers of the files and folders with their documents; what is wrong with them is a user's mistake. */
export function policyDocuments(words: readonly string[], defaults: Defaults): readonly PolicyDocument[] {
  const texts = findManifests(words).map((file) => ({ file, text: readText(file) }));
  const found = texts.flatMap(({ file, text }) => checkText(text, file, defaults));
  const policies = policiesAmong(found, words);
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
