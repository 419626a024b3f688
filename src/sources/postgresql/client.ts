import type { Socket } from "node:net";
import type { Client } from "pg";
import type { FailureKind } from "../../core/index.ts";
import type { Dialer } from "../shared/connection.ts";
import { guardAnswers } from "../shared/guard-answers.ts";
import type { DialTools } from "../shared/network.ts";
import { excerpt } from "../shared/safe-text.ts";
import { socketFailure } from "../shared/socket-failure.ts";
import { SourceError } from "../shared/source-error.ts";
import { address, type TcpSettings, tlsOptions } from "../shared/tcp-settings.ts";

export type PostgresqlClient = Client;

/** SQLSTATEs, or their classes (the first two characters). Whatever else a server says of a query is Malformed. */
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

interface Settings extends TcpSettings {
  readonly username: string;
  readonly database: string;
}

/** How to connect to one database. */
export function connectPostgresql(settings: Settings, { answerBytes, network }: DialTools): Dialer<PostgresqlClient> {
  const { host, port, username, password = "", database, timeoutSeconds } = settings;
  const server = `postgresql at ${address(settings)}`;
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
      signal.addEventListener("abort", () => streamOf(client).destroy(), { once: true });
      // A connection that breaks between two looks is noticed by `isOpen`.
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
  const kind = KINDS[code] ?? KINDS[code.slice(0, 2)] ?? "Malformed";
  const said = excerpt(message, [password]);
  if (SHOWN_CLASSES.includes(code.slice(0, 2))) return new SourceError(kind, `${server} says: ${said} (${code})`);
  const hint = "its message may quote rows: see the server's log";
  return new SourceError(kind, `${server} refuses the query with SQLSTATE ${code}; ${hint}`, { answer: said });
}
