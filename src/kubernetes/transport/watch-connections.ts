import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { TLSSocket } from "node:tls";
import { onAbort, untilAborted } from "../../shared/async.ts";
import { type Connection, hasSameTls, type Identity, type RequestHeaders } from "../connection/connection.ts";
import { retryAfterOf } from "./answer-error.ts";
import { dial } from "./dial.ts";
import type { RequestPools } from "./request-pools.ts";

/** How watches travel: many on one HTTP/2 connection where the server speaks it, else one HTTP/1.1 connection each. */
export class WatchConnections {
  readonly #connection: Connection;
  readonly #pools: RequestPools;
  readonly #onDead: () => void;
  readonly #sessions = new Set<WatchSession>();
  #dialling: { readonly identity: Identity; readonly session: Promise<WatchSession | undefined> } | undefined;
  readonly #stop = new AbortController();

  /** `onDead` is called when a connection turned out to be dead, or the server to be away. */
  constructor(connection: Connection, pools: RequestPools, onDead: () => void) {
    this.#connection = connection;
    this.#pools = pools;
    this.#onDead = onDead;
  }

  async get(path: string, identity: Identity, headers: RequestHeaders, signal: AbortSignal): Promise<WatchAnswer> {
    const session = await untilAborted(this.#session(identity), signal);
    if (session !== undefined) return session.get(path, headers, signal);
    const request = this.#pools.pool("watch", identity).request({ method: "GET", path, headers, signal });
    const answer = await untilAborted(request, signal);
    return { status: answer.statusCode, retryAfter: retryAfterOf(answer.headers), body: answer.body, isPinged: false };
  }

  close(): void {
    this.#stop.abort();
    for (const session of this.#sessions) session.close();
    this.#sessions.clear();
  }

  async #session(identity: Identity): Promise<WatchSession | undefined> {
    if (this.#connection.server.protocol !== "https:") return undefined;
    for (const session of this.#sessions) {
      if (session.isUsable && hasSameTls(session.identity, identity)) return session;
    }
    if (this.#dialling === undefined || !hasSameTls(this.#dialling.identity, identity)) {
      const session = this.#dial(identity).finally(() => {
        if (this.#dialling?.session === session) this.#dialling = undefined;
      });
      this.#dialling = { identity, session };
    }
    return this.#dialling.session;
  }

  /** Undefined where the server speaks HTTP/1.1 only. */
  async #dial(identity: Identity): Promise<WatchSession | undefined> {
    const begun = performance.now();
    const socket = await dial(this.#connection, identity, ["h2", "http/1.1"], this.#stop.signal);
    if (this.#stop.signal.aborted) {
      socket.destroy();
      throw new Error("the client was closed");
    }
    if (!(socket instanceof TLSSocket) || socket.alpnProtocol !== "h2") {
      socket.destroy();
      return undefined;
    }
    const session = new WatchSession(socket, this.#connection.server, {
      identity,
      dialMs: performance.now() - begun,
      onSilence: (silent) => void this.#compare(silent),
      onClose: (closed) => this.#sessions.delete(closed),
    });
    this.#sessions.add(session);
    return session;
  }

  /**
   * A PING has had no answer for a while: is the connection dead or the server slow? A new connection takes at least two
   * round trips. Where even that was faster than the answer, or fails, the old one is dead. Never rejects.
   */
  async #compare(silent: WatchSession): Promise<void> {
    const fresh = await this.#dial(silent.identity).catch(() => undefined);
    if (silent.isAnswered) {
      if (fresh?.isIdle) fresh.close();
      return;
    }
    silent.giveUp();
    if (!this.#stop.signal.aborted) this.#onDead();
  }
}

const PING_EVERY_MS = 5_000;
/** At least; a slow server's answers take longer. */
const PONG_WITHIN_MS = 3_000;
/** Below the 100 streams that API servers allow on one connection; more would wait silently. */
const MOST_STREAMS = 90;
const SESSION_WINDOW = 16 * 1024 * 1024;
const STREAM_WINDOW = 4 * 1024 * 1024;

interface WatchAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: AsyncIterable<Buffer> & { destroy(error?: Error): unknown };
  /** PINGs show that the connection lives while nothing comes. */
  readonly isPinged: boolean;
}

interface WatchSessionOptions {
  readonly identity: Identity;
  /** How long the connection took to be made: the server's PING answers may take as long. */
  readonly dialMs: number;
  /** Called when a PING has no answer for a while. */
  readonly onSilence: (session: WatchSession) => void;
  readonly onClose: (session: WatchSession) => void;
}

