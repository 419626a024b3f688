import * as z from "zod";
import { connectPostgresql, type PostgresqlClient } from "./postgresql/client.ts";
import { ConnectionPool } from "./shared/connection-pool.ts";
import { firstValue } from "./shared/first-value.ts";
import { text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { address, connectionKey, tcpSettings } from "./shared/tcp-settings.ts";

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
    "All objects that ask one database as one user share at most 4 connections.",
  ],
  connect(settings, tools) {
    const { query, ...server } = settings;
    const shared = tools.share(
      connectionKey("postgresql", server),
      () => new ConnectionPool(connectPostgresql(server, tools)),
    );
    const what = `postgresql at ${address(settings)}`;
    const milliseconds = Math.ceil(settings.timeoutSeconds * 1000);
    return {
      async read(signal) {
        const at = tools.now();
        const limit = { seconds: settings.timeoutSeconds, signal, what };
        return { at, value: await shared.value.ask(limit, (client) => run(client, query, milliseconds)) };
      },
      close: () => shared.release(),
    };
  },
});

/**
 * A transaction of its own, rather than settings of the session, holds behind a pooler such as PgBouncer too. The cursor
 * takes a single SELECT alone, and keeps the rows after the first on the server.
 */
async function run(client: PostgresqlClient, query: string, timeoutMilliseconds: number): Promise<number> {
  await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${timeoutMilliseconds}`);
  let value: number;
  try {
    await client.query(cursor(query));
    const { rows } = await client.query<unknown[]>({ text: "FETCH 1 FROM muster", rowMode: "array" });
    value = firstValue(rows);
  } catch (error) {
    // The first failure is the one to tell: a connection on which this one fails too is closed, and will be noticed.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
  await client.query("ROLLBACK");
  return value;
}

/** Postgres's extended protocol, which pg's types do not know of, takes one statement alone. */
function cursor(query: string): { text: string; queryMode: "extended" } {
  return { text: `DECLARE muster NO SCROLL CURSOR FOR ${query.replace(/;\s*$/, "")}`, queryMode: "extended" };
}
