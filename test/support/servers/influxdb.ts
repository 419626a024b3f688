import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ending } from "../at-end.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { answers, runServer, temporaryFolder } from "./server-process.ts";

export const INFLUXDB = requirement("influxd", "install it with `apt-get install influxdb`");

export interface Influxdb {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Runs a statement as the administrator. */
  run(statement: string): Promise<void>;
  /** Stores points in line protocol with times in milliseconds. */
  write(database: string, lines: string): Promise<void>;
}

/** A real InfluxDB 1.x that asks for a password. */
export async function startInfluxdb(test: Ending): Promise<Influxdb> {
  const folder = await temporaryFolder(test);
  const [http, rpc] = [await freePort(), await freePort()];
  const config = join(folder, "influxdb.conf");
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
[http]
bind-address = "127.0.0.1:${http}"
auth-enabled = true
[monitor]
store-enabled = false
`,
  );
  const url = `http://127.0.0.1:${http}`;
  const args = ["-config", config];
  await runServer(test, { path: INFLUXDB.path ?? "", args, folder, ready: () => answers(`${url}/ping`) });
  const [username, password] = ["admin", "adm1n/pass"];
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const post = async (path: string, body: string | URLSearchParams) => {
    const response = await fetch(`${url}${path}`, { method: "POST", body, headers: { authorization } });
    const said = await response.text();
    if (!response.ok || said.includes('"error"')) throw new Error(`influxdb answered ${response.status}: ${said}`);
  };
  const run = (statement: string) => post("/query", new URLSearchParams({ q: statement }));
  await run(`create user ${username} with password '${password}' with all privileges`);
  return {
    url,
    username,
    password,
    run,
    write: (database, lines) => post(`/write?db=${database}&precision=ms`, lines),
  };
}
