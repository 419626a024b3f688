import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { JournalFile, type JournalFileOptions } from "../../src/journal/journal-file.ts";
import { PendingLines } from "../../src/journal/pending-lines.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import { NOW, queueSituation } from "../support/situations.ts";
import { eventually } from "../support/waiting.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-journal-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Opened {
  readonly file: JournalFile;
  readonly troubles: (string | undefined)[];
  /** Decides on queues of these lengths, a second after one another. */
  readonly decide: (from: number, to: number) => void;
}

function opened(path: string, options: Partial<JournalFileOptions> = {}): Opened {
  const troubles: (string | undefined)[] = [];
  const trouble = (because: string | undefined) => void troubles.push(because);
  const file = new JournalFile({ path, maxBytes: 1 << 20, files: 3, trouble, ...options });
  const journal = new Journal({ write: (entry) => file.write(entry) });
  return {
    ...{ file, troubles },
    decide(from, to) {
      for (let value = from; value < to; value += 1) {
        const situation = { ...queueSituation({ value }, 8), now: NOW + value * 1000 };
        journal.decided(situation, decide(situation));
      }
    },
  };
}

async function valuesIn(path: string) {
  const { entries, skipped } = await readJournal(path, () => true);
  return { values: entries.map(({ signals }) => signals[0]?.value), skipped };
}

