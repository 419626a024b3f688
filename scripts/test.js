// Runs the tests with Node's own runner: all of them, or those whose path contains an argument.
//   node scripts/test.js [PART-OF-PATH...]
// MUSTER_TEST_NO_SKIP=1 makes a skipped test a failure, except those that need what MUSTER_TEST_ALLOW_SKIP lists.
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { endLeftovers } from "./leftovers.js";

/** A file that takes longer hangs: generous, for servers that start on a busy machine. */
const FILE_TIMEOUT_MS = 600_000;
/** Files that run at the same time, for each processor: most of a test's time is waiting for servers and timers. */
const FILES_PER_PROCESSOR = 2;
/** More at a time would need much memory: each may have a control plane of its own. */
const MOST_AT_ONCE = 8;
/** Files in these folders take longest. They come first, so that no processor is idle at the end. */
const SLOW_FOLDERS = ["test/e2e", "test/cluster", "test/cli", "test/deploy", "packages"];

const wanted = process.argv.slice(2);
const folders = ["test", ...readdirSync("packages").map((name) => join("packages", name, "test"))];
const files = folders
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file))))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort((a, b) => Number(isSlow(b)) - Number(isSlow(a)) || a.localeCompare(b));
if (files.length === 0) {
  process.stderr.write(`expected a test file whose path contains ${wanted.join(" or ")}, found none\n`);
  process.exit(1);
}

// Test files inherit these: Node 22 warns that stripping types is experimental; what one process compiled the next one
// takes over; and the mark by which servers left behind are found.
process.execArgv.push("--disable-warning=ExperimentalWarning");
process.env.NODE_COMPILE_CACHE ??= "build/compile-cache";
process.env.MUSTER_TEST_RUN = randomUUID();

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());

const startedAt = Date.now();
const results = await runAll(files, Math.min(MOST_AT_ONCE, Math.max(2, FILES_PER_PROCESSOR * availableParallelism())));
const count = { passed: sum(results, "passed"), failed: sum(results, "failed") };
const skipped = results.flatMap((result) => result.skipped);
const failed = results.flatMap((result) => result.failures);

const leftovers = await endLeftovers(process.env.MUSTER_TEST_RUN);
const forbidden = process.env.MUSTER_TEST_NO_SKIP === "1" ? skipped.filter((skip) => !isAllowed(skip)) : [];
const ok = count.failed + forbidden.length + leftovers.length === 0 && !interrupted.signal.aborted && count.passed > 0;
mkdirSync("build", { recursive: true });
const slowestFirst = results.map(({ file, seconds }) => ({ file, seconds })).sort((a, b) => b.seconds - a.seconds);
writeFileSync(
  "build/test-summary.json",
  `${JSON.stringify({ ...count, skipped: skipped.length, ok, files: slowestFirst }, null, 2)}\n`,
);
process.stdout.write(summary());
process.exitCode = ok ? 0 : 1;

/** Runs `atOnce` files at a time; each file's report comes in one piece. */
async function runAll(paths, atOnce) {
  const waiting = [...paths];
  const done = [];
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined && !interrupted.signal.aborted; file = waiting.shift()) {
      done.push(await runFile(file));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}

async function runFile(file) {
  const result = { file, seconds: 0, passed: 0, failed: 0, skipped: [], failures: [] };
  const fileStartedAt = Date.now();
  const stream = run({ files: [file], timeout: FILE_TIMEOUT_MS, signal: interrupted.signal });
  stream.on("test:pass", (test) => {
    if (test.skip !== undefined) result.skipped.push(`${test.name}: ${test.skip}`);
    else if (test.details.type !== "suite") result.passed += 1;
  });
  stream.on("test:fail", (test) => {
    // A parent fails along with its children, which were counted already.
    if (test.details.error?.failureType === "subtestsFailed") return;
    result.failed += 1;
    result.failures.push(`${test.name} (${test.file ?? file}:${test.line ?? "?"})`);
  });
  let report = "";
  for await (const text of stream.compose(new spec())) report += text;
  process.stdout.write(report.replaceAll(/^ℹ .*\n/gm, ""));
  result.seconds = (Date.now() - fileStartedAt) / 1000;
  return result;
}

function isSlow(file) {
  return SLOW_FOLDERS.some((folder) => file.startsWith(folder));
}

function sum(all, what) {
  return all.reduce((total, result) => total + result[what], 0);
}

function isAllowed(skip) {
  const allowed = (process.env.MUSTER_TEST_ALLOW_SKIP ?? "").split(",").filter((what) => what !== "");
  return allowed.some((what) => skip.includes(`needs ${what}:`));
}

function summary() {
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const lines = [
    `${files.length} files, ${count.passed} passed, ${count.failed} failed, ${skipped.length} skipped, in ${seconds} s`,
  ];
  for (const name of failed) lines.push(`  failed: ${name}`);
  for (const skip of skipped)
    lines.push(`  skipped${forbidden.includes(skip) ? ", which MUSTER_TEST_NO_SKIP=1 forbids" : ""}: ${skip}`);
  for (const leftover of leftovers) lines.push(`  left running and ended now: ${leftover}`);
  return `\n${lines.join("\n")}\n`;
}
