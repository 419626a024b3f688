import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import type { Cluster } from "./cluster.ts";

/** What the numbers were measured on. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly kubernetes: string;
  readonly beanstalkd: string;
  readonly muster: string;
  /** Load of the last minute before the run: others' work makes every number worse. */
  readonly loadBefore: number;
}

/** Describes this machine and the versions of what runs on it. */
export async function describeMachine(cluster: Cluster): Promise<Machine> {
  const version = JSON.parse(await cluster.text("/version")) as { gitVersion: string };
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kubernetes: version.gitVersion,
    beanstalkd: execFileSync("beanstalkd", ["-v"], { encoding: "utf8" }).trim(),
    muster: `${JSON.parse(readFileSync("package.json", "utf8")).version} (${commit()})`,
    loadBefore: loadavg()[0] ?? Number.NaN,
  };
}

function commit(): string {
  const dirty = execFileSync("git", ["status", "--porcelain", "src"], { encoding: "utf8" }) !== "";
  return (
    execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim() + (dirty ? ", changed" : "")
  );
}
