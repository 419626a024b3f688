import { TLSSocket } from "node:tls";
import { untilAborted } from "../../shared/async.ts";
import { type Connection, hasSameTls, type Identity, type RequestHeaders } from "../connection/connection.ts";
import { retryAfterOf } from "./answer-error.ts";
import { dial } from "./dial.ts";
import type { RequestPools } from "./request-pools.ts";
import { type WatchAnswer, WatchSession } from "./watch-session.ts";

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
