import { startGraphiteServer } from "kube-sandbox";

type Graphite = Awaited<ReturnType<typeof startGraphiteServer>>;

/** The sandbox's Graphite with the same value in every series, which remembers when it was asked. */
export class GraphiteServer {
  readonly #server: Graphite;
  readonly #askedAt: number[];

  private constructor(server: Graphite, askedAt: number[]) {
    this.#server = server;
    this.#askedAt = askedAt;
  }

  static async start(value: number): Promise<GraphiteServer> {
    const askedAt: number[] = [];
    const latest = () => {
      askedAt.push(performance.now());
      return value;
    };
    return new GraphiteServer(await startGraphiteServer({ latest }), askedAt);
  }

  get port(): number {
    return this.#server.port;
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
    await this.#server.close();
  }
}
