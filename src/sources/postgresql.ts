import type { Socket } from "node:net";
import type { Client } from "pg";
import * as z from "zod";
import type { FailureKind } from "../core/index.ts";
import { onAbort } from "../shared/async.ts";
import { ownValue } from "../shared/own-value.ts";
import { guardAnswers } from "./shared/answer-limits.ts";
import { ConnectionPool, connectionKey, type Dialer, formatAddress, tlsOptions } from "./shared/connection.ts";
import { socketFailure } from "./shared/connection-failure.ts";
import type { DialTools } from "./shared/network.ts";
import { excerpt } from "./shared/safe-text.ts";
import { tcpSettings, text } from "./shared/settings.ts";
import { defineSource, type SourceTools } from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";
import { BUSY_QUERY, busyRows, firstValue, MOST_BUSY_ROWS } from "./shared/values.ts";

const settings = z.strictObject({
  ...tcpSettings(5432),
  username: text("User name; needs the right to read and no more"),
  database: text("Database to connect to"),
  query: text("SELECT whose first column of the first row is the value; it runs in a read-only transaction"),
});

export default defineSource({
  type: "postgresql",
  about: "The first value of a PostgreSQL query",
  settings,
  pace: { movingSeconds: 5, steadySeconds: 30, asleepSeconds: 0.5 },
  example: {
    host: "postgresql",
    database: "shop",
    username: "muster",
    password: { secretRef: { name: "shop-database", key: "password" } },
    query: "SELECT count(*) FROM jobs WHERE state = 'new'",
  },
  notes: [
    "No row and NULL are a missing value.",
    "The query runs in a read-only transaction with a statement time-out, through a cursor: a single SELECT, VALUES or WITH, and nothing else.",
    "As `busyWorkers.source` it takes `busyQuery` in place of `query`, which gives one row for each busy worker: its pod's name, host name or address, and if you like the number of its messages and when it began the oldest, such as `SELECT locked_by, count(*), min(locked_at) FROM jobs WHERE state = 'running' GROUP BY locked_by`. Leave out locks of workers that are gone.",
    "All objects that ask one database as one user share at most 4 connections.",
  ],
  connect(settings, tools) {
    const { rows, close } = openQuery(settings, tools);
    return {
      async read(signal) {
        const at = tools.now();
        return { at, value: firstValue(await rows(1, signal)) };
      },
      close,
    };
  },
  consumers: {
    renamed: BUSY_QUERY,
    open(settings, tools) {
      const { rows, close } = openQuery(settings, tools);
      return {
        async read(signal) {
          const at = tools.now();
          return { at, consumers: busyRows(await rows(MOST_BUSY_ROWS + 1, signal)) };
        },
        close,
      };
    },
  },
});

function openQuery(asked: z.output<typeof settings>, tools: SourceTools) {
  const { query, ...server } = asked;
  const shared = tools.share(
    connectionKey("postgresql", server),
    () => new ConnectionPool(connectPostgresql(server, tools)),
  );
  const { timeoutSeconds: seconds } = asked;
  const what = `postgresql at ${formatAddress(asked)}`;
  return {
    rows: (most: number, signal: AbortSignal) =>
      shared.value.ask({ seconds, signal, what }, (client) => run(client, query, most, Math.ceil(seconds * 1000))),
    close: () => shared.release(),
  };
}

/**
 * A transaction of its own, rather than settings of the session, holds behind a pooler such as PgBouncer too. The cursor
 * takes a single SELECT alone, and keeps the rows after the first on the server.
 */
async function run(
  client: PostgresqlClient,
  query: string,
  most: number,
  timeoutMilliseconds: number,
): Promise<unknown[][]> {
  await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${timeoutMilliseconds}`);
  let found: unknown[][];
  try {
    await client.query(cursor(query));
    const fetch = { text: `FETCH ${most} FROM muster`, rowMode: "array" } as const;
    found = (await client.query<unknown[]>(fetch)).rows;
  } catch (error) {
    // The first failure matters: where this one fails too, the connection is closed, and the next poll notices that.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
  await client.query("ROLLBACK");
  return found;
}

/** Postgres's extended protocol, which pg's types do not know of, takes one statement alone. */
function cursor(query: string): { text: string; queryMode: "extended" } {
  return { text: `DECLARE muster NO SCROLL CURSOR FOR ${query.replace(/;\s*$/, "")}`, queryMode: "extended" };
}

type PostgresqlClient = Client;

/** SQLSTATEs, or their classes (the first two characters). All other errors of a query are Malformed. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  "28": "Unauthorized",
  "42501": "Unauthorized",
  "3D000": "NotFound",
  "42P01": "NotFound",
  "57014": "TimedOut",
  "08": "Unavailable",
  "53": "Unavailable",
  "57": "Unavailable",
  "58": "Unavailable",
};

/**
 * The classes whose messages are about the query, its names, rights and the server. Others, such as 22 and 23, quote values
 * out of tables: `invalid input syntax for type integer: "..."`.
 */
const SHOWN_CLASSES = ["08", "25", "28", "3D", "3F", "42", "53", "54", "55", "57", "58"];

type Settings = Omit<z.output<typeof settings>, "query">;

function connectPostgresql(settings: Settings, { answerBytes, network }: DialTools): Dialer<PostgresqlClient> {
  const { host, port, username, password = "", database, timeoutSeconds } = settings;
  const server = `postgresql at ${formatAddress(settings)}`;
  const open = new WeakSet<PostgresqlClient>();
  return {
    async open(signal) {
      const { Client } = (await import("pg")).default;
      signal.throwIfAborted();
      network.check(host);
      const client = new Client({
        stream: () => network.socket(),
        host,
        port,
        user: username,
        password,
        database,
        ssl: tlsOptions(settings) ?? false,
        application_name: "muster",
        connectionTimeoutMillis: timeoutSeconds * 1000,
      });
      const plain = streamOf(client);
      guardAnswers(plain, server, { answerBytes, exclusive: true });
      onAbort(signal, () => void streamOf(client).destroy());
      // `isOpen` reports a connection that breaks between two polls.
      client.on("error", () => open.delete(client));
      client.on("end", () => open.delete(client));
      await client.connect();
      // With TLS, the answers come over another socket from then on.
      if (streamOf(client) !== plain) guardAnswers(streamOf(client), server, { answerBytes, exclusive: true });
      open.add(client);
      return client;
    },
    isOpen: (client) => open.has(client),
    close(client) {
      streamOf(client).destroy();
    },
    failure: (error) => failure(error, server, password),
  };
}

/** pg's types leave out the socket, which is a documented part of its connection. */
function streamOf(client: PostgresqlClient): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

function failure(error: unknown, server: string, password: string): SourceError {
  const { code = "", severity, message } = error as { code?: string; severity?: string; message: string };
  if (severity === undefined) {
    const strange = /unknown message|received unexpected|not support|SASL/i.test(message);
    return strange
      ? new SourceError("Malformed", `${server} does not speak PostgreSQL's protocol as asked`)
      : socketFailure(error, server);
  }
  const kind = ownValue(KINDS, code) ?? ownValue(KINDS, code.slice(0, 2)) ?? "Malformed";
  const said = excerpt(message, [password]);
  if (SHOWN_CLASSES.includes(code.slice(0, 2))) return new SourceError(kind, `${server} says: ${said} (${code})`);
  const hint = "its message may quote rows: see the server's log";
  return new SourceError(kind, `${server} refuses the query with SQLSTATE ${code}; ${hint}`, { answer: said });
}
