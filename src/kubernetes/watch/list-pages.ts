import { asKubernetesObject, type KubernetesObject } from "../objects/kubernetes-object.ts";
import { malformed } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";

/** 500 Deployments are about 4 MB: a page keeps the loop busy for some 30 ms. */
const PAGE = 500;
const PAGE_TIMEOUT_MS = 60_000;

interface ListQuery {
  readonly path: string;
  readonly what: string;
  readonly fieldSelector?: string | undefined;
}

/** Lists a collection page by page, consistently; resolves with the resourceVersion that the list is of. */
export async function listPages(
  client: ApiClient,
  { path, what, fieldSelector }: ListQuery,
  take: (object: KubernetesObject) => void,
  signal: AbortSignal,
): Promise<string> {
  let next = "";
  for (;;) {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (fieldSelector) query.set("fieldSelector", fieldSelector);
    if (next) query.set("continue", next);
    const call = { method: "GET", path: `${path}?${query}`, what, lane: "read", timeoutMs: PAGE_TIMEOUT_MS } as const;
    const page = (await client.call(call, signal)) as {
      metadata?: { resourceVersion?: unknown; continue?: unknown };
      items?: unknown;
    } | null;
    const version = page?.metadata?.resourceVersion;
    if (typeof version !== "string" || !Array.isArray(page?.items)) throw malformed(what, "something that is no list");
    for (const item of page.items) {
      const object = asKubernetesObject(item);
      if (object !== undefined) take(object);
    }
    const following = page.metadata?.continue;
    if (typeof following !== "string" || following === "") return version;
    // A server that turns in a circle must not turn us with it.
    if (following === next) throw malformed(what, "the same page twice");
    next = following;
  }
}
