import { Pool } from "undici";
import { type Connection, hasSameTls, type Identity } from "../connection/connection.ts";
import { dial } from "./dial.ts";

/**
 * Calls of one lane never wait for another's: a burst of status writes must not stand before a scaling, nor a burst
 * of scalings before the lease.
 */
export type Lane = "scale" | "lease" | "write" | "read" | "watch";

/** Connections per lane. 16 saturate an API server; more only queue there. A watch has a connection for itself. */
const CONNECTIONS: Readonly<Record<Lane, number | null>> = { scale: 16, lease: 2, write: 8, read: 4, watch: null };
/** A new connection costs more than a PATCH; TCP keep-alive watches the idle one meanwhile. */
const IDLE_MS = 300_000;

/** HTTP/1.1 connection pools, one per lane, replaced when the client certificate or CA changes. */
export class RequestPools {
  readonly #connection: Connection;
  #identity: Identity | undefined;
  #pools = new Map<Lane, Pool>();
  #dialling = new AbortController();
  #closed = false;
  #dialMs = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  pool(lane: Lane, identity: Identity): Pool {
    if (this.#closed) throw new Error("the client was closed");
    if (this.#identity === undefined || !hasSameTls(this.#identity, identity)) {
      this.#retire((pool) => pool.close());
      this.#identity = identity;
    }
    const existing = this.#pools.get(lane);
    if (existing !== undefined) return existing;
    const { signal } = this.#dialling;
    const pool = new Pool(this.#connection.server.origin, {
      connections: CONNECTIONS[lane],
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, done) => {
        const begun = performance.now();
        dial(this.#connection, identity, ["http/1.1"], signal).then(
          (socket) => {
            this.#dialMs = performance.now() - begun;
            done(null, socket);
          },
          (error: Error) => done(error, null),
        );
      },
    });
    this.#pools.set(lane, pool);
    return pool;
  }

  get dialMs(): number {
    return this.#dialMs;
  }

  /** The server is gone: ends calls under way, so that they fail now and use new connections. */
  async drop(): Promise<void> {
    this.#dialling.abort();
    this.#dialling = new AbortController();
    await this.#retire((pool) => pool.destroy());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.drop();
  }

  /** A pool that is closed twice rejects, which changes nothing. */
  async #retire(end: (pool: Pool) => Promise<void>): Promise<void> {
    const retired = [...this.#pools.values()];
    this.#pools = new Map();
    await Promise.allSettled(retired.map(end));
  }
}
