import type { KubernetesObject } from "../objects/kubernetes-object.ts";
import { isOlder, newest } from "../objects/resource-version.ts";
import { KubernetesError } from "../ports/kubernetes-error.ts";
import { connectionError } from "../transport/answer-error.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { Backoff } from "../transport/backoff.ts";
import { type Deadline, deadline } from "../transport/deadline.ts";
import { lines } from "../transport/lines.ts";
import { pause } from "../transport/pause.ts";
import { listPages } from "./list-pages.ts";
import { parseWatchEvent, type WatchEvent } from "./watch-event.ts";

/** A server that streams its list says something at once; one that says nothing this long does not know how. */
const INITIAL_SILENCE_MS = 5_000;
/** A watch that lived this long was a good one, however it ended. */
const GOOD_LIFE_MS = 5_000;
/** So many unreadable streams from one position, and we start over from a list. */
const MOST_UNREADABLE = 3;

export interface Watched {
  readonly client: ApiClient;
  /** The collection's path. */
  readonly path: string;
  /** For errors and metrics, such as "watch deployments.apps". */
  readonly what: string;
  readonly fieldSelector?: string | undefined;
}

/** Who hears what a watch says. */
export interface WatchSink {
  beginSnapshot(): void;
  inSnapshot(object: KubernetesObject): void;
  endSnapshot(): void;
  event(type: "ADDED" | "MODIFIED" | "DELETED", object: KubernetesObject): void;
  /** Called with the reason when a round failed, with nothing when a connection works again. */
  health(failure: KubernetesError | undefined): void;
}

/** Lists and watches one collection, whatever happens to server and connection, until aborted. */
export class WatchLoop {
  readonly #watched: Watched;
  readonly #sink: WatchSink;
  readonly #backoff = new Backoff();
  /** The resourceVersion up to which everything was seen. Undefined: a list is needed. */
  #position: string | undefined;
  #progressed = false;
  #unreadable = 0;
  /** Streams of a list that began since the last that was complete. */
  #streamsBegun = 0;

  constructor(watched: Watched, sink: WatchSink) {
    this.#watched = watched;
    this.#sink = sink;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const began = performance.now();
      this.#progressed = false;
      const failure = await this.#round(signal).then(
        () => undefined,
        (error: unknown) => connectionError(this.#watched.what, error),
      );
      if (signal.aborted) return;
      const good = this.#progressed || performance.now() - began > GOOD_LIFE_MS;
      if (good) this.#backoff.reset();
      if (failure !== undefined) this.#failed(failure);
      // The usual end after timeoutSeconds: on at once.
      if (failure === undefined && good) continue;
      await pause(this.#backoff.next(failure?.retryAfterSeconds), signal);
    }
  }

  #failed(failure: KubernetesError): void {
    this.#sink.health(failure);
    const isGone = failure.kind === "Gone";
    // Too old a position is no trouble: a list mends it, at once.
    if (isGone && this.#position !== undefined) this.#backoff.reset();
    if (isGone || this.#unreadable >= MOST_UNREADABLE) this.#startOver();
  }

  async #round(signal: AbortSignal): Promise<void> {
    if (this.#position === undefined) {
      if (this.#watched.client.features.watchList) return this.#watchFromList(signal);
      await this.#list(signal);
    }
    await this.#follow(await this.#open({ resourceVersion: this.#position ?? "" }, signal));
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#sink.beginSnapshot();
    const take = (object: KubernetesObject) => this.#sink.inSnapshot(object);
    this.#synced(await listPages(this.#watched.client, this.#watched, take, signal));
  }

  /** List and watch in one stream. A server that cannot is asked for a list from then on. */
  async #watchFromList(signal: AbortSignal): Promise<void> {
    const initial = deadline(signal, INITIAL_SILENCE_MS);
    // A server that is slow to answer at all is another matter.
    initial.stopClock();
    try {
      await this.#streamList(initial);
      if (!this.#isIncomplete()) return;
    } catch (error) {
      const refused = error instanceof KubernetesError && error.kind === "Invalid";
      if (!refused && !initial.expired() && !this.#isIncomplete(error)) throw error;
    } finally {
      initial.end();
    }
    this.#watched.client.features.watchList = false;
    await this.#list(signal);
  }

  async #streamList(initial: Deadline): Promise<void> {
    const query = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" };
    const stream = await this.#open(query, initial.signal);
    initial.restartClock();
    this.#streamsBegun += 1;
    this.#sink.beginSnapshot();
    await this.#follow(stream, initial);
  }

  /**
   * Whether streams of a list begin here but do not get to its end. One that the server itself ended with an error is
   * enough: Kubernetes does so where its storage is too old for streamed lists (etcd before 3.4.31 or 3.5.13).
   */
  #isIncomplete(error?: unknown): boolean {
    if (this.#streamsBegun === 0) return false;
    const ended = error instanceof KubernetesError && error.status !== undefined;
    return ended || this.#streamsBegun >= MOST_UNREADABLE;
  }

  #open(query: Record<string, string>, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const { client, path, what, fieldSelector } = this.#watched;
    const parameters = new URLSearchParams({
      watch: "true",
      allowWatchBookmarks: "true",
      // Spread, so that the watches of many clients do not end together.
      timeoutSeconds: String(300 + Math.floor(Math.random() * 300)),
      ...query,
    });
    if (fieldSelector) parameters.set("fieldSelector", fieldSelector);
    return client.watch(`${path}?${parameters}`, what, signal);
  }

  /** With `initial`, the stream begins with a list. */
  async #follow(stream: AsyncIterable<Buffer>, initial?: Deadline): Promise<void> {
    this.#sink.health(undefined);
    let listing = initial;
    for await (const batch of lines(stream)) {
      listing?.restartClock();
      for (const line of batch) {
        const event = this.#parsed(line);
        if (listing === undefined) this.#take(event);
        else if (this.#endsList(event)) {
          listing.stopClock();
          listing = undefined;
        }
      }
    }
  }

  #endsList(event: WatchEvent): boolean {
    if (event.type === "BOOKMARK") {
      if (event.endsInitialEvents) this.#synced(event.resourceVersion);
      return event.endsInitialEvents;
    }
    if (event.type === "DELETED") this.#sink.event(event.type, event.object);
    else this.#sink.inSnapshot(event.object);
    return false;
  }

  #parsed(line: Buffer): WatchEvent {
    try {
      return parseWatchEvent(line, this.#watched.what);
    } catch (error) {
      if (error instanceof KubernetesError && error.status === undefined) this.#unreadable += 1;
      throw error;
    }
  }

  #take(event: WatchEvent): void {
    const version = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
    if (event.type !== "BOOKMARK") this.#sink.event(event.type, event.object);
    else if (this.#position !== undefined && isOlder(version, this.#position)) {
      // Time went back: etcd was restored from a backup. What we know is of a world that is no more.
      throw new KubernetesError("Gone", `${this.#watched.what}: the server's resourceVersion went back`);
    }
    const moved = newest(this.#position, version);
    if (moved !== this.#position) this.#progress(moved);
  }

  #synced(version: string): void {
    this.#sink.endSnapshot();
    this.#progress(version);
  }

  #progress(version: string): void {
    this.#position = version;
    this.#progressed = true;
    this.#unreadable = 0;
    this.#streamsBegun = 0;
  }

  #startOver(): void {
    this.#position = undefined;
    this.#unreadable = 0;
  }
}
