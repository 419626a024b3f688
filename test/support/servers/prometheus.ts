import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Ending } from "../at-end.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { answers, runServer, temporaryFolder } from "./server-process.ts";

export const PROMETHEUS = requirement("prometheus", "install it with `apt-get install prometheus`");

/** Prometheus's tool, which writes the past into its storage. */
const PROMTOOL = requirement("promtool", "it comes with `apt-get install prometheus`");

export const PROMETHEUS_PAST = PROMETHEUS.skip === false ? PROMTOOL : PROMETHEUS;

/**
 * A real Prometheus that scrapes `target` (host:port) every second; its address. `past`: what it has stored already, in
 * OpenMetrics' text.
 */
export async function startPrometheus(test: Ending, target: string, past?: string): Promise<string> {
  const folder = await temporaryFolder(test);
  if (past !== undefined) await store(past, folder);
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

async function store(past: string, folder: string): Promise<void> {
  const file = join(folder, "past.txt");
  await writeFile(file, past);
  const words = ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=240h", file, join(folder, "data")];
  await promisify(execFile)(PROMTOOL.path ?? "", words);
}
