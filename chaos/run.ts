// Does faults to the real program on a real API server and prints what happened:
//   node chaos/run.ts [--only NAME,NAME] [--rounds 20]
// KUBEBUILDER_ASSETS says where etcd and kube-apiserver are. Everything stays on loopback.
import { parseArgs } from "node:util";
import { controlPlaneSkip } from "../test/support/control-plane.ts";
import type { Outcome, Situation } from "./situation.ts";
import { deletedDuringOutage } from "./situations/deleted-during-outage.ts";
import { frozenLeader } from "./situations/frozen-leader.ts";
import { frozenReserve } from "./situations/frozen-reserve.ts";
import { hostileAnswers } from "./situations/hostile-answers.ts";
import { hostileYaml } from "./situations/hostile-yaml.ts";
import { killAfterScaling } from "./situations/kill-after-scaling.ts";
import { killedLeader } from "./situations/killed-leader.ts";
import { restartedContainer } from "./situations/restarted-container.ts";
import { retryAfter } from "./situations/retry-after.ts";
import { sigterm } from "./situations/sigterm.ts";
import { slowApi } from "./situations/slow-api.ts";
import { tubesRestart } from "./situations/tubes-restart.ts";
import { wipedEtcd } from "./situations/wiped-etcd.ts";

const SITUATIONS: readonly Situation[] = [
  frozenLeader,
  killedLeader,
  restartedContainer,
  retryAfter,
  slowApi,
  frozenReserve,
  sigterm,
  tubesRestart,
  hostileAnswers,
  hostileYaml,
  killAfterScaling,
  deletedDuringOutage,
  wipedEtcd,
];

const { values } = parseArgs({ options: { only: { type: "string" }, rounds: { type: "string" } } });
const chosen = values.only?.split(",").map(situationNamed) ?? SITUATIONS;
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const skip = controlPlaneSkip(["etcd", "kube-apiserver"]);
if (skip !== false) fail(skip);
if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
  fail(`expected a positive whole number for --rounds, got "${values.rounds}"`);
}

const lines: string[] = [];
for (const situation of chosen) {
  const startedAt = performance.now();
  const progress = (line: string) => console.error(`${situation.name}: ${line}`);
  progress(situation.about);
  const { seen, held } = await outcomeOf(situation, progress);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  lines.push(`| ${situation.name} | ${situation.expected} | ${seen} | ${held ? "held" : "FAILED"} | ${seconds} s |`);
  if (!held) process.exitCode = 1;
}
console.log(["| situation | expected | seen | | took |", "|---|---|---|---|---|", ...lines].join("\n"));

async function outcomeOf(situation: Situation, progress: (line: string) => void): Promise<Outcome> {
  try {
    return await situation.run({ rounds, progress });
  } catch (error) {
    return {
      seen: `could not run: ${error instanceof Error ? error.message.slice(0, 2_000) : String(error)}`,
      held: false,
    };
  }
}

function situationNamed(name: string): Situation {
  const situation = SITUATIONS.find((one) => one.name === name);
  return situation ?? fail(`expected a situation of ${SITUATIONS.map((one) => one.name).join(", ")}, got "${name}"`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
