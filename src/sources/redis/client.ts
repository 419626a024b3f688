import type { Socket } from "node:net";
import type { AbstractConnector, Redis } from "ioredis";
import type { FailureKind } from "../../core/index.ts";
import { onAbort } from "../../shared/async.ts";
import { ownValue } from "../../shared/own-value.ts";
import { guardAnswers } from "../shared/answer-limits.ts";
import { Connection, type Dialer, formatAddress, tlsOptions } from "../shared/connection.ts";
import { socketFailure } from "../shared/connection-failure.ts";
import type { DialTools, Network } from "../shared/network.ts";
import { excerpt } from "../shared/safe-text.ts";
import type { TcpSettings } from "../shared/settings.ts";
import type { Shared } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import type { TimeLimit } from "../shared/time-limit.ts";

export type RedisClient = Redis;

/** A server that does not answer our goodbye is left; QUIT matters little to one that only reads. */
const DISCONNECT_MILLISECONDS = 50;

/** What Redis's error codes (the first word of an error) mean to a source. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  WRONGPASS: "Unauthorized",
  NOAUTH: "Unauthorized",
  NOPERM: "Unauthorized",
  WRONGTYPE: "Malformed",
  ERR: "Malformed",
  MOVED: "Malformed",
};

/** How to connect to one Redis server. The controller retries: the client itself neither waits nor tries again. */
export function connectRedis(
  settings: TcpSettings & { readonly database: number },
  tools: DialTools,
): Dialer<RedisClient> {
  const server = `redis at ${formatAddress(settings)}`;
  return {
    async open(signal) {
      const { AbstractConnector, Redis } = await import("ioredis");
      tools.network.check(settings.host);
      signal.throwIfAborted();
      const client = new Redis({
        ...options(settings),
        Connector: connectorBy(tools.network, AbstractConnector, settings),
      });
      let cause: unknown;
      client.on("error", (error) => {
        cause = error;
      });
      client.on("connect", () => guardAnswers(client.stream as Socket, server, tools));
      onAbort(signal, () => client.disconnect());
      try {
        await client.connect();
      } catch (error) {
        client.disconnect();
        // Of a refused password or certificate, connect() says only that the connection is closed.
        throw cause ?? error;
      }
      return client;
    },
    isOpen: (client) => client.status === "ready" && client.stream.writable,
    close: (client) => client.disconnect(),
    failure: (error) => failure(error, server, settings),
  };
}

/** The client's own connector knows no other way to find addresses. */
function connectorBy(network: Network, Base: typeof AbstractConnector, settings: TcpSettings) {
  return class extends Base {
    constructor() {
      super(DISCONNECT_MILLISECONDS);
    }

    override async connect(): Promise<Socket> {
      const { host, port } = settings;
      this.connecting = true;
      this.stream = network.connect({ host, port }, tlsOptions(settings)) as typeof this.stream;
      this.stream.once("error", (error) => {
        this.firstError = error;
      });
      return this.stream as Socket;
    }
  };
}

function options(settings: TcpSettings & { readonly database: number }) {
  const { host, port, username, password, database, timeoutSeconds } = settings;
  const tls = tlsOptions(settings);
  return {
    host,
    port,
    db: database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls } : {}),
    connectionName: "muster",
    connectTimeout: timeoutSeconds * 1000,
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    disconnectTimeout: DISCONNECT_MILLISECONDS,
  };
}

function failure(error: unknown, server: string, { password = "" }: TcpSettings): SourceError {
  const { name, message } = error as Error;
  if (name === "ParserError" || /RESP type|protocol error/i.test(message)) {
    return new SourceError("Malformed", `${server} does not speak Redis's protocol`);
  }
  if (name !== "ReplyError") return socketFailure(error, server);
  const kind = ownValue(KINDS, message.split(" ", 1)[0] ?? "") ?? "Unavailable";
  const hint = message.startsWith("MOVED") ? " (a Redis Cluster: name the node that holds the key)" : "";
  return new SourceError(kind, `${server} says: ${excerpt(message, [password]).replace(/[.\s]+$/, "")}${hint}`);
}

/**
 * An event can be missed (it came before we listened, or a dead connection has not been noticed yet). A wait is therefore
 * no longer than the pause between two polls, so that a missed event costs no more than having no events.
 */
const LONGEST_WAIT_MILLISECONDS = 12_000;

/** Redis's notifications of changed keys, over one connection of its own for all keys of a server. */
export class KeyEvents implements Shared {
  readonly #connection: Connection<RedisClient>;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #heard = new WeakSet<RedisClient>();

  constructor(dialer: Dialer<RedisClient>) {
    this.#connection = new Connection(dialer);
  }

  /** Waits until something happens to a key. `hasWork` is asked once we listen. */
  async wait(
    channel: string,
    limit: TimeLimit,
    hasWork: () => Promise<boolean>,
  ): Promise<"maybe-work" | "unsupported"> {
    const { promise: ended, resolve: end } = Promise.withResolvers<"event" | "lost">();
    const heard = () => end("event");
    const lost = () => end("lost");
    this.#join(channel, heard);
    const leave = onAbort(limit.signal, heard);
    const timer = setTimeout(heard, LONGEST_WAIT_MILLISECONDS);
    let client: RedisClient | undefined;
    try {
      client = await this.#connection.ask(limit, (open) => this.#listen(open, channel));
      if (!client) return "unsupported";
      client.once("close", lost);
      if ((await hasWork()) || (await ended) === "event") return "maybe-work";
      throw new SourceError("Unavailable", `${limit.what} closed the connection`);
    } finally {
      clearTimeout(timer);
      leave();
      client?.off("close", lost);
      this.#leave(channel, heard, client);
    }
  }

  dispose(): Promise<void> {
    return this.#connection.dispose();
  }

  async #listen(client: RedisClient, channel: string): Promise<RedisClient | undefined> {
    if (!this.#heard.has(client)) {
      if (!(await notifies(client))) return undefined;
      this.#heard.add(client);
      client.setMaxListeners(0);
      client.on("message", (from) => {
        for (const listener of this.#listeners.get(from) ?? []) listener();
      });
    }
    await client.subscribe(channel);
    return client;
  }

  #join(channel: string, heard: () => void): void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(heard));
  }

  #leave(channel: string, heard: () => void, client: RedisClient | undefined): void {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(heard);
    if (listeners?.size !== 0) return;
    this.#listeners.delete(channel);
    // On a connection that has gone there is nothing to leave.
    client?.unsubscribe(channel).catch(() => undefined);
  }
}

/** Whether the server notifies of lists, streams and sorted sets by key (`notify-keyspace-events`). */
async function notifies(client: RedisClient): Promise<boolean> {
  try {
    const flags = String(Object.values(await client.config("GET", "notify-keyspace-events")).at(-1));
    return flags.includes("K") && (flags.includes("A") || ["l", "t", "z"].every((flag) => flags.includes(flag)));
  } catch (error) {
    // Without the right to ask, the source polls as without events.
    if ((error as Error).name === "ReplyError") return false;
    throw error;
  }
}
