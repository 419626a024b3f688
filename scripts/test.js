// Runs the compiled tests with Node's own runner: all of them, or those whose path contains an argument.
//   node scripts/test.js [PART-OF-PATH...]
// MUSTER_TEST_NO_SKIP=1 makes a skipped test a failure, except those that need what MUSTER_TEST_ALLOW_SKIP lists.
import { randomUUID } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { endLeftovers } from "./leftovers.js";

/** A file that takes longer hangs: generous, for servers that start on a busy machine. */
const FILE_TIMEOUT_MS = 180_000;

const wanted = process.argv.slice(2);
const files = readdirSync("build/test", { recursive: true })
  .map((file) => join("build/test", String(file)))
  .filter((file) => file.endsWith(".test.js"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  process.stderr.write(`expected a test file whose path contains ${wanted.join(" or ")}, found none\n`);
  process.exit(1);
}

// Test files inherit these: readable stack traces, and the mark by which servers left behind are found.
process.execArgv.push("--enable-source-maps");
process.env.MUSTER_TEST_RUN = randomUUID();

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());

const count = { passed: 0, failed: 0 };
const skipped = [];
const failed = [];
const startedAt = Date.now();
const stream = run({
  files,
  concurrency: Math.max(2, availableParallelism()),
  timeout: FILE_TIMEOUT_MS,
  signal: interrupted.signal,
});
stream.on("test:pass", (test) => {
  if (test.skip !== undefined) skipped.push(`${test.name}: ${test.skip}`);
  else if (test.details.type !== "suite") count.passed += 1;
});
stream.on("test:fail", (test) => {
  // A parent fails along with its children, which were counted already.
  if (test.details.error?.failureType === "subtestsFailed") return;
  count.failed += 1;
  failed.push(`${test.name} (${test.file ?? "file"}:${test.line ?? "?"})`);
});
for await (const text of stream.compose(new spec())) process.stdout.write(text);

const leftovers = await endLeftovers(process.env.MUSTER_TEST_RUN);
const forbidden = process.env.MUSTER_TEST_NO_SKIP === "1" ? skipped.filter((skip) => !isAllowed(skip)) : [];
const ok = count.failed + forbidden.length + leftovers.length === 0 && !interrupted.signal.aborted && count.passed > 0;
writeFileSync("build/test-summary.json", `${JSON.stringify({ ...count, skipped: skipped.length, ok })}\n`);
process.stdout.write(summary());
process.exitCode = ok ? 0 : 1;

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
