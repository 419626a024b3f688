import { type ApiClient, objectFeed, type StatusFormat, type WatchHealth } from "../../kubernetes/index.ts";
import type { Feed } from "../../kubernetes/ports.ts";
import type { ObjectFormat } from "./object-formats.ts";

/** The feeds of a cluster's objects, and how accounts of each go back to its status. */
export interface ClusterFeeds {
  readonly feeds: readonly Feed[];
  /** By Origin.kind. */
  readonly statusFormats: ReadonlyMap<string, StatusFormat>;
}

/** One feed for each kind of objects. */
export function clusterFeeds(
  client: ApiClient,
  formats: readonly ObjectFormat[],
  namespace: string | undefined,
  healthChanged?: (health: WatchHealth) => void,
): ClusterFeeds {
  const made = formats.map(({ kind, resource, parse, wrap, render }) => {
    const feed = objectFeed({ client, namespace, resource, parse, healthChanged });
    const status: StatusFormat = {
      resource,
      objects: feed.objects,
      statusOf: (_origin, account, previous) => render(account, previous),
    };
    return { kind, feed: wrap(feed), status };
  });
  return {
    feeds: made.map(({ feed }) => feed),
    statusFormats: new Map(made.map(({ kind, status }) => [kind, status])),
  };
}
