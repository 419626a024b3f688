import { randomInt } from "node:crypto";
import { type FieldError, invalidValue, required } from "../schema/field-error.ts";
import { invalid } from "./status-error.ts";

/** How a watch is to be run. */
export interface WatchOptions {
  /** The revision after which changes are wanted; 0 where everything that exists comes first. */
  readonly from: number;
  /** Everything that exists is sent first, as ADDED. */
  readonly listsFirst: boolean;
  /** The client asked for a mark behind what exists. */
  readonly sendsInitialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

/** Reads a watch's query. Throws a StatusError for options that do not fit each other. */
export function watchOptions(query: URLSearchParams): WatchOptions {
  const version = query.get("resourceVersion") ?? "";
  const initial = query.get("sendInitialEvents");
  const match = query.get("resourceVersionMatch");
  const errors = [...versionErrors(version), ...matchErrors(initial, match)];
  if (errors.length > 0) {
    throw invalid({ group: "meta.k8s.io", plural: "listoptions", kind: "ListOptions" }, "", errors);
  }
  const from = Number(version);
  const sendsInitialEvents = initial === "true";
  // 30 to 60 minutes, as the API server spreads them.
  const seconds = Number(query.get("timeoutSeconds") ?? 0) || randomInt(1_800, 3_600);
  return {
    from,
    listsFirst: sendsInitialEvents || (from === 0 && initial !== "false"),
    sendsInitialEvents,
    bookmarks: query.get("allowWatchBookmarks") === "true" || query.get("allowWatchBookmarks") === "1",
    timeoutMs: seconds * 1000,
  };
}

function versionErrors(version: string): readonly FieldError[] {
  if (/^\d*$/.test(version)) return [];
  return [invalidValue("resourceVersion", version, `strconv.ParseUint: parsing "${version}": invalid syntax`)];
}

function matchErrors(initial: string | null, match: string | null): readonly FieldError[] {
  if (initial === null && match !== null) {
    const detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
    return [{ reason: "FieldValueForbidden", field: "resourceVersionMatch", detail }];
  }
  if (initial !== null && match === null) {
    return [required("resourceVersionMatch", "resourceVersionMatch is required when sendInitialEvents is set")];
  }
  if (initial !== null && match !== "NotOlderThan") {
    const detail = `sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`;
    return [invalidValue("resourceVersionMatch", match, detail)];
  }
  return [];
}
