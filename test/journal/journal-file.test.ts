import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
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
  journal.decide(3, 5_500);
  mkdirSync(join(folder, "missing"));
  await journal.file.close();
  assert.deepEqual(journal.troubles.slice(1), [undefined]);
  const { values } = await valuesIn(path);
  assert.equal(values.at(-1), 5_499);
  assert.ok(values.length <= 5_000, `${values.length}`);
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
  const newest = await readJournal(path, () => true, 5);
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
