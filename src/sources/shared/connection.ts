import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { Backoff } from "../../core/index.ts";
import { onAbort } from "../../shared/async.ts";
import { Retries } from "../../shared/retries.ts";
import type { TcpSettings } from "./settings.ts";
import type { Shared } from "./source.ts";
import { SourceError } from "./source-error.ts";
import { answerWithin, type TimeLimit } from "./time-limit.ts";

/** How to handle the connection of a client library. */
export interface Dialer<Client> {
  /**
   * Connects and authenticates. Gives up when the signal aborts, also while a library is being loaded: a socket opened
   * later would keep the process from ending.
   */
  open(signal: AbortSignal): Promise<Client>;
  /** One question at a time: an unfinished one makes the connection unusable. */
  readonly exclusive?: boolean;
  /** Whether the client can still be asked. */
  isOpen(client: Client): boolean;
  /** Releases all that the client holds. Questions without an answer then fail. */
  close(client: Client): void | Promise<void>;
  /** Whether the server answered: such a failure leaves the connection usable, of any kind. */
  answered?(error: unknown): boolean;
  /** A failure of `open` or of a question as a SourceError. */
  failure(error: unknown): SourceError;
}

interface Attempt<Client> {
  readonly client: Promise<Client>;
  readonly abort: AbortController;
  isOpen: boolean;
}

/** A healthy server answers within milliseconds. After a wait this long, the connection itself may be dead. */
const SUSPICIOUS_MILLISECONDS = 1_000;

/** A restart takes a fraction of a second. A server that is gone is dialled no more often than this. */
const DIAL_PAUSES: Backoff = { firstMilliseconds: 100, longestMilliseconds: 500 };

/** When a server that refused a connection may be dialled again. Until then it fails for the same reason, without a try. */
export class Dials {
  readonly #retries = new Retries(DIAL_PAUSES);
  #refusal: unknown;
  #retryAt = Number.NEGATIVE_INFINITY;

  /** Throws the last refusal while it is too early to dial again. */
  check(): void {
    if (performance.now() < this.#retryAt) throw this.#refusal;
  }

  refused(refusal: unknown): void {
    this.#refusal = refusal;
    this.#retryAt = performance.now() + this.#retries.next();
  }

  succeeded(): void {
    this.#retries.reset();
  }
}

/** One connection that many sources share: made when a poll needs it, and again by the first poll after it broke. */
export class Connection<Client> implements Shared {
  readonly #dialer: Dialer<Client>;
  #attempt: Attempt<Client> | undefined;
  #disposed = false;
  readonly #dials: Dials;

  /** `dials`: shared by connections to one server. */
  constructor(dialer: Dialer<Client>, dials = new Dials()) {
    this.#dialer = dialer;
    this.#dials = dials;
  }

  /** Asks over the connection; rejects with a SourceError alone. */
  async ask<Answer>(
    limit: TimeLimit,
    question: (client: Client, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const began = performance.now();
    let attempt: Attempt<Client> | undefined;
    try {
      return await answerWithin(limit, async (signal) => {
        attempt = this.#attempt ?? this.#dial();
        let client = await attempt.client;
        if (!this.#dialer.isOpen(client)) {
          await this.#drop(attempt);
          attempt = this.#attempt ?? this.#dial();
          client = await attempt.client;
        }
        return question(client, signal);
      });
    } catch (error) {
      const failure = error instanceof SourceError ? error : this.#dialer.failure(error);
      const suspicious = this.#dialer.exclusive || performance.now() - began > SUSPICIOUS_MILLISECONDS;
      const broken = failure.kind === "Unavailable" || (failure.kind === "TimedOut" && suspicious);
      if (attempt && broken && !this.#dialer.answered?.(error)) await this.#drop(attempt);
      throw failure;
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    if (this.#attempt) await this.#drop(this.#attempt);
  }

  #dial(): Attempt<Client> {
    if (this.#disposed) throw new SourceError("Unavailable", "the connection was closed");
    this.#dials.check();
    const abort = new AbortController();
    const attempt: Attempt<Client> = { client: this.#dialer.open(abort.signal), abort, isOpen: false };
    this.#attempt = attempt;
    attempt.client.then(
      () => {
        attempt.isOpen = true;
        this.#dials.succeeded();
      },
      (error: unknown) => {
        // An attempt that we gave up is no refusal.
        if (!abort.signal.aborted) this.#dials.refused(error);
        this.#forget(attempt);
        abort.abort();
      },
    );
    return attempt;
  }

  #forget(attempt: Attempt<Client>): void {
    if (this.#attempt === attempt) this.#attempt = undefined;
  }

  /** Waits until an open client is closed. One that is still connecting is closed when it comes. */
  async #drop(attempt: Attempt<Client>): Promise<void> {
    this.#forget(attempt);
    attempt.abort.abort();
    const closed = attempt.client.then(
      (client) => this.#dialer.close(client),
      // Every poll that waited for the client has its failure.
      () => undefined,
    );
    if (attempt.isOpen) await closed;
  }
}

/** Few, since a database has few connections and a poll is short; more than one, so that a slow query delays few. */
const MOST_CONNECTIONS = 4;

/** A few connections to one server, each for one question at a time. */
export class ConnectionPool<Client> implements Shared {
  readonly #all: readonly Connection<Client>[];
  readonly #idle: Connection<Client>[];
  readonly #waiting = new Set<(connection: Connection<Client>) => void>();

  constructor(dialer: Dialer<Client>) {
    const dials = new Dials();
    this.#all = Array.from({ length: MOST_CONNECTIONS }, () => new Connection({ ...dialer, exclusive: true }, dials));
    this.#idle = [...this.#all];
  }

  /** Asks over a free connection, waiting for one within the limit. */
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
      // The last one used is the next one, so that the others connect only when they are needed.
      this.#idle.push(connection);
      return;
    }
    this.#waiting.delete(next);
    next(connection);
  }
}

/** Node's TLS options; undefined without TLS. */
export function tlsOptions({
  tls,
  host,
  caCertificate,
}: Pick<TcpSettings, "tls" | "host" | "caCertificate">): TlsOptions | undefined {
  if (!tls) return undefined;
  return {
    // SNI takes names alone (RFC 6066).
    ...(isIP(host) ? {} : { servername: host }),
    ...(caCertificate === undefined ? {} : { ca: caCertificate }),
    // On a socket that was plain before, Node takes an address for "localhost".
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  };
}

interface TlsOptions {
  readonly servername?: string;
  readonly ca?: string;
  checkServerIdentity(name: string, certificate: PeerCertificate): Error | undefined;
}

/** A host name or an IP address (IPv6 without brackets), and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The address as errors name it. */
export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The key under which sources share a connection: a hash of all that distinguishes it, credentials included. */
export function connectionKey(type: string, ...parts: readonly unknown[]): string {
  return `${type}:${createHash("sha256").update(JSON.stringify(parts)).digest("hex")}`;
}
