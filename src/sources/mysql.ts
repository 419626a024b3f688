import * as z from "zod";
import { connectMysql } from "./mysql/client.ts";
import { ConnectionPool } from "./shared/connection-pool.ts";
import { firstValue } from "./shared/first-value.ts";
import { text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { address, connectionKey, tcpSettings } from "./shared/tcp-settings.ts";

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
    "All objects that ask one database as one user share at most 4 connections.",
    "Tested against MariaDB.",
  ],
  connect(settings, tools) {
    const { query, ...server } = settings;
    const shared = tools.share(connectionKey("mysql", server), () => new ConnectionPool(connectMysql(server, tools)));
    const what = `mysql at ${address(settings)}`;
    return {
      async read(signal) {
        const at = tools.now();
        const limit = { seconds: settings.timeoutSeconds, signal, what };
        const rows = await shared.value.ask(limit, (client) => client.rows(query));
        return { at, value: firstValue(rows) };
      },
      close: () => shared.release(),
    };
  },
});
