import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ending } from "../at-end.ts";
import type { Certificate } from "../certificates.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { accepts, runServer, temporaryFolder } from "./server-process.ts";

export const NATS = requirement("nats-server", "install it with `apt-get install nats-server`");

export interface NatsOptions {
  /** Added to the configuration. */
  readonly config?: string;
  /** What is set of JetStream beside its folder; false: there is none. */
  readonly jetstream?: string | false;
  readonly tls?: Certificate;
}

/** A real NATS on a free port. */
export async function startNats(
  test: Ending,
  { config = "", jetstream = "", tls }: NatsOptions = {},
): Promise<{ host: string; port: number }> {
  const folder = await temporaryFolder(test);
  const port = await freePort();
  const file = join(folder, "nats.conf");
  const parts = [`listen: "127.0.0.1:${port}"`, config];
  if (jetstream !== false) parts.push(`jetstream { store_dir: "${folder}/data", ${jetstream} }`);
  if (tls) {
    for (const part of ["key", "cert"] as const) await writeFile(join(folder, part), tls[part]);
    parts.push(`tls { key_file: "${folder}/key", cert_file: "${folder}/cert" }`);
  }
  await writeFile(file, `${parts.join("\n")}\n`);
  const args = ["-c", file];
  await runServer(test, { path: NATS.path ?? "", args, folder, ready: () => accepts(port) });
  return { host: "127.0.0.1", port };
}
