import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { decide } from "../../src/core/index.ts";
import { span } from "../../src/core/wording.ts";
import { Journal } from "../../src/journal/journal.ts";
import { assertPrintable, HARMLESS, HOSTILE } from "../support/hostile-text.ts";
import { runMuster } from "../support/muster.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { NOW, queueSituation } from "../support/situations.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-why-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A journal of queues of 10, 20, 30 and 40 messages, a minute after one another, for 2 workers. */
function journalFile(): string {
  const path = join(folder, "journal.jsonl");
  const lines: string[] = [];
  const journal = new Journal({ write: (entry) => lines.push(`${JSON.stringify(entry)}\n`) });
  for (const minute of [0, 1, 2, 3]) {
    const now = NOW + minute * 60_000;
    const situation = queueSituation({ value: 10 * (minute + 1), at: now - 1_000 }, 2, {
      memory: { lastScaleAt: NOW },
    });
    journal.decided({ ...situation, now }, decide({ ...situation, now }));
  }
  journal.failed("WorkerPodAutoScaler/shop/sms-sender", 4, "409: conflict");
  journal.close();
  writeFileSync(path, lines.join(""));
  return path;
}

const journal = journalFile();
const why = (...words: string[]) => runMuster(["why", ...words]);

test("explains a past decision from a file, in words with numbers", async () => {
  const { status, stdout, stderr } = await why("shop/sms-sender", "--journal", journal, "--at", "2024-06-01T12:00:30Z");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^WorkerPodAutoScaler\/shop\/sms-sender\n\n2 replicas, and 2 are right \(bounds 0 to 30\)\n/);
  assert.match(stdout, /^ {2}decided {2}2024-06-01T12:00:00.000Z, \d+ d.* ago$/m);
  assert.match(stdout, /^ {2}read {5}queue: 10, read 1 s before; asks for 1$/m);
  assert.match(
    stdout,
    /^ {2}rules {4}sizeForBacklog {5}2 -> 1 {2}10 messages at 10 per worker need 1 replica\n {11}coolDownScaleDown {2}1 -> 2 {2}the last scaling was 0 s ago/m,
  );
  assert.match(stdout, /^ {2}held by {2}CoolDown: /m);
  assert.match(stdout, /\(from the journal .*\)\n$/);
});

test("shows the last decisions, oldest first, with their outcomes", async () => {
  const { stdout } = await why("shop/sms-sender", "--journal", journal, "--last", "2");
  assert.match(stdout, /2 replicas, and 3 are wanted(?:.|\n)*2 replicas, and 4 are wanted/);
  assert.doesNotMatch(stdout, /2 are right/);
  assert.match(stdout, /^ {2}done {5}could not scale: 409: conflict$/m);
});

test("prints the whole explanation as JSON", async () => {
  const { stdout } = await why("shop/sms-sender", "--journal", journal, "-o", "json");
  const { id, entries, from } = JSON.parse(stdout);
  assert.equal(id, "WorkerPodAutoScaler/shop/sms-sender");
  assert.equal(from, `the journal ${journal}`);
  assert.deepEqual([entries.length, entries[0].signals[0].value, entries[0].desiredReplicas], [1, 40, 4]);
});

test("control characters in what a server said are escaped, as text and as JSON", async () => {
  const path = join(folder, "hostile.jsonl");
  writeFileSync(path, readFileSync(journal, "utf8").replace("409: conflict", JSON.stringify(HOSTILE).slice(1, -1)));
  const text = await why("shop/sms-sender", "--journal", path);
  assertPrintable(text.stdout);
  assert.ok(text.stdout.includes(`could not scale: ${HARMLESS}\n`), text.stdout);
  const json = await why("shop/sms-sender", "--journal", path, "-o", "json");
  assertPrintable(json.stdout);
  assert.equal(JSON.parse(json.stdout).entries[0].failure, HARMLESS);
});

test("reports user errors with what was expected, and status 2", async () => {
  for (const [words, message] of [
    [["a/b/c"], /expected NAMESPACE\/NAME, got "a\/b\/c"/],
    [["shop/x", "--last", "0"], /--last: expected a whole number from 1 to 1000, got "0"/],
    [
      ["shop/x", "--at", "noon"],
      /--at: expected a time such as 2026-01-02T03:04:05Z, or how long ago such as 15m, got "noon"/,
    ],
    [["shop/x", "--at", "5"], /--at: expected a time such as .*, got "5"/],
    [["shop/x", "--at", "2026-02-30"], /--at: expected a time such as .*, got "2026-02-30"/],
    [
      ["shop/sms-sender", "--journal", journal, "--at", "9998-01-01"],
      /--at: 9998-01-01T00:00:00.000Z has not come yet/,
    ],
    [["shop/x", "--server", "controller"], /--server: expected an address such as/],
    [
      ["shop/sms-sendr", "--journal", journal],
      /there is no autoscaler shop\/sms-sendr in .*did you mean shop\/sms-sender\?/,
    ],
    [
      ["shop/sms-sender", "--journal", journal, "--at", "2024-06-01T11:00:00Z"],
      /begins at 2024-06-01T12:00:00.000Z, and 2024-06-01T11:00:00.000Z is before that/,
    ],
    [["shop/sms-sender", "--journal", join(folder, "nowhere")], /nowhere: cannot be read: ENOENT/],
    [
      ["shop/sms-sender", "--journal", "package.json"],
      /package\.json: expected a journal as "muster run --journal" writes it, got \d+ other lines/,
    ],
    [["shop/sms-sender", "--journal", "/dev/null"], /\/dev\/null: no decision has been written to it yet/],
    [["shop/x", "--kube-config", join(folder, "nowhere")], /nowhere/],
  ] as const) {
    const { status, stderr } = await why(...words);
    assert.equal(status, 2, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});

test("reports a server that is not a controller, or one that stands by, with status 1", async () => {
  const other = await scriptedHttp(() => ({ body: { hello: "world" } }));
  const standby = await scriptedHttp(() => ({ body: { now: "", leader: false, autoscalers: [], entries: [] } }));
  try {
    const answers = await Promise.all([other, standby].map(({ url }) => why("shop/x", "--server", url)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [1, 1],
    );
    assert.match(answers[0]?.stderr ?? "", /could not be asked: the answer is not from muster run/);
    assert.match(answers[1]?.stderr ?? "", /could not be asked: it stands by, and only the process that leads/);
  } finally {
    await Promise.all([other.close(), standby.close()]);
  }
});

test("prints durations in two units", () => {
  assert.deepEqual([0, 59_000, 60_000, 598_000, 7_500_000, 86_400_000, 273_600_000].map(span), [
    "0 s",
    "59 s",
    "1 min",
    "9 min 58 s",
    "2 h 5 min",
    "1 d",
    "3 d 4 h",
  ]);
});