function entryOfQueue() {
  const journal = new Journal();
  const situation = queueSituation({ value: 80 }, 8);
  journal.decided(situation, decide(situation));
  return journal.entries({ limit: 1 })[0];
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test("what was decided is in the file once it is closed, and sooner without that", async () => {
  const path = join(folder, "plain");
  const journal = opened(path);
  journal.decide(1, 4);
  await eventually(async () => assert.deepEqual((await valuesIn(path)).values, [1, 2, 3]));
  journal.decide(4, 6);
  await journal.file.close();
  journal.decide(6, 7);
  assert.deepEqual(await valuesIn(path), { values: [1, 2, 3, 4, 5], skipped: 0 });
  assert.deepEqual(journal.troubles, []);
});

test("a file that has grown is put aside, no more are kept than were asked for, and all are read in order", async () => {
  const path = join(folder, "rotated");
  const journal = opened(path, { maxBytes: 4_096, files: 3 });
  journal.decide(1, 101);
  await journal.file.close();
  const files = readdirSync(folder).filter((name) => name.startsWith("rotated"));
  assert.deepEqual(files.sort(), ["rotated", "rotated.1", "rotated.2"]);
  for (const name of files) assert.ok(statSync(join(folder, name)).size <= 4_096, name);
  const { values, skipped } = await valuesIn(path);
  assert.equal(skipped, 0);
  assert.ok(values.length > 5);
  assert.deepEqual(values, numbers(101 - values.length, 101));
});

test("one file alone is begun anew when it has grown", async () => {
  const path = join(folder, "single");
  const journal = opened(path, { maxBytes: 4_096, files: 1 });
  journal.decide(1, 41);
  await journal.file.close();
  assert.equal(readdirSync(folder).filter((name) => name.startsWith("single")).length, 1);
  assert.equal((await valuesIn(path)).values.at(-1), 40);
});

test("a line that was cut off in the middle is passed over, and the next one is not glued to it", async () => {
  const path = join(folder, "torn");
  const first = opened(path);
  first.decide(1, 3);
  await first.file.close();
  appendFileSync(path, readFileSync(path, "utf8").slice(0, 100));
  assert.deepEqual(await valuesIn(path), { values: [1, 2], skipped: 1 });
  const second = opened(path);
  second.decide(3, 5);
  await second.file.close();
  assert.deepEqual(await valuesIn(path), { values: [1, 2, 3, 4], skipped: 1 });
});

test("a disk that takes nothing is told once and harms nobody; what waits is bounded, and is written when it works", async () => {
  const path = join(folder, "missing", "journal");
  const journal = opened(path);
  journal.decide(1, 3);
  await eventually(async () => assert.equal(journal.troubles.length, 1));
  assert.match(journal.troubles[0] ?? "", /ENOENT/);
  journal.decide(3, 500);
  mkdirSync(join(folder, "missing"));
  await journal.file.close();
  assert.deepEqual(journal.troubles.slice(1), [undefined]);
  assert.deepEqual((await valuesIn(path)).values, numbers(1, 500));
});

test("what has no room while it waits is lost oldest first, and is counted", () => {
  const pending = new PendingLines(1_000);
  for (let index = 0; index < 200; index += 1) pending.add(`line ${String(index).padStart(4, "0")}\n`);
  const lost = pending.takeLost();
  const lines = pending.take();
  assert.ok(lines.length * 10 <= 1_000 && lines.length * 10 >= 900);
  assert.deepEqual([lost + lines.length, lines.at(-1), pending.takeLost()], [200, "line 0199\n", 0]);
  pending.add("newer\n");
  pending.putBack(["older\n"]);
  assert.deepEqual(pending.take(), ["older\n", "newer\n"]);
});

test("at the end of a process the ends of ten thousand autoscalers' decisions are all written", async () => {
  const path = join(folder, "many");
  const file = new JournalFile({ path, maxBytes: 1 << 30, files: 1, trouble: assert.ifError });
  const journal = new Journal({ write: (entry) => file.write(entry) });
  const situation = queueSituation({ value: 80 }, 8);
  const decision = decide(situation);
  for (let index = 0; index < 10_000; index += 1) {
    const autoscaler = { ...situation.autoscaler, id: `WorkerPodAutoScaler/shop/queue-${index}` };
    journal.decided({ ...situation, autoscaler }, decision);
    journal.decided({ ...situation, autoscaler, now: NOW + 1_000 }, decision);
  }
  journal.close();
  await file.close();
  const { entries } = await readJournal(path, () => true);
  assert.equal(entries.length, 10_000);
  assert.ok(entries.every(({ count }) => count === 2));
});

test("what is put aside while the journal is read is not missed", async () => {
  const path = join(folder, "moving");
  const journal = opened(path, { maxBytes: 8_192, files: 9 });
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

test("of a journal's last bytes what is whole is read", async () => {
  const path = join(folder, "tail");
  const journal = opened(path, { maxBytes: 4_096, files: 9 });
  journal.decide(1, 41);
  await journal.file.close();
  const { entries, skipped } = await readJournal(path, () => true, { mostBytes: 6_000 });
  const values = entries.map(({ signals }) => signals[0]?.value);
  assert.deepEqual(values, numbers(41 - values.length, 41));
  assert.ok(values.length > 3 && values.length < 20 && skipped <= 1, `${values.length}, ${skipped}`);
});

test("where there is no room for all, those that held last are kept, whenever they began", async () => {
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

test("what is no file, such as a pipe, is written to and never put aside", async () => {
  const journal = opened("/dev/null", { maxBytes: 4_096 });
  journal.decide(1, 50);
  await journal.file.close();
  assert.deepEqual(journal.troubles, []);
});

test("a file that is not there, and one that is no journal, are told apart", async () => {
  await assert.rejects(
    readJournal(join(folder, "nowhere"), () => true),
    /ENOENT/,
  );
  assert.deepEqual(await valuesIn("package.json"), {
    values: [],
    skipped: readFileSync("package.json", "utf8").trimEnd().split("\n").length,
  });
});

test("of a long journal the newest entries are kept, and the later word on each", async () => {
  const path = join(folder, "long.jsonl");
  const journal = opened(path);
  journal.decide(1, 500);
  await journal.file.close();
  const all = await readJournal(path, () => true);
  const newest = await readJournal(path, () => true, { most: 5 });
  assert.deepEqual(newest.entries, all.entries.slice(-5));
  assert.deepEqual([all.leftOut, newest.leftOut], [0, all.entries.length - 5]);
});

test("a file that cannot be made is told at once, before anything is decided", async () => {
  const journal = opened(join(folder, "nowhere", "journal"));
  journal.file.begin();
  await eventually(async () => assert.match(journal.troubles[0] ?? "", /ENOENT/));
  await journal.file.close();
});

test("a file that was compressed is read as it was", async () => {
  const path = join(folder, "compressed");
  const journal = opened(path);
  journal.decide(1, 4);
  await journal.file.close();
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  assert.deepEqual(await valuesIn(`${path}.gz`), { values: [1, 2, 3], skipped: 0 });
  writeFileSync(`${path}-cut.gz`, gzipSync(readFileSync(path)).subarray(0, 60));
  await assert.rejects(valuesIn(`${path}-cut.gz`), /unexpected end of file/);
});
