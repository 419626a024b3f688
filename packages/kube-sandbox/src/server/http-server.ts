import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server on 127.0.0.1 that can stop and start again on the same port. */
export class HttpServer {
  readonly #listener: (request: IncomingMessage, response: ServerResponse) => void;
  #server: Server | undefined;
  #port: number;

  constructor(port: number, listener: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#port = port;
    this.#listener = listener;
  }

  /** The current or last port. */
  get port(): number {
    return this.#port;
  }

  async listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, this.#listener);
    server.listen(this.#port, "127.0.0.1");
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

/** The watches that are open now. */
export class OpenWatches {
  readonly #open = new Set<ServerResponse>();

  get count(): number {
    return this.#open.size;
  }

  add(response: ServerResponse): void {
    this.#open.add(response);
    response.once("close", () => this.#open.delete(response));
  }

  /** Cuts the connections of all watches, as a proxy or a network does. */
  drop(): void {
    for (const response of this.#open) response.destroy();
  }

  /** Ends all watches cleanly, as a server does after their timeout. */
  end(): void {
    for (const response of this.#open) response.end();
  }
}
