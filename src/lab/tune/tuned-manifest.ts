import { isDeepStrictEqual } from "node:util";
import { isScalar, parseAllDocuments, stringify } from "yaml";
import type { Defaults } from "../../formats/formats.ts";
import { valueAt } from "../../formats/problems.ts";
import { readDocuments } from "../../formats/read-documents.ts";
import { UserError } from "../../shared/user-error.ts";
import type { Settings } from "../sweep/field-values.ts";
import { applySettings, fieldKeys, type PolicyDocument } from "../sweep/policy-document.ts";

/** A manifest with new values. */
export interface TunedManifest {
  readonly text: string;
  /** Comments that are no longer in it, without "#". */
  readonly removed: readonly string[];
}

/**
 * The manifest's file with those fields set and all else as it was, except comments that a new value may contradict: those beside
 * it, those right above it, and those above the whole object that name the old number.
 */
export function writeTunedManifest(policy: PolicyDocument, settings: Settings, defaults: Defaults): TunedManifest {
  const variant = applySettings(policy, settings, defaults);
  if ("problems" in variant) throw new UserError(variant.problems.join("\nmuster: "));
  const place = (policy.at.match(/\w+/g) ?? []).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  const removed: string[] = [];
  const text = Object.keys(settings).reduce((before, path) => {
    const keys = fieldKeys(path, variant.value);
    const step = setValue(before, policy.document, [...place, ...keys], valueAt(variant.value, keys));
    removed.push(...step.removed);
    return step.text;
  }, policy.text);
  const written = readDocuments(text)[policy.document]?.value;
  if (isDeepStrictEqual(valueAt(written, place), variant.value)) return { text, removed };
  const wanted = Object.entries(settings).map(([path, value]) => `${path}: ${value}`);
  throw new UserError(
    `${policy.file}: expected fields that can be set one by one, got some that share an anchor: set ${wanted.join(", ")} by hand`,
  );
}

/** Replaces a value in its place, to the byte. For a new field its document is written from its parsed form. */
function setValue(text: string, index: number, keys: readonly (string | number)[], value: unknown): TunedManifest {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return { text, removed: [] };
  const places = documents.flatMap(({ errors, contents }, at) => (errors.length > 0 || contents !== null ? [at] : []));
  const at = places[index] ?? -1;
  const document = documents[at];
  if (document === undefined) return { text, removed: [] };
  // Text between two documents, such as a comment, belongs to the later one.
  const start = documents[at - 1]?.range?.[2] ?? 0;
  const node = document.getIn(keys, true);
  if (isScalar(node) && node.range != null) {
    if (node.value === value) return { text, removed: [] };
    const old = Number(String(node.value).replace(/%$/, ""));
    const content = document.contents?.range?.[0] ?? start;
    const head = removeComments(text.slice(start, content), (comment) => namesNumber(comment, old));
    const above = removeCommentAbove(text.slice(content, node.range[0]));
    const rest = text.slice(node.range[1]);
    const beside = /^[ \t]+#.*/.exec(rest)?.[0] ?? "";
    return {
      text: text.slice(0, start) + head.text + above.text + stringify(value).trimEnd() + rest.slice(beside.length),
      removed: [...head.removed, ...above.removed, ...(beside === "" ? [] : [commentText(beside)])],
    };
  }
  document.setIn(keys, value);
  const end = document.range?.[2] ?? text.length;
  return { text: text.slice(0, start) + document.toString({ lineWidth: 0 }) + text.slice(end), removed: [] };
}

function commentText(lines: string): string {
  return lines
    .replace(/^\s*#+[ \t]*/gm, "")
    .trim()
    .replaceAll("\n", " ");
}

/** Comment lines that follow each other are one comment. */
function removeComments(text: string, isOutdated: (comment: string) => boolean): TunedManifest {
  const removed: string[] = [];
  const kept = text.replace(/(?:^[ \t]*#.*\n)+/gm, (lines) => {
    if (!isOutdated(lines)) return lines;
    removed.push(commentText(lines));
    return "";
  });
  return { text: kept, removed };
}

/** The comment that ends on the line before the last one, where the field is. */
function removeCommentAbove(text: string): TunedManifest {
  const line = text.lastIndexOf("\n") + 1;
  const lines = /(?:^[ \t]*#.*\n)+$/m.exec(text.slice(0, line))?.[0] ?? "";
  if (lines === "") return { text, removed: [] };
  return { text: text.slice(0, line - lines.length) + text.slice(line), removed: [commentText(lines)] };
}

const SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");

/** Whether a comment names that number, in digits or in words; seconds may be written as minutes or hours. */
function namesNumber(comment: string, number: number): boolean {
  const words = comment.toLowerCase().match(/\d+(?:\.\d+)?|[a-z]+/g) ?? [];
  const named = words.map((word) => (SMALL.includes(word) ? SMALL.indexOf(word) : Number(word)));
  const minutes = /\bmin(?:ute)?s?\b/i.test(comment) ? [number / 60] : [];
  const hours = /\bh(?:ours?)?\b/i.test(comment) ? [number / 3600] : [];
  return [number, ...minutes, ...hours].some((one) => named.includes(one));
}
