import type { Duplex } from "node:stream";
import { SourceError } from "./source-error.ts";

/** Far more than a thousand queues that share the connection are honestly answered in one window. */
const MOST_BYTES = 16 << 20;
const WINDOW_MILLISECONDS = 5_000;

/**
 * Cuts a connection on which a server answers without an end: most client libraries keep an unfinished answer in memory.
 * One that comes too slowly for this ends with the time limit of the look.
 */
export function guardAnswers(stream: Duplex, server: string): void {
  let received = 0;
  let windowBegan = 0;
  stream.on("data", (chunk: Buffer) => {
    const now = performance.now();
    if (now - windowBegan > WINDOW_MILLISECONDS) {
      windowBegan = now;
      received = 0;
    }
    received += chunk.length;
    if (received <= MOST_BYTES) return;
    stream.destroy(new SourceError("Malformed", `${server} answered more than ${MOST_BYTES >> 20} MiB`));
  });
}
