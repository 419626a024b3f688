import { isIP, type Socket } from "node:net";
import type { Connection as MysqlConnection } from "mysql2";
import * as z from "zod";
import type { FailureKind } from "../core/index.ts";
import { onAbort } from "../shared/async.ts";
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
  ...tcpSettings(3306),
  username: text("User name; needs the right to read and no more"),
  database: text("Database to connect to"),
  query: text("SELECT whose first column of the first row is the value; it runs in a read-only session"),
});

export default defineSource({
  type: "mysql",
  about: "The first value of a MySQL or MariaDB query",
  settings,
  pace: { movingSeconds: 5, steadySeconds: 30, asleepSeconds: 0.5 },
  example: {
    host: "mysql",
    database: "shop",
    username: "muster",
    password: { secretRef: { name: "shop-database", key: "password" } },
    query: "SELECT COUNT(*) FROM jobs WHERE state = 'new'",
  },
  notes: [
    "No row and NULL are a missing value.",
    "The session is read-only, with a statement time-out, and takes one row of a query.",
    "As `busyWorkers.source` it takes `busyQuery` in place of `query`, which gives one row for each busy worker: its pod's name, host name or address, and if you like the number of its messages and when it began the oldest. Leave out locks of workers that are gone.",
    "All objects that ask one database as one user share at most 4 connections.",
    "Tested against MariaDB.",
  ],
  connect(settings, tools) {
    const { rows, close } = openQuery(settings, tools, 1);
    return {
      async read(signal) {
        const at = tools.now();
        return { at, value: firstValue(await rows(signal)) };
      },
      close,
    };
  },
  consumers: {
    renamed: BUSY_QUERY,
    open(settings, tools) {
      const { rows, close } = openQuery(settings, tools, MOST_BUSY_ROWS + 1);
      return {
        async read(signal) {
          const at = tools.now();
          return { at, consumers: busyRows(await rows(signal)) };
        },
        close,
      };
    },
  },
});

/** `most`: rows that a query gives. Connections are shared among those with the same limit. */
function openQuery(asked: z.output<typeof settings>, tools: SourceTools, most: number) {
  const { query, ...server } = asked;
  const key = connectionKey(`mysql-${most}`, server);
  const shared = tools.share(key, () => new ConnectionPool(connectMysql(server, tools, most)));
  const what = `mysql at ${formatAddress(asked)}`;
  const { timeoutSeconds: seconds } = asked;
  return {
    rows: (signal: AbortSignal) => shared.value.ask({ seconds, signal, what }, (client) => client.rows(query)),
    close: () => shared.release(),
  };
}

/** Error numbers of MySQL and MariaDB. All other errors of a query are Malformed. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  1040: "Unavailable", // too many connections
  1044: "Unauthorized",
  1045: "Unauthorized",
  1049: "NotFound", // database
  1053: "Unavailable", // shutting down
  1129: "Unavailable", // host blocked
  1142: "Unauthorized",
  1143: "Unauthorized",
  1146: "NotFound", // table
  1203: "Unavailable", // too many connections of this user
  1226: "Throttled", // resource limit of this user
  1698: "Unauthorized",
  1969: "TimedOut", // MariaDB: max_statement_time
  3024: "TimedOut", // MySQL: max_execution_time
};

/** Beside those above: about the query and its names. Others, such as 1062 and 1105, quote values out of tables. */
const SHOWN = new Set([...Object.keys(KINDS).map(Number), 1046, 1054, 1064, 1110, 1227, 1305, 1370, 1792]);

type Settings = Omit<z.output<typeof settings>, "query">;

class MysqlClient {
  readonly #connection: MysqlConnection;
  isOpen = true;

  constructor(connection: MysqlConnection) {
    this.#connection = connection;
    // A connection that breaks between two polls reports that by an event.
    for (const event of ["error", "end"]) {
      connection.on(event, () => {
        this.isOpen = false;
      });
    }
  }

  /** The rows of a query. One that gives none may have changed the session that many share, which ends with it. */
  async rows(sql: string): Promise<unknown[][]> {
    const rows = await this.run(sql);
    if (Array.isArray(rows)) return rows;
    this.close();
    throw new SourceError("Malformed", "expected a query that gives rows, such as a SELECT");
  }

  /** What a statement gives, with each row as a list. */
  run(sql: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#connection.query({ sql, rowsAsArray: true }, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
  }

