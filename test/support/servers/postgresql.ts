import { execFileSync } from "node:child_process";
import { chownSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { Ending } from "../at-end.ts";
import type { Certificate } from "../certificates.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { runServer, temporaryFolder, type UnprivilegedUser, unprivileged } from "./server-process.ts";

const INSTALLED = "/usr/lib/postgresql";
const HINT = "install it with `apt-get install postgresql`";

/** Debian keeps the server's programs out of PATH, in a folder for each version. */
export const POSTGRESQL = requirement(
  "postgres",
  HINT,
  versions().map((version) => join(INSTALLED, version, "bin")),
);

export interface Postgresql {
  readonly host: string;
  readonly port: number;
  /** Runs a statement as the superuser. */
  run(sql: string): Promise<unknown[]>;
}

/** A real PostgreSQL on a free port, with TLS for who asks: a superuser without a password, everybody else with one. */
export async function startPostgresql(test: Ending, tls?: Certificate): Promise<Postgresql> {
  const path = POSTGRESQL.path ?? "";
  const user = unprivileged();
  const folder = await temporaryFolder(test);
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const port = await freePort();
  const initdb = ["-D", data, "-U", "super", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"];
  execFileSync(join(path, "../initdb"), initdb, { stdio: "ignore", cwd: folder, ...user });
  const rules = "host all super 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
  execFileSync("tee", [join(data, "pg_hba.conf")], { input: rules, stdio: ["pipe", "ignore", "inherit"] });
  const run = async (sql: string) => {
    const client = new pg.Client({ host: "127.0.0.1", port, user: "super", database: "postgres" });
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const ready = async () => (await run("select 1")).length === 1;
  const args = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder, "-F"];
  if (tls) args.push(...tlsArguments(tls, data, user));
  await runServer(test, { path, args, folder, ...(user ? { user } : {}), ready, endSignal: "SIGQUIT" });
  return { host: "127.0.0.1", port, run };
}

function tlsArguments(tls: Certificate, data: string, user: UnprivilegedUser | undefined): string[] {
  for (const part of ["key", "cert"] as const) {
    const file = join(data, `${part}.pem`);
    writeFileSync(file, tls[part], { mode: 0o600 });
    if (user) chownSync(file, user.uid, user.gid);
  }
  return ["ssl=on", "ssl_key_file=key.pem", "ssl_cert_file=cert.pem"].flatMap((setting) => ["-c", setting]);
}

function versions(): string[] {
  try {
    return readdirSync(INSTALLED);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
