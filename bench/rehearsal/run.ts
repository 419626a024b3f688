// Measures how fast and in how much memory policies are rehearsed:
//   node bench/rehearsal/run.ts [--worldcup worldcup98-per-minute.csv.gz] [--save FILE]
// Without the World Cup's trace (github nimamahmoudi/worldcup98-dataset, MIT) invented traffic of its length stands in for it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { decisionsPerSecond, drainDecisionsPerSecond } from "./decisions-per-second.ts";
import { type Measured, measureCommand } from "./measure-command.ts";

const { values } = parseArgs({
  options: { worldcup: { type: "string" }, save: { type: "string", default: "bench/results/rehearsal.json" } },
});

const LEAST_DECISIONS = 1_000_000;
const YEAR = { seconds: 2, mebibytes: 200 };
const TEN_POLICIES_SECONDS = 15;
/** The World Cup's trace has so many days. */
const DAYS = 87;

const loadBefore = loadavg()[0] ?? Number.NaN;
const folder = mkdtempSync(join(tmpdir(), "muster-bench-"));
try {
  const policies = Array.from({ length: 10 }, (_, index) => policy(`target-${(index + 1) * 5}`, (index + 1) * 5));
  const first = policies[0] as string;
  const year = await median(["-f", first, "--arrivals", yearOfMinutes()]);
  const inventedYear = await median(["-f", first, "--traffic", "daily:low=50,high=1000,for=365d"]);
  const traffic =
    values.worldcup === undefined
      ? ["--traffic", `weekly:low=100,high=3000,for=${DAYS}d`]
      : ["--arrivals", values.worldcup, "--share", "0.1"];
  const ten = await measureCommand(["-f", ...policies, ...traffic]);
  const decisions = decisionsPerSecond();
  const rows = [
    yearRow("a year of minutes from a CSV file, one policy", year),
    yearRow("a year of invented minutes, one policy", inventedYear),
    row(
      `ten policies, ${values.worldcup === undefined ? `${DAYS} days of minutes` : "World Cup 1998"}`,
      ten,
      ten.seconds <= TEN_POLICIES_SECONDS,
      "<= 15 s",
    ),
    ...Object.entries(decisions).map(([name, rate]) => ({
      name: `decisions a second, ${name}`,
      measured: `${(rate / 1e6).toFixed(2)} million`,
      goal: ">= 1 million",
      met: rate >= LEAST_DECISIONS,
    })),
    {
      name: "decisions a second, WorkerAutoscaler whose drain rule learns from each look",
      measured: `${(drainDecisionsPerSecond() / 1e6).toFixed(2)} million`,
      goal: "none",
      met: true,
    },
  ];
  for (const { name, measured, goal, met } of rows)
    console.log(`${met ? "met   " : "MISSED"} ${name}: ${measured} (${goal})`);
  const machine = {
    cores: availableParallelism(),
    processor: cpus()[0]?.model,
    node: process.version,
    commit: commit(),
    loadBefore,
  };
  writeFileSync(values.save, `${JSON.stringify({ at: new Date().toISOString(), machine, rows }, null, 2)}\n`);
  console.log(`saved in ${values.save}; load before: ${loadBefore.toFixed(1)}`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Of three runs the one in the middle: the machines are noisy. */
async function median(words: readonly string[]): Promise<Measured> {
  const runs: Measured[] = [];
  for (let run = 0; run < 3; run += 1) runs.push(await measureCommand(words));
  return runs.sort((one, other) => one.seconds - other.seconds)[1] as Measured;
}

function yearRow(name: string, measured: Measured) {
  const isMet = measured.seconds <= YEAR.seconds && measured.mebibytes <= YEAR.mebibytes;
  return row(name, measured, isMet, "<= 2 s, <= 200 MiB");
}

/** 50 to 1,000 messages in a minute, by the hour of the day. */
function yearOfMinutes(): string {
  const file = join(folder, "year.csv");
  const rows = Array.from({ length: 365 * 1_440 }, (_, minute) => {
    const share = (1 - Math.cos((2 * Math.PI * minute) / 1_440)) / 2;
    const time = new Date(Date.UTC(2025, 0, 1) + minute * 60_000).toISOString();
    return `${time},${Math.round(50 + 950 * share + ((minute * 7_919) % 41))}`;
  });
  writeFileSync(file, `time,count\n${rows.join("\n")}\n`);
  return file;
}

function row(name: string, { seconds, cpuSeconds, mebibytes }: Measured, met: boolean, goal: string) {
  const measured = `${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of CPU), ${mebibytes.toFixed(0)} MiB at most`;
  return { name, measured, goal, met };
}

function policy(name: string, messagesPerWorker: number): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: "k8s.practo.dev/v1",
      kind: "WorkerPodAutoScaler",
      metadata: { name },
      spec: {
        minReplicas: 0,
        maxReplicas: 500,
        targetMessagesPerWorker: messagesPerWorker,
        deploymentName: name,
        queueURI: "https://sqs.ap-south-1.amazonaws.com/000000000000/jobs",
      },
    }),
  );
  return file;
}

function commit(): string {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
}