  close(): void {
    this.isOpen = false;
    this.#connection.destroy();
  }
}

function connectMysql(settings: Settings, { answerBytes, network }: DialTools, mostRows: number): Dialer<MysqlClient> {
  const { host, port, username, password = "", database, timeoutSeconds } = settings;
  const server = `mysql at ${formatAddress(settings)}`;
  return {
    async open(signal) {
      const { createConnection } = await import("mysql2");
      signal.throwIfAborted();
      const tls = tlsOptions(settings);
      network.check(host);
      const connection = createConnection({
        stream: () => network.connect({ host, port, noDelay: true, keepAlive: true }),
        host,
        port,
        user: username,
        password,
        database,
        ...(tls ? { ssl: { ...tls, verifyIdentity: true } } : {}),
        connectTimeout: timeoutSeconds * 1000,
        supportBigNumbers: true,
        bigNumberStrings: true,
      });
      const client = new MysqlClient(connection);
      const stream = streamOf(connection);
      guardAnswers(stream, server, { answerBytes, exclusive: true });
      // mysql2 hands Node's check of the certificate no address; Node then takes it from here.
      if (isIP(host)) stream._host = host;
      onAbort(signal, () => client.close());
      try {
        await new Promise<void>((done, fail) => {
          connection.once("connect", () => done());
          connection.once("error", fail);
          stream.once("close", () => fail(new Error("the connection was closed")));
        });
        // With TLS, the answers come over another socket from then on.
        if (streamOf(connection) !== stream)
          guardAnswers(streamOf(connection), server, { answerBytes, exclusive: true });
        await restrict(client, timeoutSeconds, mostRows);
      } catch (error) {
        client.close();
        throw error;
      }
      return client;
    },
    isOpen: (client) => client.isOpen,
    close: (client) => client.close(),
    failure: (error) => failure(error, server, password),
  };
}

/** Makes the session read-only, with at most so many rows per query and a time limit. */
async function restrict(client: MysqlClient, timeoutSeconds: number, mostRows: number): Promise<void> {
  await client.run("SET SESSION TRANSACTION READ ONLY");
  const [version] = await client.rows("SELECT VERSION()");
  const timeLimit = String(version?.[0]).includes("MariaDB")
    ? `max_statement_time = ${timeoutSeconds}`
    : `max_execution_time = ${Math.ceil(timeoutSeconds * 1000)}`;
  await client.run(`SET SESSION sql_select_limit = ${mostRows}, ${timeLimit}`);
}

/** mysql2's types leave out the socket. */
function streamOf(connection: MysqlConnection): Socket & { _host?: string } {
  return (connection as unknown as { stream: Socket }).stream;
}

function failure(error: unknown, server: string, password: string): SourceError {
  const {
    errno,
    sqlState,
    code = "",
    message,
  } = error as { errno?: number; sqlState?: string; code?: string; message: string };
  if (sqlState !== undefined && errno !== undefined) {
    const kind = KINDS[errno] ?? "Malformed";
    const said = excerpt(message, [password]);
    if (SHOWN.has(errno)) return new SourceError(kind, `${server} says: ${said} (${errno})`);
    const hint = "its message may quote rows: see the server's log";
    return new SourceError(kind, `${server} refuses the query with error ${errno}; ${hint}`, { answer: said });
  }
  if (/^HANDSHAKE_(?:NO_)?SSL/.test(code)) return socketFailure(tlsError(code, message), server);
  if (/PROTOCOL_(?!CONNECTION_LOST)|HANDSHAKE|ERR_OUT_OF_RANGE|packet|sequence/i.test(`${code} ${message}`)) {
    return new SourceError(
      "Malformed",
      `${server} does not speak MySQL's protocol as asked (${code || "a packet that is not its own"})`,
    );
  }
  return socketFailure(error, server);
}

/** mysql2 replaces Node's code of a failed handshake by its own. */
function tlsError(code: string, message: string): Error {
  if (code === "HANDSHAKE_NO_SSL_SUPPORT") return Object.assign(new Error(message), { code: "EPROTO" });
  if (/altnames/.test(message)) return Object.assign(new Error(message), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  return Object.assign(new Error(message), /certificate/.test(message) ? { code: "CERT_UNTRUSTED" } : {});
}
