// Rehearses the drain rule against other policies, on invented traffic and on the recordings of a folder, in one process:
//   node bench/policies/run.ts [--traces FOLDER] [--held-out] [--only PART-OF-NAME] [--rules PART,PART] [--seeds 3] [--days 20] [--save FILE]
// --save adds to what FILE holds: a row that is played again replaces the old one. --print FILE plays nothing.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { contenders } from "./contenders.ts";
import { contest, type Score, stageOf } from "./contest.ts";
import { heldOut } from "./held-out.ts";
import { type Contested, findings, table } from "./table.ts";
import { invented, recorded } from "./traffics.ts";

const { values } = parseArgs({
  options: {
    traces: { type: "string" },
    "held-out": { type: "boolean", default: false },
    only: { type: "string", default: "" },
    rules: { type: "string", default: "" },
    seeds: { type: "string", default: "1" },
    days: { type: "string" },
    save: { type: "string" },
    print: { type: "string" },
  },
});

const file = values.print ?? values.save;
const results: Contested[] =
  file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).results : [];
if (values.print === undefined) await play();
const shown = results.filter(({ scene }) => scene.name.includes(values.only));
if (values.print !== undefined) {
  for (const result of shown)
    console.log(`\n${result.scene.name}: objective ${result.scene.objectiveSeconds} s\n\n${table(result.scores)}`);
}
console.log("\nWhere the drain rule misses what it promises:\n");
for (const result of shown) console.log(`- ${result.scene.name}: ${findings(result).join("; ") || "nowhere"}`);
if (values.save !== undefined) save(values.save);

async function play(): Promise<void> {
  const scenes = [
    ...(values["held-out"] ? heldOut() : invented()),
    ...(values.traces === undefined ? [] : await recorded(values.traces)),
  ].filter(({ name }) => name.includes(values.only));
  if (scenes.length === 0) throw new Error(`expected a traffic with "${values.only}" in its name, got none`);
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  const rules = values.rules.split(",");
  for (const scene of scenes) {
    const began = performance.now();
    const { name, objectiveSeconds, serviceSeconds } = scene;
    const stage = stageOf(scene, values.days === undefined ? undefined : Number(values.days));
    const scores = contenders(scene)
      .filter((contender) => rules.some((rule) => contender.name.startsWith(rule)))
      .map((contender) => contest(stage, contender, seeds));
    note({ name, objectiveSeconds, serviceSeconds }, scores);
    console.log(`\n${name}: objective ${objectiveSeconds} s (${Math.round((performance.now() - began) / 1000)} s)\n`);
    console.log(table(scores));
    if (values.save !== undefined) save(values.save);
  }
}

function note(scene: Contested["scene"], scores: readonly Score[]): void {
  const index = results.findIndex((one) => one.scene.name === scene.name);
  const before = results[index]?.scores ?? [];
  const isOld = ({ policy }: Score) => !scores.some((score) => score.policy === policy);
  const result = { scene, scores: [...scores, ...before.filter(isOld)] };
  if (index === -1) results.push(result);
  else results[index] = result;
}

function save(to: string): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model, node: process.version, commit };
  const misses = results.map((result) => ({ traffic: result.scene.name, misses: findings(result) }));
  writeFileSync(to, `${JSON.stringify({ at: new Date().toISOString(), machine, results, misses }, null, 2)}\n`);
  // The formatter knows the files of this folder only.
  if (!relative(".", to).startsWith("..")) {
    execFileSync("node_modules/.bin/biome", ["format", "--write", to], { stdio: "ignore" });
  }
}
