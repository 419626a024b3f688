import { randomInt } from "node:crypto";
import type { Fields, KubeObject } from "../objects.ts";
import { apiVersionOf, present } from "../resources/resource-type.ts";
import type { Change } from "../store.ts";
import { metadataOnly, table } from "../table.ts";
import { type Answer, type Call, type Cluster, type Shape, shapeOf, type Target, type WatchSink } from "./call.ts";
import { type Selection, selectionOf } from "./list.ts";
import { expired, type FieldError, invalid, invalidValue, required, tooLargeResourceVersion } from "./status-error.ts";

/** How often a quiet watch gets a bookmark with the newest resourceVersion, by default. */
export const BOOKMARK_SECONDS = 60;

/** Streams changes since a revision, in the form that the client wants. */
export function watch(cluster: Cluster, target: Target, call: Call, bookmarkSeconds: number): Answer {
  const options = watchOptions(call.query);
  const selection = selectionOf(target, call.query);
  const show = shaper(cluster, target, shapeOf(call));
  const { store } = cluster;
  const { id } = target.served.type;
  if (options.from > store.revision) throw tooLargeResourceVersion(options.from, store.revision);
  const start = (sink: WatchSink): (() => void) => {
    const send = (type: string, stored: KubeObject) => sink.write({ type, object: show.object(stored) });
    const bookmark = (annotations?: Fields) => {
      if (options.bookmarks) sink.write({ type: "BOOKMARK", object: show.bookmark(store.revision, annotations) });
    };
    const tell = (change: Change): void => {
      const seen = change.resource === id ? changeWithin(selection, change) : undefined;
      if (seen !== undefined) send(seen.type, seen.object);
    };
    const listed = options.listsFirst ? store.list(id, target.namespace).filter(selection.has) : [];
    for (const stored of listed) send("ADDED", stored);
    if (options.sendsInitialEvents) bookmark({ "k8s.io/initial-events-end": "true" });
    const missed = options.listsFirst ? [] : store.history.since(options.from);
    if (missed === undefined) {
      const text = `too old resource version: ${options.from} (${store.history.compactedRevision})`;
      sink.write({ type: "ERROR", object: expired(text).toStatus() });
      sink.end();
      return () => undefined;
    }
    missed.forEach(tell);
    const unsubscribe = store.subscribe(tell);
    const bookmarks = setInterval(bookmark, bookmarkSeconds * 1000);
    const timeout = setTimeout(() => {
      bookmark();
      sink.end();
    }, options.timeoutMs);
    return () => {
      unsubscribe();
      clearInterval(bookmarks);
      clearTimeout(timeout);
    };
  };
  return { kind: "watch", start };
}

/** A change as a watch sees it: an object may enter or leave its selection. */
function changeWithin({ has }: Selection, change: Change): Pick<Change, "type" | "object"> | undefined {
  const { type, object, previous } = change;
  const isIn = type !== "DELETED" && has(object);
  const wasIn = previous !== undefined && has(previous);
  if (isIn) return { type: wasIn ? "MODIFIED" : "ADDED", object };
  if (!wasIn) return undefined;
  return { type: "DELETED", object: type === "DELETED" ? object : lastSeen(change) };
}

/** Objects and bookmarks in the form that the client wants. */
function shaper(cluster: Cluster, { served }: Target, { as, include }: Shape) {
  let headers = true;
  return {
    object(stored: KubeObject): Fields {
      const object = present(served, stored);
      if (as === "metadata") return metadataOnly(object);
      if (as === "object") return object;
      const { resourceVersion } = object.metadata;
      const options = { include, now: cluster.now(), headers, metadata: { resourceVersion } };
      headers = false;
      return table(served.version.columns, [object], options);
    },
    bookmark(revision: number, annotations?: Fields): Fields {
      const resourceVersion = String(revision);
      const metadata = { resourceVersion, creationTimestamp: null, ...(annotations !== undefined && { annotations }) };
      if (as !== "table") return { kind: served.type.kind, apiVersion: apiVersionOf(served), metadata };
      return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: null, rows: [] };
    },
  };
}

/** The object as last selected, at the revision of the change that removed it from the selection. */
function lastSeen(change: Change): KubeObject {
  const object = change.previous ?? change.object;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(change.revision) } };
}

interface WatchOptions {
  /** Sends the changes after this revision; 0 if existing objects come first. */
  readonly from: number;
  /** Sends existing objects first, as ADDED. */
  readonly listsFirst: boolean;
  /** Sends a marked bookmark after the existing objects. */
  readonly sendsInitialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
}

/** Reads a watch's query. Throws a StatusError for options that exclude each other. */
function watchOptions(query: URLSearchParams): WatchOptions {
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
