import type { Backoff, FailureKind } from "../core/index.ts";
import { UNANSWERED } from "./retry.ts";

/** Reads a server, and can be asked to do so now. */
export interface ServerReader {
  /** Whether a workload without replicas waits for what it reads. */
  readonly isAsleep: boolean;
  pollNow(): void;
}

/** The others try too, as what keeps one from an answer may be a matter of its own: all of them once a second in sum. */
const SECOND_MILLISECONDS = 1_000;
const LONGEST_MILLISECONDS = 300_000;

/**
 * Servers that do not answer. One of those who read a server tries every second for all; as soon as one of them is answered,
 * all others read at once.
 */
export class Outages {
  /** Those who got no answer; the first one tries. */
  readonly #byServer = new Map<string, Set<ServerReader>>();

  /** A reader's poll failed. Returns the pauses before it tries again; `usual`: those of a failure that is its own. */
  failed(server: string, reader: ServerReader, failure: FailureKind, usual: Backoff): Backoff {
    // A query that takes too long costs the server something, and would do so every second.
    const isUnanswered = failure === "Unavailable" || (failure === "TimedOut" && reader.isAsleep);
    if (isUnanswered) return this.#join(server, reader, usual);
    if (failure !== "TimedOut") this.answered(server, reader);
    return usual;
  }

  /** The server answered, be it with an error. What it says to a reader that had an answer before is nothing new. */
  answered(server: string, reader: ServerReader): void {
    if (this.#byServer.size === 0) return;
    const readers = this.#byServer.get(server);
    if (!readers?.delete(reader)) return;
    this.#byServer.delete(server);
    for (const other of readers) other.pollNow();
  }

  /** It reads no more: another one takes its turn. */
  left(server: string, reader: ServerReader): void {
    const readers = this.#byServer.get(server);
    if (readers === undefined) return;
    const wasTrying = firstOf(readers) === reader;
    readers.delete(reader);
    if (readers.size === 0) this.#byServer.delete(server);
    else if (wasTrying) firstOf(readers)?.pollNow();
  }

  #join(server: string, reader: ServerReader, usual: Backoff): Backoff {
    const readers = this.#byServer.get(server) ?? new Set();
    this.#byServer.set(server, readers.add(reader));
    if (firstOf(readers) === reader) return UNANSWERED;
    const share = Math.min(readers.size * SECOND_MILLISECONDS, LONGEST_MILLISECONDS);
    return {
      firstMilliseconds: Math.max(usual.firstMilliseconds, share),
      longestMilliseconds: Math.max(usual.longestMilliseconds, share),
    };
  }
}

function firstOf(readers: ReadonlySet<ServerReader>): ServerReader | undefined {
  const [first] = readers;
  return first;
}
