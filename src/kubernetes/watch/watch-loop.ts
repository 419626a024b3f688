import { Deadline, onAbort, pause } from "../../shared/async.ts";
import { Retries } from "../../shared/retries.ts";
import { isOlder, type KubernetesObject, newest } from "../objects.ts";
import { KubernetesError } from "../ports.ts";
import { connectionError } from "../transport/answer-error.ts";
import { SERVER_BACKOFF } from "../transport/api-client.ts";
import { type Collection, listPages, selectors, serverVersion } from "./read-collection.ts";
import { lines, parseWatchEvent, type WatchEvent } from "./watch-event.ts";

/** A server that streams its list sends something at once; one that sends nothing for this long cannot. */
const INITIAL_SILENCE_MS = 5_000;
/** A watch that lived this long was a good one, however it ended. */
const GOOD_LIFE_MS = 5_000;
/** After this many unreadable streams from one position it starts over from a list. */
const MOST_UNREADABLE = 3;
const UNCHECKED_MS = 60_000;
/** Up to this share of it later, so that the checks of many clients spread. */
const JITTER = 0.25;

export interface Watched extends Collection {
  /**
   * Milliseconds after which a position that neither an event nor a bookmark has confirmed is compared with the
   * server's version. Default 60,000.
   */
  readonly uncheckedMs?: number | undefined;
}

/** Receives what a watch reports. */
export interface WatchSink {
  beginSnapshot(): void;
  inSnapshot(object: KubernetesObject): void;
  endSnapshot(): void;
  event(type: "ADDED" | "MODIFIED" | "DELETED", object: KubernetesObject): void;
  /** Called with the reason when a round failed, with nothing when the watch is known to work again. */
  health(failure: KubernetesError | undefined): void;
  /** From now on changes may be missed, until `caughtUp` or the end of a snapshot. */
  interrupted(): void;
  /** All changes up to a moment after the last interruption were reported. */
  caughtUp(): void;
}

