import { isDeepStrictEqual } from "node:util";
import { isScalar, parseAllDocuments, stringify } from "yaml";
import type { Defaults } from "../../formats/formats.ts";
import { readDocuments } from "../../formats/read-documents.ts";
import { valueAt } from "../../formats/shared/field-path.ts";
import { UserError } from "../../shared/user-error.ts";
import { fieldKeys } from "../sweep/field-keys.ts";
import type { PolicyDocument } from "../sweep/policy-documents.ts";
import type { Settings } from "../sweep/settings.ts";
import { variantOf } from "../sweep/variant.ts";

/** The manifest's file with those fields set. All else stays, comments too, except those that speak of an old number. */
export function tunedManifest(policy: PolicyDocument, settings: Settings, defaults: Defaults): string {
  const variant = variantOf(policy, settings, defaults);
  if ("problems" in variant) throw new UserError(variant.problems.join("\nmuster: "));
  const place = (policy.at.match(/\w+/g) ?? []).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  const text = Object.keys(settings).reduce((before, path) => {
    const keys = fieldKeys(path, variant.value);
    return withValue(before, policy.document, [...place, ...keys], valueAt(variant.value, keys));
  }, policy.text);
  const written = readDocuments(text)[policy.document]?.value;
  if (isDeepStrictEqual(valueAt(written, place), variant.value)) return text;
  const wanted = Object.entries(settings).map(([path, value]) => `${path}: ${value}`);
  throw new UserError(
    `${policy.file}: expected fields that can be set one by one, got some that share an anchor: set ${wanted.join(", ")} by hand`,
  );
}

/** A value that is there is replaced in its place, to the byte; a new one makes its document be written anew. */
function withValue(text: string, index: number, keys: readonly (string | number)[], value: unknown): string {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return text;
  const places = documents.flatMap(({ errors, contents }, at) => (errors.length > 0 || contents !== null ? [at] : []));
  const at = places[index] ?? -1;
  const document = documents[at];
  if (document === undefined) return text;
  const node = document.getIn(keys, true);
  if (isScalar(node) && node.range != null) {
    const isOutdated = (comment: string) => namesNumber(comment, Number(String(node.value).replace(/%$/, "")));
    const before = withoutCommentAbove(text.slice(0, node.range[0]), isOutdated);
    const after = withoutCommentBeside(text.slice(node.range[1]), isOutdated);
    return before + stringify(value).trimEnd() + after;
  }
  document.setIn(keys, value);
  // What stands between two documents, such as a comment, belongs to the later one.
  const start = documents[at - 1]?.range?.[2] ?? 0;
  const end = document.range?.[2] ?? text.length;
  return text.slice(0, start) + document.toString({ lineWidth: 0 }) + text.slice(end);
}

/** The comment lines right above the field's line are one comment. */
function withoutCommentAbove(text: string, isOutdated: (comment: string) => boolean): string {
  const lines = text.split("\n");
  let first = lines.length - 1;
  while (first > 0 && /^\s*#/.test(lines[first - 1] ?? "")) first -= 1;
  const comment = lines.slice(first, -1).join("\n");
  return isOutdated(comment) ? [...lines.slice(0, first), lines.at(-1)].join("\n") : text;
}

function withoutCommentBeside(text: string, isOutdated: (comment: string) => boolean): string {
  const comment = /^[ \t]+#.*/.exec(text)?.[0] ?? "";
  return isOutdated(comment) ? text.slice(comment.length) : text;
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
