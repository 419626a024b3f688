import type { Backoff, FailureKind } from "../core/index.ts";

/** Reads a server. */
export interface ServerReader {
  /** Whether a workload without replicas waits for what it reads. */
  readonly isAsleep: boolean;
  /** Polls at once, whatever the pace or a backoff says. */
  pollNow(now: number): void;
}

/** Of a server that does not answer, for the one reader that tries for all. */
const UNANSWERED: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 1_000 };
/** The others try too, as one reader may fail for a reason of its own: all of them together once a second. */
const SECOND_MILLISECONDS = 1_000;
const LONGEST_MILLISECONDS = 300_000;

/**
 * Servers that do not answer. One reader of such a server tries every second for all; as soon as one of them is answered,
 * all others read at once.
 */
export class Outages {
  /** Readers without an answer; the first one tries. */
  readonly #byServer = new Map<string, Set<ServerReader>>();

  /** A reader's poll failed. Returns the pauses before it tries again; `usual`: those of a failure that is its own. */
  failed(server: string, reader: ServerReader, failure: FailureKind, usual: Backoff, now: number): Backoff {
    // A query that takes too long costs the server something, and would do so every second.
    const isUnanswered = failure === "Unavailable" || (failure === "TimedOut" && reader.isAsleep);
    if (isUnanswered) return this.#join(server, reader, usual);
    if (failure !== "TimedOut") this.answered(server, reader, now);
    return usual;
  }

  /** The server answered, perhaps with an error. To readers that have had an answer since, that is nothing new. */
  answered(server: string, reader: ServerReader, now: number): void {
    if (this.#byServer.size === 0) return;
    const readers = this.#byServer.get(server);
    if (!readers?.delete(reader)) return;
    this.#byServer.delete(server);
    for (const other of readers) other.pollNow(now);
  }

  /** It reads no more: another one takes its turn. */
  left(server: string, reader: ServerReader, now: number): void {
    const readers = this.#byServer.get(server);
    if (readers === undefined) return;
    const wasTrying = firstOf(readers) === reader;
    readers.delete(reader);
    if (readers.size === 0) this.#byServer.delete(server);
    else if (wasTrying) firstOf(readers)?.pollNow(now);
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
