import { onAbort } from "../../shared/async.ts";
import { Connection, type Dialer, Dials } from "./connection.ts";
import type { Shared } from "./source.ts";
import { answerWithin, type TimeLimit } from "./time-limit.ts";

/** Few, since a database has few connections to give and a look is short; more than one, so that a slow query delays few. */
const MOST_CONNECTIONS = 4;

/** Some connections to one server, each of which answers one question at a time. */
export class ConnectionPool<Client> implements Shared {
  readonly #all: readonly Connection<Client>[];
  readonly #idle: Connection<Client>[];
  readonly #waiting = new Set<(connection: Connection<Client>) => void>();

  constructor(dialer: Dialer<Client>) {
    const dials = new Dials();
    this.#all = Array.from({ length: MOST_CONNECTIONS }, () => new Connection({ ...dialer, exclusive: true }, dials));
    this.#idle = [...this.#all];
  }

  /** Asks over a connection that is free, waiting for one within the limit. */
  ask<Answer>(limit: TimeLimit, question: (client: Client) => Promise<Answer>): Promise<Answer> {
    return answerWithin(limit, async (signal) => {
      const connection = this.#idle.pop() ?? (await this.#turn(signal));
      try {
        return await connection.ask({ ...limit, signal }, question);
      } finally {
        this.#free(connection);
      }
    });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#all.map((connection) => connection.dispose()));
  }

  #turn(signal: AbortSignal): Promise<Connection<Client>> {
    return new Promise((resolve, reject) => {
      const take = (connection: Connection<Client>) => resolve(connection);
      this.#waiting.add(take);
      onAbort(signal, () => {
        this.#waiting.delete(take);
        reject(signal.reason);
      });
    });
  }

  #free(connection: Connection<Client>): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      // The one used last is used first, so that the others stay unconnected until they are needed.
      this.#idle.push(connection);
      return;
    }
    this.#waiting.delete(next);
    next(connection);
  }
}
