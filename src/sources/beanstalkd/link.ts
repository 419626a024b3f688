import { Dials } from "../shared/connection.ts";
import { SourceError } from "../shared/source-error.ts";
import type { Connection } from "./connection.ts";

/** One connection to a server, made when it is asked for and made anew after a fault, but not too often. */
export class Link {
  readonly #dial: () => Connection;
  readonly #dials = new Dials();
  #connection: Connection | undefined;
  #isClosed = false;

  constructor(dial: () => Connection) {
    this.#dial = dial;
  }

  /** The connection, which may still be under way: commands can be sent at once. Throws the last fault while it is too early to try again. */
  connection(): Connection {
    if (this.#isClosed) throw new SourceError("Unavailable", "the source is closed");
    if (this.#connection !== undefined) return this.#connection;
    this.#dials.check();
    const connection = this.#dial();
    connection.onClosed = (fault) => this.#drop(connection, fault);
    this.#connection = connection;
    return connection;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close("Unavailable", "the source is closed");
  }

  #drop(connection: Connection, fault: SourceError): void {
    this.#connection = undefined;
    // A server that answered was there: its restart is met with the shortest wait.
    if (connection.hasAnswered) this.#dials.succeeded();
    this.#dials.refused(fault);
  }
}
