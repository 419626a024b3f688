import type { Account, Origin } from "../../core/index.ts";
import type { FedObject } from "../feed/object-feed.ts";
import type { Resource } from "../objects/resource.ts";
import type { WatchCache } from "../watch/watch-cache.ts";

/** How accounts of one format (Origin.kind) are written down. */
export interface StatusFormat {
  readonly resource: Resource;
  /** The feed's objects: what a status is compared with, so that a restart writes nothing. */
  readonly objects: WatchCache<FedObject>;
  /** The whole status wanted; `previous` is what the object has. Undefined: leave it as it is. */
  readonly statusOf: (
    origin: Origin,
    account: Account,
    previous: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>> | undefined;
}