/** Lists and watches one collection until aborted, through failures of server and connection. */
export class WatchLoop {
  readonly #watched: Watched;
  readonly #sink: WatchSink;
  readonly #retries = new Retries(SERVER_BACKOFF);
  /** The resourceVersion up to which everything was seen. Undefined: a list is needed. */
  #position: string | undefined;
  #progressed = false;
  #isInterrupted = false;
  /** The version that must be reached for the last interruption to be over. */
  #catchUpTo: string | undefined;
  /** Monotonic milliseconds at which the position was last known to lie in the server's past. */
  #checkedAt = 0;
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
      const resumes = this.#position !== undefined;
      this.#progressed = false;
      const failure = await this.#round(signal).then(
        () => undefined,
        (error: unknown) => connectionError(this.#watched.what, error),
      );
      if (signal.aborted) return;
      const good = this.#progressed || performance.now() - began > GOOD_LIFE_MS;
      if (good) this.#retries.reset();
      // The usual end after timeoutSeconds: on at once.
      if (failure === undefined && good) continue;
      this.#interrupt();
      if (failure !== undefined) this.#handleFailure(failure, resumes);
      await pause(this.#retries.next(failure?.retryAfterSeconds), signal);
    }
  }

  #interrupt(): void {
    this.#isInterrupted = true;
    this.#catchUpTo = undefined;
    this.#sink.interrupted();
  }

  #handleFailure(failure: KubernetesError, resumed: boolean): void {
    this.#sink.health(failure);
    const isGone = failure.kind === "Gone";
    // A position that is no longer served needs a list, at once. The position of a list that was just made does not
    // expire: a server that says so gets its time.
    if (isGone && resumed) this.#retries.reset();
    if (isGone || this.#unreadable >= MOST_UNREADABLE) this.#startOver();
  }

  async #round(signal: AbortSignal): Promise<void> {
    if (this.#position === undefined) {
      const { features } = this.#watched.client;
      if (features.watchList && (await this.#watchFromList(signal))) return;
      await this.#list(signal);
    } else this.#checkedAt = Number.NEGATIVE_INFINITY;
    await this.#watch({ resourceVersion: this.#position ?? "" }, signal);
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#sink.beginSnapshot();
    const take = (object: KubernetesObject) => this.#sink.inSnapshot(object);
    this.#endSnapshot(await listPages(this.#watched, take, signal));
  }

  /** List and watch in one stream. False: the server cannot, and is asked for a list from then on. */
  async #watchFromList(signal: AbortSignal): Promise<boolean> {
    const initial = new Deadline({ signal, milliseconds: INITIAL_SILENCE_MS });
    // A server that is slow to answer at all is another matter.
    initial.stopClock();
    try {
      await this.#streamList(initial);
      if (!this.#isIncomplete()) return true;
    } catch (error) {
      const refused = error instanceof KubernetesError && error.kind === "Invalid";
      if (!refused && !initial.isExpired && !this.#isIncomplete(error)) throw error;
    } finally {
      initial.end();
    }
    this.#watched.client.features.watchList = false;
    return false;
  }

  async #streamList(initial: Deadline): Promise<void> {
    await this.#watch({ sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" }, initial.signal, () => {
      initial.restartClock();
      this.#streamsBegun += 1;
      this.#sink.beginSnapshot();
      return initial;
    });
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
    const { client, path, what, ...selected } = this.#watched;
    const parameters = new URLSearchParams({
      watch: "true",
      allowWatchBookmarks: "true",
      // Spread, so that the watches of many clients do not end together.
      timeoutSeconds: String(300 + Math.floor(Math.random() * 300)),
      ...query,
    });
    for (const [name, selector] of Object.entries(selectors(selected))) parameters.set(name, selector);
    return client.watch(`${path}?${parameters}`, what, signal);
  }

  /** One stream from its opening to its end, with the checks of its position. `opened` says that it begins with a list. */
  async #watch(query: Record<string, string>, signal: AbortSignal, opened?: () => Deadline): Promise<void> {
    const round = new AbortController();
    const leave = onAbort(signal, () => round.abort());
    let checking: Promise<KubernetesError | undefined> | undefined;
    try {
      const stream = await this.#open(query, round.signal);
      checking = this.#keepChecking(performance.now(), round);
      // The position of a list that was just made needs no check.
      if (this.#position !== undefined && Number.isFinite(this.#checkedAt)) this.#sink.health(undefined);
      await this.#follow(stream, opened?.());
    } catch (error) {
      // What ended the stream may have been a check.
      throw (round.signal.aborted && (await checking)) || error;
    } finally {
      leave();
      round.abort();
    }
  }

  async #follow(stream: AsyncIterable<Buffer>, initial?: Deadline): Promise<void> {
    let listing = initial;
    for await (const batch of lines(stream)) {
      listing?.restartClock();
      for (const line of batch) {
        const event = this.#parse(line);
        if (listing === undefined) this.#take(event);
        else if (this.#endsList(event)) {
          listing.stopClock();
          listing = undefined;
        }
      }
    }
  }

  /**
   * Ends the round, and resolves with why, where the position lies in the server's future: etcd was wiped or restored,
   * and such a watch stays open and reports nothing. Otherwise goes on until the round ends.
   */
  async #keepChecking(openedAt: number, round: AbortController): Promise<KubernetesError | undefined> {
    const retries = new Retries(SERVER_BACKOFF);
    const period = (this.#watched.uncheckedMs ?? UNCHECKED_MS) * (1 + Math.random() * JITTER);
    while (!round.signal.aborted) {
      const position = this.#position;
      const wait = position === undefined ? period : this.#checkedAt + period - performance.now();
      if (position === undefined || wait > 0) {
        await pause(wait, round.signal);
        continue;
      }
      try {
        const version = await serverVersion(this.#watched, position, Math.max(openedAt, this.#checkedAt), round.signal);
        if (round.signal.aborted) return undefined;
        if (isOlder(version, position)) {
          round.abort();
          const message = `${this.#watched.what}: held version ${position}, but the server is at ${version}: etcd was wiped or restored`;
          return new KubernetesError("Gone", message);
        }
        this.#confirmPosition(version);
      } catch (error) {
        // The stream may be well: it alone says whether the watch works. Until a check succeeds nothing is confirmed.
        const { retryAfterSeconds } = connectionError(this.#watched.what, error);
        await pause(retries.next(retryAfterSeconds), round.signal);
      }
    }
    return undefined;
  }

  /** The position lies in the past of a server that was at `version` after the stream was opened. */
  #confirmPosition(version: string): void {
    this.#checkedAt = performance.now();
    this.#sink.health(undefined);
    if (!this.#isInterrupted) return;
    this.#catchUpTo ??= version;
    this.#endInterruptionIfCaughtUp();
  }

  #endInterruptionIfCaughtUp(): void {
    if (this.#catchUpTo === undefined || isOlder(this.#position ?? "", this.#catchUpTo)) return;
    this.#isInterrupted = false;
    this.#catchUpTo = undefined;
    this.#sink.caughtUp();
  }

  #endsList(event: WatchEvent): boolean {
    if (event.type === "BOOKMARK") {
      if (!event.endsInitialEvents) return false;
      this.#endSnapshot(event.resourceVersion);
      this.#sink.health(undefined);
      return true;
    }
    if (event.type === "DELETED") this.#sink.event(event.type, event.object);
    else this.#sink.inSnapshot(event.object);
    return false;
  }

  #parse(line: Buffer): WatchEvent {
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
    if (moved === this.#position) return;
    this.#position = moved;
    // At the start of a stream only a check shows where the server is.
    if (Number.isFinite(this.#checkedAt)) this.#checkedAt = performance.now();
    this.#progressed = true;
    this.#unreadable = 0;
    this.#endInterruptionIfCaughtUp();
  }

  #endSnapshot(version: string): void {
    this.#sink.endSnapshot();
    this.#position = version;
    this.#isInterrupted = false;
    this.#catchUpTo = undefined;
    this.#checkedAt = performance.now();
    this.#unreadable = 0;
    this.#streamsBegun = 0;
  }

  #startOver(): void {
    this.#position = undefined;
    this.#unreadable = 0;
  }
}
