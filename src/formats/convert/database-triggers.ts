import { hostProblem, portOf } from "./addresses.ts";
import { readMysqlConnection, readPostgresqlConnection } from "./connection-strings.ts";
import {
  CHECKED_CERTIFICATES,
  type Converted,
  credential,
  difference,
  findMissing,
  readServer,
  refuse,
  type Settings,
  type TriggerType,
} from "./trigger.ts";

const REDIS_FIELDS = { databaseIndex: "whole", enableTLS: "switch", unsafeSsl: "switch" } as const;
const REDIS_OFF = { unsafeSsl: CHECKED_CERTIFICATES };
const REDIS_EACH = "5";

/** KEDA's redis: the length of a list, sorted set, set or hash, by the type of its key. */
export const redis: TriggerType = {
  fields: { ...REDIS_FIELDS, listLength: "wholeTarget", activationListLength: "whole" },
  required: ["listName"],
  off: REDIS_OFF,
  convert: (s, secret) => ({
    ...readRedis(s, secret, { structure: "auto", key: s.listName }),
    each: s.listLength ?? REDIS_EACH,
    activation: s.activationListLength,
  }),
};

/** KEDA's redis-streams: a group's lag, its pending entries, or the stream's length. */
export const redisStreams: TriggerType = {
  fields: {
    ...REDIS_FIELDS,
    pendingEntriesCount: "wholeTarget",
    streamLength: "wholeTarget",
    lagCount: "whole",
    activationLagCount: "whole",
  },
  required: ["stream"],
  off: REDIS_OFF,
  convert(s, secret) {
    const group = s.consumerGroup ? { group: s.consumerGroup } : {};
    const {
      problems = [],
      notes = [],
      source,
    } = readRedis(s, secret, {
      ...{ structure: "stream", key: s.stream },
      ...group,
    });
    const lag = Number(s.lagCount ?? 0) === 0 ? undefined : s.lagCount;
    const counted = lag === undefined ? "the group's pending entries" : "the group's lag";
    const text = `under KEDA ${counted} alone counted; here lag and pending entries do`;
    return {
      problems: [...problems, Number(s.lagCount ?? 1) < 0 && refuse(s, "lagCount", "a whole number above 0")],
      source,
      each: (s.consumerGroup ? (lag ?? s.pendingEntriesCount) : s.streamLength) ?? REDIS_EACH,
      activation: s.activationLagCount,
      notes: [...notes, s.consumerGroup && difference("source.redis.group", text)],
    };
  },
};

function readRedis(s: Settings, secret: string, queue: object): Converted {
  const { server, problem } = readRedisServer(s);
  const password = s.passwordFromEnv === undefined ? undefined : credential("redis", "password", secret);
  const isTlsKnown = ["enable", "disable", undefined].includes(s.tls);
  return {
    problems: [problem, !isTlsKnown && refuse(s, "tls", "enable or disable")],
    source: {
      redis: {
        ...{ ...server, ...queue },
        ...(s.databaseIndex !== undefined && { database: Number(s.databaseIndex) }),
        ...((s.enableTLS === "true" || s.tls === "enable") && { tls: true }),
        ...(s.username && { username: s.username }),
        ...password?.setting,
      },
    },
    notes: [
      password?.note,
      s.usernameFromEnv &&
        difference(
          "source.redis",
          "KEDA took the user name from the workload's environment (usernameFromEnv): write it as username, as it is no secret",
        ),
    ],
  };
}

