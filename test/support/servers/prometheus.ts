import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ending } from "../at-end.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { answers, runServer, temporaryFolder } from "./server-process.ts";

export const PROMETHEUS = requirement("prometheus", "install it with `apt-get install prometheus`");

/** A real Prometheus that scrapes `target` (host:port) every second; its address. */
export async function startPrometheus(test: Ending, target: string): Promise<string> {
  const folder = await temporaryFolder(test);
  const port = await freePort();
  const config = join(folder, "prometheus.yml");
  await writeFile(
    config,
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: test, static_configs: [{ targets: ["${target}"] }] }]\n`,
  );
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  await runServer(test, { path: PROMETHEUS.path ?? "", args, folder, ready: () => answers(`${url}/-/ready`) });
  return url;
}
