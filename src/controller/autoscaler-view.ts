import type { Account, Autoscaler, Origin } from "../core/index.ts";

/** One autoscaler, or what failed to become one, and the newest account of it (none before the first pass). */
export interface AutoscalerView {
  readonly id: string;
  readonly origin: Origin;
  readonly autoscaler?: Autoscaler;
  readonly account?: Account;
  /** Names of its signals whose source is being waited on: what was read of them last is true still. */
  readonly waiting: ReadonlySet<string>;
  /** How many passes over it ended well, and how long the last of them took. */
  readonly passes: { readonly count: number; readonly lastSeconds: number };
}
