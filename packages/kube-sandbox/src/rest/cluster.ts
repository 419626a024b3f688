import type { ResourceRegistry } from "../resources/resource-registry.ts";
import type { Store } from "../store/store.ts";
import type { AppliedConfigurations } from "./applied-configurations.ts";

/** What every request works on. */
export interface Cluster {
  readonly store: Store;
  readonly registry: ResourceRegistry;
  readonly applied: AppliedConfigurations;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
