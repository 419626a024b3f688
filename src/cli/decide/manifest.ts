import type { Autoscaler, Memory } from "../../core/index.ts";
import type { StatedMemory } from "./stated-memory.ts";

/** What a manifest says: the autoscaler, and what its status remembers. */
export interface Manifest {
  readonly autoscaler: Autoscaler;
  /** The last scaling, and what drain rules learned. */
  readonly memory: Memory;
  /** Its status.memory, which each line has to fit. */
  readonly stated: StatedMemory | undefined;
}
