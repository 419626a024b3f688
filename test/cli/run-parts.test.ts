import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RunFlags } from "../../src/cli/run-flags.ts";
import { type OpenJournal, openJournal } from "../../src/cli/run-parts.ts";
import type { Log } from "../../src/controller/log.ts";
import { decide } from "../../src/core/index.ts";
import { runMuster } from "../support/muster.ts";
import { queueSituation } from "../support/situations.ts";
import { eventually } from "../support/waiting.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-run-journal-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A process that begins later than what was decided so far. */
async function begunLater(path: string) {
  const before = Date.now();
  await eventually(async () => assert.ok(Date.now() > before));
  return begun(path);
}

function begun(path: string): OpenJournal & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const log = { debug: () => undefined, info: () => undefined, warn, error: warn } as unknown as Log;
  const flags = { dryRun: false, journal: path, journalMaxBytes: 1 << 20, journalFiles: 3 } as RunFlags;
  return { ...openJournal(flags, log), warnings };
}

function note({ journal }: OpenJournal, value: number): void {
  const situation = { ...queueSituation({ value }, 8), now: Date.now() };
  journal.decided(situation, decide(situation));
}

const valuesOf = ({ journal }: OpenJournal) => journal.entries({ limit: 100 }).map(({ signals }) => signals[0]?.value);

test("a process answers with what an earlier one decided, and continues its file", async () => {
  const path = join(folder, "journal.jsonl");
  const first = begun(path);
  note(first, 11);
  await first.close();
  const second = await begunLater(path);
  assert.deepEqual(valuesOf(second), [], "the file is not read before somebody asks");
  await second.past();
  assert.deepEqual(valuesOf(second), [11]);
  note(second, 22);
  assert.deepEqual(valuesOf(second), [11, 22]);
  await second.close();
  const third = await begunLater(path);
  note(third, 33);
  await third.past();
  assert.deepEqual(valuesOf(third), [11, 22, 33], "asked late, it answers with all of them once");
  await third.close();
  assert.deepEqual([...first.warnings, ...second.warnings, ...third.warnings], []);
});

test("writes to a pipe and does not read earlier decisions from it", async () => {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const recorded = begun(path);
  note(recorded, 11);
  await recorded.past();
  await recorded.close();
  assert.deepEqual(recorded.warnings, []);
});

test("reports a journal that cannot be read or written, and keeps decisions in memory", async () => {
  const path = join(folder, "folder");
  mkdirSync(path);
  const recorded = begun(path);
  note(recorded, 11);
  await eventually(async () => assert.deepEqual(recorded.warnings, ["The journal cannot be written"]));
  assert.deepEqual(valuesOf(recorded), [11]);
  await recorded.close();
});

test("a wrong receiver, type or source of notifications is said in words, without the address", async () => {
  for (const [words, message] of [
    [
      ["--notify", "https://a.example/x,secret-word"],
      /^muster: --notify: expected addresses such as .*; address 2 is not a URL$/m,
    ],
    [
      ["--notify-types", "scaled,everything"],
      /^muster: expected --notify-types of scaled, at-max, .*, got everything$/m,
    ],
    [["--notify-source", ""], /^muster: --notify-source: expected a URI or a path such as \/muster, got ""$/m],
  ] as const) {
    const { status, stderr } = await runMuster(["run", "--kube-config", "/nonexistent", ...words]);
    assert.equal(status, 2);
    assert.match(stderr, message);
    assert.ok(!stderr.includes("secret-word"), stderr);
  }
});
