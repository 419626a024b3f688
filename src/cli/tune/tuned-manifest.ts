import { isDeepStrictEqual } from "node:util";
import { isScalar, parseAllDocuments, stringify } from "yaml";
import type { Defaults } from "../../config/formats.ts";
import { readDocuments } from "../../config/read-documents.ts";
import { valueAt } from "../../config/shared/field-path.ts";
import { UserError } from "../shared/user-error.ts";
import { fieldKeys } from "../sweep/field-keys.ts";
import type { PolicyDocument } from "../sweep/policy-documents.ts";
import type { Settings } from "../sweep/settings.ts";
import { variantOf } from "../sweep/variant.ts";

/** The manifest's file with those fields set, and all else as it is, comments too. */
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
    return text.slice(0, node.range[0]) + stringify(value).trimEnd() + text.slice(node.range[1]);
  }
  document.setIn(keys, value);
  // What stands between two documents, such as a comment, belongs to the later one.
  const start = documents[at - 1]?.range?.[2] ?? 0;
  const end = document.range?.[2] ?? text.length;
  return text.slice(0, start) + document.toString({ lineWidth: 0 }) + text.slice(end);
}
