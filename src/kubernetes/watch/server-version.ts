import { isOlder } from "../objects/resource-version.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";

/** What is listed and watched. */
export interface Collection {
  readonly client: ApiClient;
  readonly path: string;
  /** For errors and metrics, such as "watch deployments.apps". */
  readonly what: string;
  readonly fieldSelector?: string | undefined;
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

async function readVersion({ client, path, what, fieldSelector }: Collection, signal: AbortSignal): Promise<string> {
  const query = new URLSearchParams({ limit: "1", ...(fieldSelector ? { fieldSelector } : {}) });
  const call = { method: "GET", path: `${path}?${query}`, what: what.replace("watch", "check"), lane: "read" } as const;
  const list = (await client.call(call, signal)) as { metadata?: { resourceVersion?: unknown } } | null;
  const version = list?.metadata?.resourceVersion;
  if (typeof version !== "string") throw malformed(what, "a list with no resourceVersion");
  return version;
}
