import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { atEnd, type Ending } from "../at-end.ts";
import type { Certificate } from "../certificates.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { eventually } from "../waiting.ts";
import { runServer, temporaryFolder } from "./server-process.ts";

const PROGRAMS = "/usr/lib/rabbitmq/bin";

/** Not the one in /usr/sbin, which insists on a user of its own. */
export const RABBITMQ = requirement("rabbitmq-server", "install it with `apt-get install rabbitmq-server`", [PROGRAMS]);

export interface Rabbitmq {
  readonly host: string;
  readonly port: number;
  /** Where it speaks TLS, if it was given a certificate. */
  readonly tlsPort: number;
  readonly managementUrl: string;
  /** Runs rabbitmqctl. */
  control(...args: string[]): Promise<void>;
}

/** A real RabbitMQ with its management API on free ports; user guest with password guest. It makes statistics this often. */
export async function startRabbitmq(
  test: Ending,
  tls?: Certificate,
  statisticsMilliseconds = 1_000,
): Promise<Rabbitmq> {
  const folder = await temporaryFolder(test);
  const [amqp, amqps, management, distribution, epmd] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  await writeFile(join(folder, "plugins"), "[rabbitmq_management].\n");
  await writeFile(join(folder, "env"), "");
  await writeFile(
    join(folder, "rabbitmq.conf"),
    `listeners.tcp.default = 127.0.0.1:${amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = ${management}
collect_statistics_interval = ${statisticsMilliseconds}
log.console = true
log.file = false
${tls ? await tlsSettings(tls, folder, amqps) : ""}`,
  );
  const pidFile = join(folder, "pid");
  const environment = {
    HOME: folder,
    RABBITMQ_NODENAME: `t${amqp}@localhost`,
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "env"),
    RABBITMQ_PID_FILE: pidFile,
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: "127.0.0.1",
  };
  const erlang = { env: { PATH: process.env.PATH, ...environment }, cwd: folder };
  const run = promisify(execFile);
  const managementUrl = `http://127.0.0.1:${management}`;
  const authorization = `Basic ${Buffer.from("guest:guest").toString("base64")}`;
  const ready = async () => (await fetch(`${managementUrl}/api/overview`, { headers: { authorization } })).ok;
  // The wrapper's end leaves the virtual machine running, and that one leaves the port mapper that it started.
  atEnd(test, async () => {
    // It refuses to end until it has noticed the end of the machine.
    await eventually(() => run("epmd", ["-port", String(epmd), "-kill"], erlang));
  });
  atEnd(test, async () => {
    process.kill(Number(await readFile(pidFile, "utf8")), "SIGKILL");
  });
  const path = join(PROGRAMS, "rabbitmq-server");
  await runServer(test, { path, args: [], environment, folder, ready, patienceSeconds: 90 });
  const control = async (...args: string[]) => {
    await run(join(PROGRAMS, "rabbitmqctl"), args, erlang);
  };
  return { host: "127.0.0.1", port: amqp, tlsPort: amqps, managementUrl, control };
}

async function tlsSettings(tls: Certificate, folder: string, port: number): Promise<string> {
  for (const part of ["key", "cert"] as const) await writeFile(join(folder, part), tls[part]);
  return `listeners.ssl.default = 127.0.0.1:${port}
ssl_options.keyfile = ${join(folder, "key")}
ssl_options.certfile = ${join(folder, "cert")}
`;
}
