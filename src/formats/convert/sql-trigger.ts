import type { Problem } from "../../core/index.ts";
import { hostProblem, portOf } from "./addresses.ts";
import type { Note } from "./draft.ts";
import { type Conversion, credential, lacking, perReplica, refused, type Settings, withNotes } from "./trigger.ts";

/** KEDA's postgresql. */
export const postgresqlTrigger = sqlTrigger("postgresql", {
  each: "targetQueryValue",
  activation: "activationTargetQueryValue",
  connection: "connection",
});

/** KEDA's mysql. */
export const mysqlTrigger = sqlTrigger("mysql", {
  each: "queryValue",
  activation: "activationQueryValue",
  connection: "connectionString",
});

/** What KEDA calls alike things in the two. */
interface Names {
  readonly each: string;
  readonly activation: string;
  readonly connection: string;
}

function sqlTrigger(type: "postgresql" | "mysql", names: Names): Conversion {
  return ({ name, settings: s, secret }) => {
    const username = s.userName ?? s.username;
    const wrong = problems(s, names, username);
    if (wrong.length > 0) return { wrong };
    const password = s.passwordFromEnv === undefined ? undefined : credential(type, "password", secret);
    const settings = {
      host: s.host,
      ...(s.port === undefined ? {} : { port: Number(s.port) }),
      username,
      database: s.dbName,
      query: s.query,
      ...(speaksTls(s) ? { tls: true } : {}),
      ...password?.setting,
    };
    const draft = perReplica(name, { [type]: settings }, s[names.each], { activation: s[names.activation] });
    return withNotes(draft, [...(password ? [password.note] : []), ...tlsNotes(type, s)]);
  };
}

function problems(s: Settings, { each, connection }: Names, username: string | undefined): readonly Problem[] {
  const wanted = lacking(s, "query", "host", "dbName", each);
  if (username === undefined && s.host) wanted.push(...lacking(s, "userName"));
  const host = s.host === undefined ? undefined : hostProblem(s.host);
  if (host !== undefined) wanted.push({ path: "metadata.host", message: host });
  if (s.port !== undefined && portOf(s.port) === undefined) wanted.push(refused(s, "port", "a port from 1 to 65535"));
  const stated = s[connection] ?? s[`${connection}FromEnv`];
  if (s.host || stated === undefined) return wanted;
  const remedy = "write host, port, userName and dbName in its place, and keep the password in a Secret";
  const path = `metadata.${connection}${s[connection] === undefined ? "FromEnv" : ""}`;
  return [{ path, message: "expected none, as connection strings are not read", remedy }];
}

/** libpq's modes that never go on in the open. */
const speaksTls = ({ sslmode = "" }: Settings): boolean => ["require", "verify-ca", "verify-full"].includes(sslmode);

function tlsNotes(type: string, s: Settings): readonly Note[] {
  if (s.sslmode === "require" || s.sslmode === "verify-ca") {
    const text = `sslmode was ${s.sslmode}; here the server's certificate and name are always checked (see caCertificate)`;
    return [{ path: ["source", type, "tls"], text }];
  }
  if (!["prefer", "allow"].includes(s.sslmode ?? "")) return [];
  return [{ path: ["source"], text: `sslmode was ${s.sslmode}; here tls is on or off, and it is off` }];
}
