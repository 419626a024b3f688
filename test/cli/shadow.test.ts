import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { decide } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { runMuster } from "../support/muster.ts";
import { NOW, queueSituation } from "../support/situations.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-shadow-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** By the hour: how many messages there were, and how many workers somebody else had given them. */
function journalOf(name: string, hours: readonly (readonly [number, number])[], mode: "DryRun" | "Active"): string {
  const path = join(folder, name);
  const lines: string[] = [];
  const journal = new Journal({ write: (entry) => lines.push(`${JSON.stringify(entry)}\n`) });
  hours.forEach(([value, workers], hour) => {
    const now = NOW + hour * 3_600_000;
    const { autoscaler, ...situation } = queueSituation({ value, at: now }, workers);
    const dry = { ...situation, autoscaler: { ...autoscaler, mode }, now };
    journal.decided(dry, decide(dry));
  });
  journal.close();
  writeFileSync(path, lines.join(""));
  return path;
}

const shadow = (...words: string[]) => runMuster(["shadow", "shop/sms-sender", ...words]);

test("replica-hours, scalings and extremes of both sides, and the greatest differences with their reasons", async () => {
  // Wanted are 10, 10, 2 and 2 workers; there were 4, 12, 12 and 2.
  const path = journalOf(
    "beside",
    [
      [100, 4],
      [100, 12],
      [20, 12],
      [20, 2],
    ],
    "DryRun",
  );
  const { status, stdout, stderr } = await shadow("--journal", path);
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /^WorkerPodAutoScaler\/shop\/sms-sender: 4 decisions in 3 h, 2024-06-01T12:00:00.000Z to 2024-06-01T15/,
  );
  assert.match(stdout, /^ {2}replica-hours +28 +22$/m);
  assert.match(stdout, /^ {2}scalings +2 +1$/m);
  assert.match(stdout, /^ {2}least +2 +2\n {2}most +12 +10$/m);
  const differences = stdout.split("\n").filter((line) => line.includes(" wanted, "));
  assert.deepEqual(differences, [
    "  2024-06-01T13:00:00.000Z, for 2 h, most at 2024-06-01T14:00:00.000Z: 12 actual, 2 wanted, backlog 20: 20 messages at 10 per worker need 2 replicas",
    "  2024-06-01T12:00:00.000Z, for 1 h: 4 actual, 10 wanted, backlog 100: 100 messages at 10 per worker need 10 replicas",
  ]);
  assert.match(stdout, /^ {2}backlog, mean +73\.33 +-$/m);
  assert.doesNotMatch(stdout, /not a dry run/);
});

test("busy workers that the other side stopped are bounded by what was in flight around its scale-downs", async () => {
  const entry = (at: string, until: string, currentReplicas: number, inFlight?: number) => ({
    ...{
      id: "WorkerPodAutoScaler/shop/sms-sender",
      kind: "WorkerPodAutoScaler",
      namespace: "shop",
      name: "sms-sender",
    },
    ...{
      profile: "worker-pod-autoscaler",
      mode: "DryRun",
      at: `2024-06-01T${at}:00Z`,
      until: `2024-06-01T${until}:00Z`,
    },
    ...{ count: 1, currentReplicas, desiredReplicas: 2, minReplicas: 0, maxReplicas: 20, direction: "down", steps: [] },
    ...{
      outcome: "DryRun",
      signals: [{ name: "queue", trust: "ok", value: 20, ...(inFlight !== undefined && { inFlight }) }],
    },
  });
  const journal = (name: string, entries: readonly object[]) => {
    writeFileSync(join(folder, name), entries.map((one) => `${JSON.stringify(one)}\n`).join(""));
    return join(folder, name);
  };
  // 10 -> 7 with 8 or 9 in flight: one at least, three at most. 7 -> 2 with 1 in flight: one at most. A rise stops nobody.
  const known = journal("in-flight", [
    entry("12:00", "12:10", 10, 9),
    entry("12:10", "12:20", 7, 8),
    entry("12:20", "12:30", 8, 1),
    entry("12:30", "12:40", 2, 0),
  ]);
  const { stdout } = await shadow("--journal", known);
  assert.match(stdout, /^ {2}busy stopped +1 to 4 +-$/m);
  assert.match(
    stdout,
    /Busy stopped: of 9 workers that 2 scale-downs stopped, at least 1 had messages, .* at most 4\./,
  );
  const { actual } = JSON.parse((await shadow("--journal", known, "-o", "json")).stdout);
  assert.deepEqual(actual.busyStopped, { falls: 2, unknownFalls: 0, stopped: 9, least: 1, most: 4 });
  // Two at once a worker: those that stayed could have had all of them.
  const wide = await shadow("--journal", known, "--concurrency", "2");
  assert.match(wide.stdout, /^ {2}busy stopped +0 to 4 +-$/m);
  const unknown = journal("no-in-flight", [entry("12:00", "12:10", 10), entry("12:10", "12:20", 7)]);
  const said = (await shadow("--journal", unknown)).stdout;
  assert.match(said, /^ {2}busy stopped +\? +-$/m);
  assert.match(said, /Busy stopped: For 1 scale-down no messages in flight were recorded\./);
});

