import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Longer than any long poll and any client's idle timeout, so that the client closes first. */
const KEEP_ALIVE_MS = 75_000;

/** An HTTP server that can stop and start again on the same port. */
export class HttpServer {
  readonly #listener: RequestListener;
  readonly #host: string;
  #server: Server | undefined;
  #port: number;

  /** Port 0 takes a free one. */
  constructor(listener: RequestListener, port = 0, host = "127.0.0.1") {
    this.#listener = listener;
    this.#port = port;
    this.#host = host;
  }

  /** The current or last port. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${this.#host.includes(":") ? `[${this.#host}]` : this.#host}:${this.#port}`;
  }

  async listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, this.#listener);
    server.listen(this.#port, this.#host);
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
