import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ending } from "../at-end.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { accepts, runServer, temporaryFolder } from "./server-process.ts";

export const NATS = requirement("nats-server", "install it with `apt-get install nats-server`");

/** A real NATS with JetStream on a free port; `config` is added to its configuration. */
export async function startNats(test: Ending, config = ""): Promise<{ host: string; port: number }> {
  const folder = await temporaryFolder(test);
  const port = await freePort();
  const file = join(folder, "nats.conf");
  await writeFile(file, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}/data" }\n${config}\n`);
  const args = ["-c", file];
  await runServer(test, { path: NATS.path ?? "", args, folder, ready: () => accepts(port) });
  return { host: "127.0.0.1", port };
}
