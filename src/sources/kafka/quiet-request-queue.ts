import { createRequire } from "node:module";

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

let isQuiet = false;

/**
 * kafkajs 2.2.4 checks the empty queue of each connection every millisecond from its first answer on, even after its end
 * (tulios/kafkajs#1704). This lets it check a queue only while something waits in it. May go with a version that does so.
 */
export function quietRequestQueues(): void {
  if (isQuiet) return;
  isQuiet = true;
  const queue = createRequire(import.meta.url)("kafkajs/src/network/requestQueue") as { prototype: RequestQueue };
  const schedule = queue.prototype.scheduleCheckPendingRequests;
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
