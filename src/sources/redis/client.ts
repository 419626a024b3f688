import type { Socket } from "node:net";
import type { Redis } from "ioredis";
import type { FailureKind } from "../../core/index.ts";
import type { Dialer } from "../shared/connection.ts";
import { type AnswerLimit, guardAnswers } from "../shared/guard-answers.ts";
import { excerpt } from "../shared/safe-text.ts";
import { socketFailure } from "../shared/socket-failure.ts";
import { SourceError } from "../shared/source-error.ts";
import { address, type TcpSettings, tlsOptions } from "../shared/tcp-settings.ts";

export type RedisClient = Redis;

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
  limit: AnswerLimit = {},
): Dialer<RedisClient> {
  const server = `redis at ${address(settings)}`;
  return {
    async open(signal) {
      const { Redis } = await import("ioredis");
      signal.throwIfAborted();
      const client = new Redis(options(settings));
      let cause: unknown;
      client.on("error", (error) => {
        cause = error;
      });
      client.on("connect", () => guardAnswers(client.stream as Socket, server, limit));
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
    // A server that does not answer our goodbye is left; QUIT matters little to one that only reads.
    disconnectTimeout: 50,
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