test("as JSON it is the comparison as it is; what was no dry run is said", async () => {
  const path = journalOf(
    "active",
    [
      [100, 4],
      [100, 10],
    ],
    "Active",
  );
  const { wanted, actual, isDryRun, greatest } = JSON.parse((await shadow("--journal", path, "-o", "json")).stdout);
  assert.deepEqual([actual.replicaHours, wanted.replicaHours, isDryRun, greatest.length], [4, 10, false, 1]);
  assert.match((await shadow("--journal", path)).stdout, /\(not a dry run all the time: /);
});

test("only from then on, with the difference that goes on then", async () => {
  const path = journalOf(
    "since",
    [
      [100, 4],
      [100, 4],
      [20, 2],
    ],
    "DryRun",
  );
  const { stdout } = await shadow("--journal", path, "--since", "2024-06-01T13:30:00Z", "-o", "json");
  const { since, seconds, actual, greatest } = JSON.parse(stdout);
  assert.deepEqual([since, seconds, actual.replicaHours], ["2024-06-01T13:30:00.000Z", 1800, 2]);
  assert.deepEqual([greatest.length, greatest[0].from, greatest[0].seconds], [1, since, 1800]);
});

test("nobody to ask is status 1, an unknown name status 2", async () => {
  const nobody = await shadow("--server", "http://127.0.0.1:1");
  assert.equal(nobody.status, 1);
  assert.match(nobody.stderr, /could not be asked/);
  const path = journalOf("known", [[1, 1]], "DryRun");
  const unknown = await runMuster(["shadow", "shop/sms-sendr", "--journal", path]);
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /did you mean shop\/sms-sender\?/);
});

test("what is written wrongly is told with what was expected, and status 2", async () => {
  const path = journalOf("wrong", [[1, 1]], "DryRun");
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["--backlog", "queu"], /--backlog: expected a signal of queue, got "queu"/],
    [
      ["--since", "2030-01-01"],
      /--since: the last decision that was recorded held until 2024-\S+, and 2030-01-01T00:00:00.000Z is after/,
    ],
    [["--since", "yesterday"], /--since: expected a time such as .*, got "yesterday"/],
    [["--service-time", "0s"], /--service-time: expected a duration of 0.001 s or more/],
    [["--concurrency", "0"], /--concurrency: expected a whole number from 1 to/],
    [["-f", "no.yaml"], /no\.yaml/],
    [["--png", join(folder, "no", "shadow.png")], /--png: .* cannot be written: ENOENT/],
  ];
  for (const [words, expected] of cases) {
    const { status, stderr } = await shadow("--journal", path, ...words);
    assert.equal(status, 2, stderr);
    assert.match(stderr, expected);
  }
});
