import type { Instant } from "../reading.ts";
import type { FlowPoint } from "./drain-memory.ts";

/** Where the newest point of that moment or before it stands; -1: there is none. (A loop, as it is asked a million times.) */
export function newestUntil(flow: readonly FlowPoint[], moment: Instant): number {
  let index = flow.length - 1;
  while (index >= 0 && (flow[index] as FlowPoint).at > moment) index -= 1;
  return index;
}