/** `address`, or `host` and `port`; of several KEDA asks the first. */
function readRedisServer(s: Settings): Partial<ReturnType<typeof readServer>> {
  const first = (list: string | undefined) => list?.split(",")[0]?.trim();
  const [field, stated] = s.addresses === undefined ? ["address", first(s.address)] : ["addresses", first(s.addresses)];
  const [hostField, host] = s.host === undefined ? ["hosts", first(s.hosts)] : ["host", first(s.host)];
  const port = first(s.port ?? s.ports);
  if (stated !== undefined) return readServer(stated, field);
  if (host === undefined || port === undefined) {
    return { problem: findMissing(s, host === undefined ? "address" : "port")[0] };
  }
  return readServer(host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`, hostField);
}

/** KEDA's postgresql. */
export const postgresql = sqlTrigger("postgresql", {
  each: "targetQueryValue",
  activation: "activationTargetQueryValue",
  connection: "connection",
  read: readPostgresqlConnection,
});

/** KEDA's mysql. */
export const mysql = sqlTrigger("mysql", {
  each: "queryValue",
  activation: "activationQueryValue",
  connection: "connectionString",
  read: readMysqlConnection,
});

/** What KEDA calls the same things in the two. */
interface SqlNames {
  readonly each: string;
  readonly activation: string;
  readonly connection: string;
  readonly read: typeof readMysqlConnection;
}

/** Where a database is. KEDA reads nothing beside a connection string but what to ask; all are read, so that none counts as left out. */
function connectionOf(stated: Settings, { connection, read }: SqlNames): Settings {
  const { host, port, userName, username, dbName, sslmode, passwordFromEnv, [connection]: text } = stated;
  if (text !== undefined) return read(text);
  const all = { host, port, userName, username, dbName, sslmode, passwordFromEnv };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function sqlTrigger(type: "postgresql" | "mysql", names: SqlNames): TriggerType {
  return {
    fields: { [names.each]: "target", [names.activation]: "number" },
    convert(stated, secret) {
      const s = connectionOf(stated, names);
      if ("wrong" in s && s.wrong !== undefined) {
        const remedy = "write host, port, userName and dbName in its place, and keep the password in a Secret";
        return { problems: [{ path: `metadata.${names.connection}`, message: s.wrong, remedy }], source: {} };
      }
      const username = s.userName ?? s.username;
      const password =
        (s.password ?? s.passwordFromEnv) === undefined ? undefined : credential(type, "password", secret);
      // libpq's modes that never fall back to a connection without TLS.
      const usesTls = ["require", "verify-ca", "verify-full"].includes(s.sslmode ?? "");
      return {
        problems: sqlProblems(s, stated, { names, username }),
        source: {
          [type]: {
            host: s.host,
            ...(s.port !== undefined && { port: Number(s.port) }),
            username,
            database: s.dbName,
            query: stated.query,
            ...(usesTls && { tls: true }),
            ...password?.setting,
          },
        },
        each: stated[names.each],
        activation: stated[names.activation],
        stated: password === undefined ? {} : { password: s.password ?? "" },
        notes: [password?.note, ...sslNotes(type, s)],
      };
    },
  };
}

function sslNotes(type: string, { sslmode }: Settings) {
  return [
    ["require", "verify-ca"].includes(sslmode ?? "") &&
      difference(
        `source.${type}.tls`,
        `sslmode was ${sslmode}; here the server's certificate and name are always checked (see caCertificate)`,
      ),
    ["prefer", "allow"].includes(sslmode ?? "") &&
      difference("source", `sslmode was ${sslmode}; here tls is on or off, and it is off`),
  ];
}

function sqlProblems(
  s: Settings,
  stated: Settings,
  { names: { each, connection }, username }: { names: SqlNames; username: string | undefined },
) {
  const variable = `${connection}FromEnv`;
  if (!s.host && stated[variable] !== undefined) {
    const remedy =
      "hand in the workload that has this variable, or write host, port, userName and dbName in its place, and keep the password in a Secret";
    return [{ path: `metadata.${variable}`, message: "expected a variable that is known", remedy }];
  }
  const host = s.host === undefined ? undefined : hostProblem(s.host);
  return [
    ...findMissing(stated, "query", each),
    ...findMissing(s, "host", "dbName"),
    ...(username === undefined && s.host ? findMissing(s, "userName") : []),
    host !== undefined && { path: "metadata.host", message: host },
    s.port !== undefined && portOf(s.port) === undefined && refuse(s, "port", "a port from 1 to 65535"),
  ];
}
