import type { Socket } from "node:net";
import type { AbstractConnector, Redis } from "ioredis";
import type { FailureKind } from "../../core/index.ts";
import type { Dialer } from "../shared/connection.ts";
import { guardAnswers } from "../shared/guard-answers.ts";
import type { DialTools, Network } from "../shared/network.ts";
import { excerpt } from "../shared/safe-text.ts";
import { socketFailure } from "../shared/socket-failure.ts";
import { SourceError } from "../shared/source-error.ts";
import { address, type TcpSettings, tlsOptions } from "../shared/tcp-settings.ts";

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
  const server = `redis at ${address(settings)}`;
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
      signal.addEventListener("abort", () => client.disconnect(), { once: true });
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
  const kind = KINDS[message.split(" ", 1)[0] ?? ""] ?? "Unavailable";
  const hint = message.startsWith("MOVED") ? " (a Redis Cluster: name the node that holds the key)" : "";
  return new SourceError(kind, `${server} says: ${excerpt(message, [password]).replace(/[.\s]+$/, "")}${hint}`);
}
