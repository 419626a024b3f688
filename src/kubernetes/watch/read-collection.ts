import { asKubernetesObject, isOlder, type KubernetesObject } from "../objects.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";

export interface Collection {
  readonly client: ApiClient;
  readonly path: string;
  /** For errors and metrics, such as "watch deployments.apps". */
  readonly what: string;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Lists as the server's watch cache has it, which may be behind its storage. */
  readonly fromCache?: boolean;
  /** Objects in one answer. Default: 100. */
  readonly page?: number;
  /** No more of the objects than their metadata. */
  readonly onlyMetadata?: boolean;
}

/** The part of a query that says which objects of a collection are meant. */
export function selectors({ fieldSelector, labelSelector }: Omit<Collection, "client" | "path" | "what">): {
  [name: string]: string;
} {
  return { ...(fieldSelector ? { fieldSelector } : {}), ...(labelSelector ? { labelSelector } : {}) };
}

/**
 * 100 Deployments are about 1 MB. Measured with 10,000: larger pages sync no sooner, but stop the loop for longer and
 * take twice the memory at their peak.
 */
const PAGE = 100;
const PAGE_TIMEOUT_MS = 60_000;
const METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** Lists a collection page by page, consistently; resolves with the resourceVersion that the list is of. */
export async function listPages(
  collection: Collection,
  take: (object: KubernetesObject) => void,
  signal: AbortSignal,
): Promise<string> {
  let page = await pageFrom(collection, "", signal);
  while (page.next !== "") {
    // Under way while this one is taken in.
    const following = pageFrom(collection, page.next, signal);
    following.catch(() => undefined);
    for (const object of page.objects) take(object);
    page = await following;
  }
  for (const object of page.objects) take(object);
  return page.version;
}

async function pageFrom(
  { client, path, what, fromCache, onlyMetadata, page: limit = PAGE, ...selected }: Collection,
  from: string,
  signal: AbortSignal,
): Promise<Page> {
  const query = new URLSearchParams({
    limit: String(limit),
    ...selectors(selected),
    ...(from ? { continue: from } : fromCache ? { resourceVersion: "0" } : {}),
  });
  const accept = onlyMetadata === true ? { accept: METADATA } : {};
  const terms = { method: "GET", what, lane: "read", timeoutMs: PAGE_TIMEOUT_MS } as const;
  const call = { ...terms, path: `${path}?${query}`, ...accept };
  const page = asPage(await client.call(call, signal));
  if (page === undefined) throw malformed(what, "something that is no list");
  // A server that repeats a page must not keep us in a loop.
  if (from !== "" && page.next === from) throw malformed(what, "the same page twice");
  return page;
}

interface Page {
  readonly version: string;
  readonly next: string;
  readonly objects: readonly KubernetesObject[];
}

function asPage(answer: unknown): Page | undefined {
  const { metadata, items: listed } = (answer ?? {}) as { metadata?: Record<string, unknown>; items?: unknown };
  // So Kubernetes 1.20 says that there is no metadata of any object.
  const items = listed === null ? [] : listed;
  if (typeof metadata?.resourceVersion !== "string" || !Array.isArray(items)) return undefined;
  return {
    version: metadata.resourceVersion,
    next: typeof metadata.continue === "string" ? metadata.continue : "",
    objects: items.map(asKubernetesObject).filter((object) => object !== undefined),
  };
}

interface Read {
  readonly begunAt: number;
  readonly version: Promise<string>;
}

/** The last reads of each client, by `what`: hundreds of watches of single Secrets need one of them, not one each. */
const lastReads = new WeakMap<ApiClient, Map<string, Read>>();

/**
 * The resourceVersion of the server's storage, from a list of one object: of a read that began at `since` (monotonic
 * milliseconds) or later. A version older than `expected` is always fresh. Rejects with a KubernetesError.
 */
export async function serverVersion(
  collection: Collection,
  expected: string,
  since: number,
  signal: AbortSignal,
): Promise<string> {
  const reads = lastReads.get(collection.client) ?? new Map<string, Read>();
  lastReads.set(collection.client, reads);
  const last = reads.get(collection.what);
  if (last !== undefined && last.begunAt >= since) {
    const version = await last.version.catch(() => undefined);
    if (version !== undefined && !isOlder(version, expected)) return version;
  }
  const read = { begunAt: performance.now(), version: readVersion(collection, signal) };
  reads.set(collection.what, read);
  return read.version;
}

async function readVersion({ client, path, what, ...selected }: Collection, signal: AbortSignal): Promise<string> {
  const query = new URLSearchParams({ limit: "1", ...selectors(selected) });
  const call = { method: "GET", path: `${path}?${query}`, what: what.replace("watch", "check"), lane: "read" } as const;
  const list = (await client.call(call, signal)) as { metadata?: { resourceVersion?: unknown } } | null;
  const version = list?.metadata?.resourceVersion;
  if (typeof version !== "string") throw malformed(what, "a list with no resourceVersion");
  return version;
}
