import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import { NOW, queueSituation } from "../support/situations.ts";
import { eventually } from "../support/waiting.ts";
import { numbers, valuesIn, writtenJournal } from "../support/written-journal.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-journal-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function entryOfQueue() {
  const journal = new Journal();
  const situation = queueSituation({ value: 80 }, 8);
  journal.decided(situation, decide(situation));
  return journal.entries({ limit: 1 })[0];
}

test("a rotation while the journal is read loses nothing", async () => {
  const path = join(folder, "moving");
  const journal = writtenJournal(path, { maxBytes: 8_192, files: 9 });
  journal.decide(1, 5);
  await eventually(async () => assert.equal((await valuesIn(path)).values.length, 4));
  const reading = readJournal(path, (entry) => {
    // By now it is being read.
    if (entry.signals[0]?.value === 1) {
      renameSync(path, `${path}.1`);
      writeFileSync(path, "");
    }
    return true;
  });
  assert.deepEqual(
    (await reading).entries.map(({ signals }) => signals[0]?.value),
    [1, 2, 3, 4],
  );
  await journal.file.close();
});

test("reads the whole lines within a journal's last bytes", async () => {
  const path = join(folder, "tail");
  const journal = writtenJournal(path, { maxBytes: 4_096, files: 9 });
  journal.decide(1, 41);
  await journal.file.close();
  const { entries, skipped } = await readJournal(path, () => true, { mostBytes: 6_000 });
  const values = entries.map(({ signals }) => signals[0]?.value);
  assert.deepEqual(values, numbers(41 - values.length, 41));
  assert.ok(values.length > 3 && values.length < 20 && skipped <= 1, `${values.length}, ${skipped}`);
});

test("keeps the decisions that held last when there is no room for all", async () => {
  const path = join(folder, "held");
  const lines = [
    { name: "idle", from: 0, until: 500 },
    ...numbers(1, 400).map((second) => ({ name: "busy", from: second, until: second })),
    { name: "idle", from: 0, until: 600 },
  ];
  const entry = { ...entryOfQueue(), name: "", id: "" };
  const time = (second: number) => new Date(NOW + second * 1000).toISOString();
  const asLine = ({ name, from, until }: (typeof lines)[number]) =>
    JSON.stringify({ ...entry, id: name, name, at: time(from), until: time(until) });
  writeFileSync(path, `${lines.map(asLine).join("\n")}\n`);
  const { entries, leftOut } = await readJournal(path, () => true, { most: 3 });
  assert.deepEqual(
    entries.map(({ name, at }) => [name, at]),
    [
      ["idle", time(0)],
      ["busy", time(398)],
      ["busy", time(399)],
    ],
  );
  assert.ok(leftOut >= 397);
});

test("distinguishes a missing file from one that is not a journal", async () => {
  await assert.rejects(
    readJournal(join(folder, "nowhere"), () => true),
    /ENOENT/,
  );
  assert.deepEqual(await valuesIn("package.json"), {
    values: [],
    skipped: readFileSync("package.json", "utf8").trimEnd().split("\n").length,
  });
});

test("keeps the newest entries of a long journal, with the latest line of each", async () => {
  const path = join(folder, "long.jsonl");
  const journal = writtenJournal(path);
  journal.decide(1, 500);
  await journal.file.close();
  const all = await readJournal(path, () => true);
  const newest = await readJournal(path, () => true, { most: 5 });
  assert.deepEqual(newest.entries, all.entries.slice(-5));
  assert.deepEqual([all.leftOut, newest.leftOut], [0, all.entries.length - 5]);
});

test("a file that was compressed is read as it was", async () => {
  const path = join(folder, "compressed");
  const journal = writtenJournal(path);
  journal.decide(1, 4);
  await journal.file.close();
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  assert.deepEqual(await valuesIn(`${path}.gz`), { values: [1, 2, 3], skipped: 0 });
  writeFileSync(`${path}-cut.gz`, gzipSync(readFileSync(path)).subarray(0, 60));
  await assert.rejects(valuesIn(`${path}-cut.gz`), /unexpected end of file/);
});
