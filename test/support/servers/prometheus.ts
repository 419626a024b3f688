import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Ending } from "../at-end.ts";
import { requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { answers, runServer, temporaryFolder } from "./server-process.ts";

export const PROMETHEUS = requirement("prometheus", "install it with `apt-get install prometheus`");

/** Prometheus's tool, which writes the past into its storage. */
export const PROMTOOL = requirement("promtool", "it comes with `apt-get install prometheus`");

export const PROMETHEUS_PAST = PROMETHEUS.skip === false ? PROMTOOL : PROMETHEUS;

export interface PrometheusOptions {
  /** What it has stored already, in OpenMetrics' text. */
  readonly past?: string;
  /** Path of a rule file, which it evaluates every second. */
  readonly rules?: string;
}

/** A real Prometheus that scrapes `target` (host:port) every second; its address. */
export async function startPrometheus(
  test: Ending,
  target: string,
  { past, rules }: PrometheusOptions = {},
): Promise<string> {
  const folder = await temporaryFolder(test);
  if (past !== undefined) await store(past, folder);
  const port = await freePort();
  const config = join(folder, "prometheus.yml");
  await writeFile(
    config,
    [
      "global: { scrape_interval: 1s, evaluation_interval: 1s }",
      `rule_files: ${JSON.stringify(rules === undefined ? [] : [resolve(rules)])}`,
      `scrape_configs: [{ job_name: test, static_configs: [{ targets: ["${target}"] }] }]\n`,
    ].join("\n"),
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