/** One HTTP/2 connection for many watches; a PING every five seconds detects that the server is gone. */
class WatchSession {
  readonly identity: Identity;
  readonly #session: ClientHttp2Session;
  readonly #onSilence: (session: WatchSession) => void;
  #patienceMs: number;
  #isAnswered = true;
  #streams = 0;
  #ping: NodeJS.Timeout | undefined;
  #pong: NodeJS.Timeout | undefined;

  constructor(socket: TLSSocket, server: URL, { identity, dialMs, onSilence, onClose }: WatchSessionOptions) {
    this.identity = identity;
    this.#patienceMs = Math.max(PONG_WITHIN_MS, dialMs);
    this.#onSilence = onSilence;
    this.#session = connect(server.origin, {
      createConnection: () => socket,
      settings: { initialWindowSize: STREAM_WINDOW, enablePush: false },
      maxSessionMemory: 64,
    });
    // Each stream reports its own end; the session's error says nothing more.
    this.#session.on("error", () => this.#stop());
    this.#session.once("close", () => {
      this.#stop();
      onClose(this);
    });
    this.#session.once("connect", () => this.#session.setLocalWindowSize(SESSION_WINDOW));
    this.#ping = setTimeout(() => this.#sendPing(), PING_EVERY_MS);
  }

  get isUsable(): boolean {
    return !this.#session.closed && !this.#session.destroyed && this.#streams < MOST_STREAMS;
  }

  /** Resolves with the head of the answer; the session must be usable. */
  get(path: string, headers: RequestHeaders, signal: AbortSignal): Promise<WatchAnswer> {
    const stream = this.#session.request({ ...headers, ":method": "GET", ":path": path });
    this.#streams += 1;
    stream.once("close", () => {
      this.#streams -= 1;
    });
    return answerOf(stream, signal);
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  get isIdle(): boolean {
    return this.#streams === 0;
  }

  close(): void {
    this.#stop();
    this.#session.destroy();
  }

  /** Ends it and its watches: the server is gone. */
  giveUp(): void {
    if (this.#session.destroyed) return;
    this.#session.destroy(new Error("the API server does not answer PING"), constants.NGHTTP2_CANCEL);
  }

  #sendPing(): void {
    if (this.#session.destroyed) return;
    this.#isAnswered = false;
    const sentAt = performance.now();
    // After a stall of our own the pong may lie unread in the socket: setImmediate lets it be read first.
    this.#pong = setTimeout(() => setImmediate(() => this.#isAnswered || this.#onSilence(this)), this.#patienceMs);
    const sent = this.#session.ping(() => {
      this.#isAnswered = true;
      this.#patienceMs = Math.max(PONG_WITHIN_MS, 2 * (performance.now() - sentAt));
      clearTimeout(this.#pong);
      if (!this.#session.destroyed) this.#ping = setTimeout(() => this.#sendPing(), PING_EVERY_MS);
    });
    if (!sent) this.#onSilence(this);
  }

  #stop(): void {
    clearTimeout(this.#ping);
    clearTimeout(this.#pong);
  }
}

function answerOf(stream: ClientHttp2Stream, signal: AbortSignal): Promise<WatchAnswer> {
  return new Promise((resolve, reject) => {
    const leave = onAbort(signal, () => stream.destroy(new Error("given up")));
    stream.once("close", () => {
      leave();
      reject(new Error("the stream was closed before an answer came"));
    });
    // Stays: a stream that fails while it is not read must not end the process.
    stream.on("error", reject);
    stream.once("response", (head: IncomingHttpHeaders & { ":status"?: number }) => {
      resolve({ status: head[":status"] ?? 0, retryAfter: head["retry-after"], body: stream, isPinged: true });
    });
    stream.end();
  });
}

/**
 * The same chunks, until none has come for a while: that is an error, but no news on a connection whose PINGs are
 * answered. Closes the stream and calls `ended` at the end.
 */
export async function* untilSilent(
  { body, isPinged }: Pick<WatchAnswer, "body" | "isPinged">,
  milliseconds: number,
  ended: () => void,
): AsyncGenerator<Buffer> {
  let isSilent = false;
  const timer = setTimeout(() => {
    isSilent = true;
    body.destroy(new Error(`nothing came for ${milliseconds / 1000} s`));
  }, milliseconds);
  try {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk;
    }
  } catch (error) {
    // Kubernetes 1.20 sends no bookmarks while nothing of the kind changes.
    if (!(isSilent && isPinged)) throw error;
  } finally {
    clearTimeout(timer);
    body.destroy();
    ended();
  }
}
