import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Log } from "../../src/controller/log.ts";
import type { Parsed } from "../../src/core/index.ts";
import { parsePhpaFile, phpaFeed } from "../../src/feeds/phpa-feed.ts";

const silent = () => undefined;
const SILENT: Log = { debug: silent, info: silent, warn: silent, error: silent };

test("a large PHPA file is parsed in a thread, to the same autoscaler or problems", { timeout: 60_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "muster-phpa-feed-"));
  const stop = new AbortController();
  t.after(async () => {
    stop.abort();
    await rm(folder, { recursive: true });
  });
  const good = `${await readFile("examples/phpa.yaml", "utf8")}\n${"# a comment of some length\n".repeat(1_000)}`;
  const bad = Array.from({ length: 4_000 }, (_, index) => `key${index}: 1`).join("\n");
  for (const [name, text] of Object.entries({ good, bad })) {
    assert.ok(text.length > 16 * 1024);
    await writeFile(join(folder, `${name}.yaml`), text);
  }
  const kept = new Map<string, Parsed>();
  const sink = {
    keep: (parsed: Parsed) => void kept.set("autoscaler" in parsed ? parsed.autoscaler.id : parsed.id, parsed),
    forget: (id: string) => void kept.delete(id),
  };
  await phpaFeed(folder, SILENT).start(sink, stop.signal).synced;
  for (const [name, text] of Object.entries({ good, bad })) {
    const file = join(folder, `${name}.yaml`);
    const here = parsePhpaFile(text, file);
    const there = kept.get(`PHPAConfig/${file}`);
    assert.deepEqual(there?.problems, here.problems);
    assert.deepEqual(
      there !== undefined && "autoscaler" in there && there.autoscaler,
      "autoscaler" in here && here.autoscaler,
    );
  }
});
