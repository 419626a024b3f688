// Rehearses the drain rule against other policies, on invented traffic and on the recordings of a folder:
//   node bench/policies/run.ts [--traces FOLDER] [--only PART-OF-NAME] [--save FILE]
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { ALLOWED_SHARE, contest } from "./contest.ts";
import { type Contested, findings, percent } from "./findings.ts";
import { table } from "./table.ts";
import { invented, recorded } from "./traffics.ts";

const { values } = parseArgs({
  options: { traces: { type: "string" }, only: { type: "string" }, save: { type: "string" } },
});

const loadBefore = loadavg()[0] ?? Number.NaN;
const scenes = [...invented(), ...(values.traces === undefined ? [] : await recorded(values.traces))].filter(
  ({ name }) => name.includes(values.only ?? ""),
);
if (scenes.length === 0) throw new Error(`expected a traffic with "${values.only}" in its name, got none`);
const results: Contested[] = [];
for (const scene of scenes) {
  const began = performance.now();
  const scores = await contest(scene);
  const { name, objectiveSeconds, serviceSeconds } = scene;
  results.push({ scene: { name, objectiveSeconds, serviceSeconds }, scores });
  console.log(`\n${name}: objective ${objectiveSeconds} s (${Math.round((performance.now() - began) / 1000)} s)\n`);
  console.log(table(scores));
}

console.log(`\nWhere the drain rule loses (an objective is met if at most ${percent(ALLOWED_SHARE)} wait longer):\n`);
for (const result of results) {
  const lost = findings(result);
  console.log(`- ${result.scene.name}: ${lost.length === 0 ? "nowhere" : lost.join("; ")}`);
}

if (values.save !== undefined) {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = {
    cores: availableParallelism(),
    processor: cpus()[0]?.model,
    node: process.version,
    commit,
    loadBefore,
  };
  const lost = results.map((result) => ({ traffic: result.scene.name, loses: findings(result) }));
  const text = JSON.stringify({ at: new Date().toISOString(), machine, results, lost }, null, 2);
  writeFileSync(values.save, `${text}\n`);
  // Elsewhere the formatter is not at home.
  const isOurs = !relative(".", values.save).startsWith("..");
  if (isOurs) execFileSync("node_modules/.bin/biome", ["format", "--write", values.save], { stdio: "ignore" });
  console.log(`\nsaved in ${values.save}`);
}
