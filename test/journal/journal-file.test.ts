import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { JournalFile, PendingLines } from "../../src/journal/journal-file.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import { assertPrintable, HOSTILE } from "../support/hostile-text.ts";
import { NOW, queueSituation } from "../support/situations.ts";
import { eventually } from "../support/waiting.ts";
import { numbers, valuesIn, writtenJournal } from "../support/written-journal.ts";

const situation = queueSituation({ value: 3 }, 8);
const folder = mkdtempSync(join(tmpdir(), "muster-journal-file-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("decisions are in the file once it is closed, and soon without that", async () => {
  const path = join(folder, "plain");
  const journal = writtenJournal(path);
  journal.decide(1, 4);
  await eventually(async () => assert.deepEqual((await valuesIn(path)).values, [1, 2, 3]));
  journal.decide(4, 6);
  await journal.file.close();
  journal.decide(6, 7);
  assert.deepEqual(await valuesIn(path), { values: [1, 2, 3, 4, 5], skipped: 0 });
  assert.deepEqual(journal.troubles, []);
});

test("rotates a file that has grown, keeps the set number of files, and reads all in order", async () => {
  const path = join(folder, "rotated");
  const journal = writtenJournal(path, { maxBytes: 4_096, files: 3 });
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

test("starts a single file again when it has grown", async () => {
  const path = join(folder, "single");
  const journal = writtenJournal(path, { maxBytes: 4_096, files: 1 });
  journal.decide(1, 41);
  await journal.file.close();
  assert.equal(readdirSync(folder).filter((name) => name.startsWith("single")).length, 1);
  assert.equal((await valuesIn(path)).values.at(-1), 40);
});

test("control characters and hidden ones are escaped in the file, and read back as they were", async () => {
  const path = join(folder, "hostile");
  const written = writtenJournal(path);
  new Journal({ write: (entry) => written.file.write({ ...entry, id: HOSTILE }) }).decided(
    situation,
    decide(situation),
  );
  await written.file.close();
  assertPrintable(readFileSync(path, "utf8"));
  const { entries } = await readJournal(path, () => true);
  assert.equal(entries[0]?.id, HOSTILE);
});

test("skips a line that was cut off, and starts the next entry on a new line", async () => {
  const path = join(folder, "torn");
  const first = writtenJournal(path);
  first.decide(1, 3);
  await first.file.close();
  appendFileSync(path, readFileSync(path, "utf8").slice(0, 100));
  assert.deepEqual(await valuesIn(path), { values: [1, 2], skipped: 1 });
  const second = writtenJournal(path);
  second.decide(3, 5);
  await second.file.close();
  assert.deepEqual(await valuesIn(path), { values: [1, 2, 3, 4], skipped: 1 });
});

test("reports a failing disk once; waiting entries are bounded, and are written when it works again", async () => {
  const path = join(folder, "missing", "journal");
  const journal = writtenJournal(path);
  journal.decide(1, 3);
  await eventually(async () => assert.equal(journal.troubles.length, 1));
  assert.match(journal.troubles[0] ?? "", /ENOENT/);
  journal.decide(3, 500);
  mkdirSync(join(folder, "missing"));
  await journal.file.close();
  assert.deepEqual(journal.troubles.slice(1), [undefined]);
  assert.deepEqual((await valuesIn(path)).values, numbers(1, 500));
});

test("drops and counts the oldest waiting lines when there is no room", () => {
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

test("writes the final state of ten thousand autoscalers' decisions when the process ends", async () => {
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

test("writes to a pipe and never renames it", async () => {
  const journal = writtenJournal("/dev/null", { maxBytes: 4_096 });
  journal.decide(1, 50);
  await journal.file.close();
  assert.deepEqual(journal.troubles, []);
});

test("reports a file that cannot be created at once, before any decision", async () => {
  const journal = writtenJournal(join(folder, "nowhere", "journal"));
  journal.file.begin();
  await eventually(async () => assert.match(journal.troubles[0] ?? "", /ENOENT/));
  await journal.file.close();
});
