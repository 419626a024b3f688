import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import type { Ending } from "../at-end.ts";
import type { Certificate } from "../certificates.ts";
import { lacking, requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { runServer, temporaryFolder } from "./server-process.ts";

const HINT = "install it with `apt-get install mariadb-server`";
const SERVER = requirement("mariadbd", HINT);
const INSTALL = requirement("mariadb-install-db", HINT);

/** MariaDB, which speaks MySQL's protocol. */
export const MARIADB = INSTALL.path ? SERVER : lacking("mariadb-install-db", HINT);

export interface Mariadb {
  readonly host: string;
  readonly port: number;
  /** Runs a statement as root. */
  run(sql: string): Promise<unknown[]>;
}

/** A real MariaDB on a free port, with TLS for who asks, whose root needs no password. */
export async function startMariadb(test: Ending, tls?: Certificate): Promise<Mariadb> {
  const folder = await temporaryFolder(test);
  const data = join(folder, "data");
  const port = await freePort();
  const asRoot = process.getuid?.() === 0 ? ["--user=root"] : [];
  const install = [
    "--no-defaults",
    `--datadir=${data}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    ...asRoot,
  ];
  execFileSync(INSTALL.path ?? "", install, { stdio: "ignore", cwd: folder });
  const run = async (sql: string) => {
    const connection = await createConnection({ host: "127.0.0.1", port, user: "root" });
    try {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? rows : [];
    } finally {
      await connection.end();
    }
  };
  const args = ["--no-defaults", `--datadir=${data}`, `--port=${port}`, "--bind-address=127.0.0.1"];
  const where = [
    `--socket=${folder}/socket`,
    `--pid-file=${folder}/pid`,
    "--innodb-flush-log-at-trx-commit=0",
    ...asRoot,
  ];
  if (tls) {
    for (const part of ["key", "cert"] as const) {
      await writeFile(join(folder, part), tls[part]);
      where.push(`--ssl-${part}=${join(folder, part)}`);
    }
  }
  const ready = async () => {
    await run("select 1");
    return true;
  };
  await runServer(test, { path: SERVER.path ?? "", args: [...args, ...where], folder, ready });
  return { host: "127.0.0.1", port, run };
}
