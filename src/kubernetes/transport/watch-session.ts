import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Identity, RequestHeaders } from "../connection/connection.ts";
import { onAbort } from "./on-abort.ts";

const PING_EVERY_MS = 5_000;
const PONG_WITHIN_MS = 3_000;
/** Below the 100 streams that API servers allow on one connection; more would wait without a word. */
const MOST_STREAMS = 90;
const SESSION_WINDOW = 16 * 1024 * 1024;
const STREAM_WINDOW = 4 * 1024 * 1024;

/** A stream and the head of its answer. */
export interface WatchAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: AsyncIterable<Buffer> & { destroy(error?: Error): unknown };
}

/** One HTTP/2 connection for many watches; a PING every five seconds finds out when nobody is there any more. */
export class WatchSession {
  readonly identity: Identity;
  readonly #session: ClientHttp2Session;
  readonly #onSilence: () => void;
  #streams = 0;
  #ping: NodeJS.Timeout | undefined;
  #pong: NodeJS.Timeout | undefined;

  /** `onSilence` is called when a PING stays unanswered, after which the session is gone. */
  constructor(socket: TLSSocket, server: URL, identity: Identity, onSilence: () => void, onClose: () => void) {
    this.identity = identity;
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
      onClose();
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

  close(): void {
    this.#stop();
    this.#session.destroy();
  }

  #sendPing(): void {
    if (this.#session.destroyed) return;
    let answered = false;
    // After a stall of our own the pong may lie unread in the socket: setImmediate lets it be read first.
    this.#pong = setTimeout(() => setImmediate(() => answered || this.#giveUp()), PONG_WITHIN_MS);
    const sent = this.#session.ping(() => {
      answered = true;
      clearTimeout(this.#pong);
      if (!this.#session.destroyed) this.#ping = setTimeout(() => this.#sendPing(), PING_EVERY_MS);
    });
    if (!sent) this.#giveUp();
  }

  #giveUp(): void {
    if (this.#session.destroyed) return;
    this.#session.destroy(new Error("the API server does not answer PING"), constants.NGHTTP2_CANCEL);
    this.#onSilence();
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
    // Stays: a stream that ends while nobody reads it must not end the process.
    stream.on("error", reject);
    stream.once("response", (head: IncomingHttpHeaders & { ":status"?: number }) => {
      resolve({ status: head[":status"] ?? 0, retryAfter: head["retry-after"], body: stream });
    });
    stream.end();
  });
}
