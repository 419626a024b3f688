import { type Fields, isFields, setOwn } from "../objects/fields.ts";
import { badRequest, invalid, unsupportedMediaType } from "../rest/status-error.ts";
import { invalidValue } from "../schema/field-error.ts";
import { jsonPatch } from "./json-patch.ts";
import { strategicMergePatch } from "./strategic-merge-patch.ts";

export const APPLY_PATCH = "application/apply-patch+yaml";
const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC_PATCH = "application/strategic-merge-patch+json";

/** Applies a patch of the given media type; strategic ones are only for built-in kinds. */
export function patchObject(mediaType: string, current: Fields, patch: unknown, strategic: boolean): Fields {
  const patched = applied(mediaType, current, patch, strategic);
  if (!isFields(patched)) throw badRequest("expected the patched object to be an object");
  return patched;
}

function applied(mediaType: string, current: Fields, patch: unknown, strategic: boolean): unknown {
  if (mediaType === JSON_PATCH) return jsonPatch(current, patch);
  if (mediaType === MERGE_PATCH) return mergePatch(current, objectOf(patch));
  if (mediaType === STRATEGIC_PATCH && strategic) return strategicMergePatch(current, objectOf(patch));
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(strategic ? [STRATEGIC_PATCH] : []), APPLY_PATCH];
  throw unsupportedMediaType(accepted);
}

function objectOf(patch: unknown): Fields {
  if (isFields(patch)) return patch;
  const error = invalidValue("patch", patch, "couldn't get version/kind; json parse error: expected an object");
  throw invalid({ group: "", plural: "", kind: "" }, "", [error]);
}

/** RFC 7386: objects merge, null removes, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Fields = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else setOwn(merged, name, mergePatch(Object.hasOwn(merged, name) ? merged[name] : undefined, value));
  }
  return merged;
}
