// Does faults to the real program on a real API server and prints what happened:
//   node chaos/run.ts [--only NAME,NAME] [--rounds 20]
// KUBEBUILDER_ASSETS says where etcd and kube-apiserver are. Everything stays on loopback.
import { readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { controlPlaneSkip } from "../test/support/control-plane.ts";
import { type Outcome, type Situation, secondsSince, withScene } from "./situation.ts";

const NAMES = readdirSync(new URL("situations", import.meta.url)).map((file) => file.replace(".ts", ""));
const { values } = parseArgs({ options: { only: { type: "string" }, rounds: { type: "string" } } });
const chosen = values.only?.split(",") ?? NAMES.sort();
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const unknown = chosen.find((name) => !NAMES.includes(name));
if (unknown !== undefined) fail(`expected a situation of ${NAMES.join(", ")}, got "${unknown}"`);
if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
  fail(`expected a positive whole number for --rounds, got "${values.rounds}"`);
}
const skip = controlPlaneSkip(["etcd", "kube-apiserver"]);
if (skip !== false) fail(skip);

const lines: string[] = [];
for (const name of chosen) {
  const { default: situation } = (await import(`./situations/${name}.ts`)) as { default: Situation };
  const startedAt = performance.now();
  const progress = (line: string) => console.error(`${name}: ${line}`);
  progress(situation.about);
  const { seen, held } = await play(situation, progress);
  const seconds = secondsSince(startedAt).toFixed(0);
  lines.push(`| ${name} | ${situation.expected} | ${seen} | ${held ? "held" : "FAILED"} | ${seconds} s |`);
  progress(`${held ? "held" : "FAILED"}: ${seen}`);
  if (!held) process.exitCode = 1;
}
console.log(["| situation | expected | seen | | took |", "|---|---|---|---|---|", ...lines].join("\n"));

async function play(situation: Situation, progress: (line: string) => void): Promise<Outcome> {
  try {
    const options = { rounds: rounds ?? situation.rounds ?? 1, progress };
    return await withScene((scene) => situation.play(scene, options), situation.cluster);
  } catch (error) {
    const because = error instanceof Error ? error.message.slice(0, 2_000) : String(error);
    return { seen: `could not run: ${because}`, held: false };
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
