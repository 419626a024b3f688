import { type Account, type Autoscaler, type Origin, originOf, type WorkersSeen } from "../core/index.ts";
import type { AutoscalerLoop } from "../engine/autoscaler-loop.ts";

/** One autoscaler, or what failed to become one, and the newest account of it (none before the first pass). */
export interface AutoscalerView {
  readonly id: string;
  readonly origin: Origin;
  readonly autoscaler?: Autoscaler;
  readonly account?: Account;
  /** Names of its signals whose source is being waited on: what was read of them last is true still. */
  readonly waiting: ReadonlySet<string>;
  /** What was last seen of its workers, where busy ones are protected. */
  readonly workers?: WorkersSeen;
  /** How many passes over it ended well, and how long the last of them took. */
  readonly passes: { readonly count: number; readonly lastSeconds: number };
}

export function viewOf(loop: AutoscalerLoop, lastSeconds: number, workers: WorkersSeen | undefined): AutoscalerView {
  const { id, parsed, autoscaler, account, passes, waiting } = loop;
  return {
    ...{ id, origin: originOf(parsed), waiting },
    passes: { count: passes, lastSeconds },
    ...(autoscaler === undefined ? {} : { autoscaler }),
    ...(account === undefined ? {} : { account }),
    ...(workers === undefined ? {} : { workers }),
  };
}
