import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Autoscaler, Parsed, Problem } from "../../src/core/index.ts";
import { folderFeed } from "../../src/feeds/folder-feed.ts";

/** A format for the test: the whole text is the autoscaler's name; "broken" is a problem. */
function parse(text: string, path: string): Parsed {
  const name = text.trim();
  if (name === "broken") return refuse(path, [{ path: "kind", message: "expected good, got broken" }]);
  const origin = { kind: "Test", namespace: "", name, file: path };
  return { autoscaler: { id: `Test/${path}`, origin } as unknown as Autoscaler, memory: {}, problems: [] };
}

function refuse(path: string, problems: readonly Problem[]): Parsed {
  return { id: `Test/${path}`, origin: { kind: "Test", namespace: "", name: path, file: path }, problems };
}

async function watchFolder(t: TestContext, pattern?: string) {
  const folder = await mkdtemp(join(tmpdir(), "muster-folder-"));
  const kept = new Map<string, Parsed>();
  const warnings: string[] = [];
  const stop = new AbortController();
  t.after(async () => {
    stop.abort();
    await rm(folder, { recursive: true });
  });
  const start = async () => {
    const feed = folderFeed({
      pattern: pattern === undefined ? folder : join(folder, pattern),
      parse,
      refuse,
      everySeconds: 0.02,
      warn: (message) => warnings.push(message),
    });
    const sink = {
      keep: (parsed: Parsed) => void kept.set("autoscaler" in parsed ? parsed.autoscaler.id : parsed.id, parsed),
      forget: (id: string) => void kept.delete(id),
    };
    await feed.start(sink, stop.signal).synced;
  };
  const id = (file: string) => `Test/${join(folder, file)}`;
  return { folder, kept, warnings, start, id };
}

/** Waits until something is so, for at most ten seconds. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isSo(); await sleep(5)) {
    if (Date.now() > end) assert.fail(`expected within ten seconds: ${what}`);
  }
}

const nameOf = (parsed: Parsed | undefined) =>
  parsed !== undefined && "autoscaler" in parsed ? parsed.autoscaler.origin.name : undefined;

test("keeps a folder's files before it is synced, and later files as they appear", async (t) => {
  const { folder, kept, start, id } = await watchFolder(t);
  await writeFile(join(folder, "a.yaml"), "one");
  await writeFile(join(folder, "notes.txt"), "not ours");
  await start();
  assert.deepEqual([...kept.keys()], [id("a.yaml")]);
  await writeFile(join(folder, "b.yml"), "two");
  await until("the new file is kept", () => kept.size === 2);
});

test("an edit replaces, a broken edit keeps the last good version with a warning, a removal forgets", async (t) => {
  const { folder, kept, start, id } = await watchFolder(t);
  const file = join(folder, "a.yaml");
  await writeFile(file, "one");
  await start();
  await writeFile(file, "another");
  await until("the edit is seen", () => nameOf(kept.get(id("a.yaml"))) === "another");
  await writeFile(file, "broken");
  await until("the broken edit is said", () => (kept.get(id("a.yaml"))?.problems.length ?? 0) > 0);
  assert.equal(nameOf(kept.get(id("a.yaml"))), "another");
  assert.match(JSON.stringify(kept.get(id("a.yaml"))?.problems), /expected good, got broken.*last good version stays/);
  await writeFile(file, "mended");
  await until("the mended file counts", () => nameOf(kept.get(id("a.yaml"))) === "mended");
  assert.equal(kept.get(id("a.yaml"))?.problems.length, 0);
  await unlink(file);
  await until("the removal is seen", () => kept.size === 0);
});

test("notices the symlink swap of a mounted ConfigMap", async (t) => {
  const { folder, kept, start, id } = await watchFolder(t);
  await mkdir(join(folder, "..2026_1"));
  await writeFile(join(folder, "..2026_1", "a.yaml"), "one");
  await symlink("..2026_1", join(folder, "..data"));
  await symlink("..data/a.yaml", join(folder, "a.yaml"));
  await start();
  assert.equal(nameOf(kept.get(id("a.yaml"))), "one");
  await mkdir(join(folder, "..2026_2"));
  await writeFile(join(folder, "..2026_2", "a.yaml"), "two");
  await symlink("..2026_2", join(folder, "..data_tmp"));
  await rename(join(folder, "..data_tmp"), join(folder, "..data"));
  await until("the swapped content is kept", () => nameOf(kept.get(id("a.yaml"))) === "two");
});

test("a dangling link and a huge file are problems of that file alone", async (t) => {
  const { folder, kept, start, id } = await watchFolder(t);
  await writeFile(join(folder, "good.yaml"), "one");
  await symlink("nowhere", join(folder, "dangling.yaml"));
  await writeFile(join(folder, "giant.yaml"), "");
  await truncate(join(folder, "giant.yaml"), 100 * 1024 * 1024);
  await start();
  assert.equal(nameOf(kept.get(id("good.yaml"))), "one");
  assert.match(kept.get(id("dangling.yaml"))?.problems[0]?.message ?? "", /link to a file that does not exist/);
  assert.match(kept.get(id("giant.yaml"))?.problems[0]?.message ?? "", /at most 262144 bytes, got 104857600/);
});

test("a glob selects files, and an empty folder is reported once", async (t) => {
  const { folder, kept, warnings, start, id } = await watchFolder(t, "*.phpa.yaml");
  await start();
  await until("the empty folder is said", () => warnings.length > 0);
  await writeFile(join(folder, "a.phpa.yaml"), "one");
  await writeFile(join(folder, "b.yaml"), "two");
  await until("the named file is kept", () => kept.has(id("a.phpa.yaml")));
  assert.deepEqual([warnings.length, kept.size], [1, 1]);
});

test("refuses a file that is too large, or has thousands of fields, without parsing it", async (t) => {
  const { folder, kept, start, id } = await watchFolder(t);
  await writeFile(join(folder, "large.yaml"), "x".repeat(256 * 1024 + 1));
  await writeFile(join(folder, "many.yaml"), "a: 1\n".repeat(20_000));
  await start();
  const problemOf = (file: string) => kept.get(id(file))?.problems[0]?.message;
  assert.equal(problemOf("large.yaml"), "expected at most 262144 bytes, got 262145");
  assert.equal(problemOf("many.yaml"), "expected some dozens of fields, got thousands");
});
