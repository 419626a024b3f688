import { ownValue } from "../../shared/own-value.ts";
import { urlOf } from "./addresses.ts";

/** What a connection string says, by KEDA's names for the same settings. */
export type Connection = Readonly<
  Record<"host" | "dbName", string> & Partial<Record<"port" | "userName" | "password" | "sslmode", string>>
>;

/** What is wrong with a string; it holds a password, so no text repeats it. */
type Wrong = { readonly wrong: string };

const LIBPQ: Readonly<Record<string, string>> = {
  ...{ host: "host", port: "port", user: "userName", password: "password", dbname: "dbName", sslmode: "sslmode" },
};
/** Parameters that change no answer. */
const HARMLESS: ReadonlySet<string> = new Set(["application_name", "connect_timeout", "client_encoding"]);

/** A connection string of PostgreSQL: a URI, or "key=value" pairs as libpq has them. */
export function readPostgresqlConnection(text: string): Connection | Wrong {
  const pairs = /^postgres(?:ql)?:\/\//.test(text) ? uriPairs(text) : libpqPairs(text);
  if ("wrong" in pairs) return pairs;
  const found: Record<string, string> = {};
  for (const [key, value] of pairs) {
    const name = ownValue(LIBPQ, key);
    if (name !== undefined) found[name] = value;
    else if (!HARMLESS.has(key)) return { wrong: `the parameter ${key} of a connection string is not kept` };
  }
  const { host, userName, dbName = userName } = found;
  if (!host || host.includes(",") || host.startsWith("/"))
    return { wrong: "expected one host in the connection string" };
  if (!dbName) return { wrong: "expected a database in the connection string" };
  // The default of libpq.
  return { sslmode: "prefer", ...found, host, dbName };
}

function uriPairs(text: string): readonly (readonly [string, string])[] | Wrong {
  const url = urlOf(text, ["postgres", "postgresql"]);
  if (typeof url === "string") return { wrong: "expected a URI such as postgresql://user:password@host:5432/database" };
  const { hostname, port, username, password, pathname, searchParams } = url;
  const parts = [
    ["host", hostname.replace(/^\[(.*)\]$/, "$1")],
    ["port", port],
    ["user", decodeURIComponent(username)],
    ["password", decodeURIComponent(password)],
    ["dbname", decodeURIComponent(pathname.slice(1))],
  ] as const;
  return [...parts.filter(([, value]) => value !== ""), ...searchParams];
}

function libpqPairs(text: string): readonly (readonly [string, string])[] | Wrong {
  const pair = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gy;
  const found: (readonly [string, string])[] = [];
  const whole = text.trim();
  while (pair.lastIndex < whole.length) {
    const [, key = "", quoted, bare = ""] = pair.exec(whole) ?? [];
    if (key === "") return { wrong: "expected key=value pairs, or a URI" };
    found.push([key, (quoted ?? bare).replace(/\\(.)/g, "$1")]);
  }
  return found;
}

/** A data source name of Go's MySQL driver: user:password@tcp(host:port)/database?parameters. */
export function readMysqlConnection(text: string): Connection | Wrong {
  // As in the driver: the last slash ends the address, the last @ before it the login.
  const slash = text.lastIndexOf("/");
  const at = text.lastIndexOf("@", slash);
  const login = at < 0 ? "" : text.slice(0, at);
  const [, protocol = "?", address = ""] = /^(\w*)(?:\((.*)\))?$/.exec(text.slice(at + 1, slash)) ?? [];
  const [database = "", parameters = ""] = text.slice(slash + 1).split("?", 2);
  if (slash < 0 || !["tcp", "tcp6", ""].includes(protocol)) {
    return { wrong: "expected user:password@tcp(host:port)/database" };
  }
  const [, host = "", port = "3306"] = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(address || "127.0.0.1") ?? [];
  if (host === "" || !/^[^%]+$/.test(database))
    return { wrong: "expected a host and a database in the connection string" };
  const tls = new URLSearchParams(parameters).get("tls") ?? "false";
  const modes: Readonly<Record<string, string>> = { true: "verify-full", false: "disable", "skip-verify": "require" };
  const sslmode = ownValue(modes, tls);
  if (sslmode === undefined) return { wrong: "expected tls to be true, false or skip-verify in the connection string" };
  const colon = login.indexOf(":");
  const password = colon < 0 ? "" : login.slice(colon + 1);
  return {
    ...{ host: host.replace(/^\[(.*)\]$/, "$1"), port, sslmode, dbName: database },
    ...(login !== "" && { userName: colon < 0 ? login : login.slice(0, colon) }),
    ...(password !== "" && { password }),
  };
}
