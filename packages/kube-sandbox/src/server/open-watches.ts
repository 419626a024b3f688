import type { ServerResponse } from "node:http";

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

  /** Ends all watches in good order, as a server does whose time is up. */
  end(): void {
    for (const response of this.#open) response.end();
  }
}
