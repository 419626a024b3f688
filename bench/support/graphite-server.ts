import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers Graphite's render API, every series with the same value of just now, and remembers when it was asked. */
export class GraphiteServer {
  readonly #server: Server;
  readonly #askedAt: number[] = [];

  private constructor(value: number) {
    this.#server = createServer((request, response) => {
      this.#askedAt.push(performance.now());
      const { searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
      const now = Math.floor(Date.now() / 1000);
      const datapoints = Array.from({ length: 15 }, (_, minute) => [value, now - 60 * (15 - minute)]);
      const series = { target: searchParams.get("target"), datapoints: [...datapoints, [null, now]] };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify([series]));
    });
  }

  static async start(value: number): Promise<GraphiteServer> {
    const graphite = new GraphiteServer(value);
    await new Promise<void>((resolve) => graphite.#server.listen(0, "127.0.0.1", resolve));
    return graphite;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Requests so far. */
  get requests(): number {
    return this.#askedAt.length;
  }

  /** Requests in each second from performance.now() `from` on. */
  perSecond(from: number, seconds: number): readonly number[] {
    const counts = Array.from({ length: seconds }, () => 0);
    for (const at of this.#askedAt) {
      const second = Math.floor((at - from) / 1000);
      if (counts[second] !== undefined) counts[second] += 1;
    }
    return counts;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
