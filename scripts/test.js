// Runs the compiled tests with Node's own runner: all of them, or those whose path contains an argument.
//   node scripts/test.js [PART-OF-PATH...]
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const wanted = process.argv.slice(2);
const files = readdirSync("build/test", { recursive: true })
  .map((file) => join("build/test", String(file)))
  .filter((file) => file.endsWith(".test.js"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`expected a test file whose path contains ${wanted.join(" or ")}, found none`);
  process.exit(1);
}
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
process.exit(run.status ?? 1);
