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
  const shape = shapeOf(call);
  if (options.from > cluster.store.revision) throw tooLargeResourceVersion(options.from, cluster.store.revision);
  return {
    kind: "watch",
    start: (sink) => new OneWatch(cluster, target, selection, shape, sink).start(options, bookmarkSeconds),
  };
}

class OneWatch {
  readonly #cluster: Cluster;
  readonly #target: Target;
  readonly #selection: Selection;
  readonly #shape: Shape;
  readonly #sink: WatchSink;
  readonly #id: string;
  #headersSent = false;

  constructor(cluster: Cluster, target: Target, selection: Selection, shape: Shape, sink: WatchSink) {
    this.#cluster = cluster;
    this.#target = target;
    this.#selection = selection;
    this.#shape = shape;
    this.#sink = sink;
    this.#id = target.served.type.id;
  }

  start(options: WatchOptions, bookmarkSeconds: number): () => void {
    const { store } = this.#cluster;
    const missed = options.listsFirst ? this.#sendAll(options) : store.history.since(options.from);
    if (missed === undefined) {
      const text = `too old resource version: ${options.from} (${store.history.compactedRevision})`;
      this.#sink.write({ type: "ERROR", object: expired(text).toStatus() });
      this.#sink.end();
      return () => undefined;
    }
    for (const change of missed) this.#tell(change);
    const unsubscribe = store.subscribe((change) => this.#tell(change));
    const bookmarks = setInterval(() => options.bookmarks && this.#bookmark(), bookmarkSeconds * 1000);
    const timeout = setTimeout(() => {
      if (options.bookmarks) this.#bookmark();
      this.#sink.end();
    }, options.timeoutMs);
    return () => {
      unsubscribe();
      clearInterval(bookmarks);
      clearTimeout(timeout);
    };
  }

  #sendAll(options: WatchOptions): readonly Change[] {
    for (const stored of this.#cluster.store.list(this.#id, this.#target.namespace)) {
      if (this.#selection.has(stored)) this.#send("ADDED", stored);
    }
    if (options.sendsInitialEvents && options.bookmarks) this.#bookmark({ "k8s.io/initial-events-end": "true" });
    return [];
  }

  /** A change as this watch sees it: an object may enter or leave its selection. */
  #tell(change: Change): void {
    if (change.resource !== this.#id) return;
    const isIn = change.type !== "DELETED" && this.#selection.has(change.object);
    const wasIn = change.previous !== undefined && this.#selection.has(change.previous);
    if (isIn) this.#send(wasIn ? "MODIFIED" : "ADDED", change.object);
    else if (wasIn) this.#send("DELETED", change.type === "DELETED" ? change.object : lastSeen(change));
  }

  #send(type: string, stored: KubeObject): void {
    this.#sink.write({ type, object: this.#shaped(present(this.#target.served, stored)) });
  }

  #shaped(object: KubeObject): Fields {
    if (this.#shape.as === "metadata") return metadataOnly(object);
    if (this.#shape.as === "object") return object;
    const headers = !this.#headersSent;
    this.#headersSent = true;
    const { columns } = this.#target.served.version;
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    return table(columns, [object], { include: this.#shape.include, now: this.#cluster.now(), headers, metadata });
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { served } = this.#target;
    const resourceVersion = String(this.#cluster.store.revision);
    const metadata = { resourceVersion, creationTimestamp: null, ...(annotations !== undefined && { annotations }) };
    const object = { kind: served.type.kind, apiVersion: apiVersionOf(served), metadata };
    const table = { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: null, rows: [] };
    this.#sink.write({ type: "BOOKMARK", object: this.#shape.as === "table" ? table : object });
  }
}

/** The object as last selected, at the revision of the change that removed it from the selection. */
function lastSeen(change: Change): KubeObject {
  const object = change.previous ?? change.object;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(change.revision) } };
}

/** The options of a watch. */
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
