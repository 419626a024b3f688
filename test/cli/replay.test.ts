import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { decide, type Situation } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { journalEntry } from "../../src/journal/journal-entry.ts";
import { replayPolicy } from "../../src/lab/replay.ts";
import { runMuster } from "../support/muster.ts";
import { NOW, queueAutoscaler, queueSituation, trustedSituation } from "../support/situations.ts";
import { signalWith, workerAutoscaler } from "../support/worker-autoscalers.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-replay-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "journal.jsonl");
const manifest = join(folder, "next.yaml");

/** 40, 80 and 120 messages for 4 workers, an hour each, ten messages a worker; at last the queue cannot be read. */
function record(): void {
  const lines: string[] = [];
  const journal = new Journal({ write: (entry) => lines.push(`${JSON.stringify(entry)}\n`) });
  const failure = { kind: "Unavailable", message: "connection refused" } as const;
  [40, 80, 120, 120].forEach((value, hour) => {
    const now = NOW + hour * 3_600_000;
    const reading = { at: now, value };
    const signals = { queue: hour === 3 ? { reading, failure } : { reading } };
    const situation = { ...queueSituation({ value }, 4), signals, now };
    journal.decided(situation, decide(situation));
  });
  journal.close();
  writeFileSync(path, lines.join(""));
}

record();
writeFileSync(
  manifest,
  `apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata: { name: sms-sender, namespace: shop }
spec: { minReplicas: 0, maxReplicas: 6, targetMessagesPerWorker: 20, deploymentName: sms-sender, queueURI: "beanstalk://q:11300/sms" }
`,
);

test("what another policy would have decided, beside what was decided, with its reasons and sums", async () => {
  const { status, stdout, stderr } = await runMuster(["simulate", "-f", manifest, "--journal", path]);
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /^WorkerPodAutoScaler\/shop\/sms-sender: 4 recorded decisions; \* is another number than was decided\n/,
  );
  assert.match(stdout, /12:00:00.000Z {2}1 h +4 +4 +2\* {2}40 messages at 20 per worker need 2 replicas/);
  assert.match(stdout, /13:00:00.000Z {2}1 h +4 +8 +4\* {2}80 messages at 20/);
  assert.match(stdout, /^decided: 24 replica-hours asked for$/m);
  assert.match(stdout, /^sms-sender: 12 replica-hours asked for; another number in 4 of 4, for 3 h$/m);
});

test("as JSON, and by the name of another autoscaler", async () => {
  const words = ["simulate", "-f", manifest, "--journal", path, "--of", "shop/sms-sender", "-o", "json"];
  const { stdout, stderr } = await runMuster(words);
  assert.equal(stderr, "");
  const { rows, sums, policies } = JSON.parse(stdout);
  assert.deepEqual(policies, ["sms-sender"]);
  assert.deepEqual(
    rows.map((row: { decided: number; replayed: { desiredReplicas: number }[] }) => [
      row.decided,
      row.replayed[0]?.desiredReplicas,
    ]),
    [
      [4, 2],
      [8, 4],
      [12, 6],
      [12, 6],
    ],
  );
  assert.equal(sums[1].different, 4);
});

test("of autoscalers of one name and several kinds, --kind says which", async () => {
  const two = join(folder, "two.jsonl");
  const lines = readFileSync(path, "utf8");
  writeFileSync(two, lines + lines.replaceAll("WorkerPodAutoScaler", "WorkerAutoscaler"));
  const words = ["simulate", "-f", manifest, "--journal", two];
  const { status, stderr } = await runMuster(words);
  assert.deepEqual([status, /add --kind WorkerPodAutoScaler or --kind WorkerAutoscaler/.test(stderr)], [2, true]);
  const { stdout } = await runMuster([...words, "--kind", "WorkerAutoscaler"]);
  assert.match(stdout, /^WorkerAutoscaler\/shop\/sms-sender: 4 recorded decisions/);
});

test("a journal without that autoscaler, and no manifest, are mistakes that are told", async () => {
  const other = await runMuster(["simulate", "-f", manifest, "--journal", path, "--of", "shop/sms-sendr"]);
  assert.equal(other.status, 2);
  assert.match(other.stderr, /did you mean shop\/sms-sender\?/);
  const none = await runMuster(["simulate", "--journal", path]);
  assert.equal(none.status, 2);
  assert.match(none.stderr, /expected -f FILE/);
  const both = await runMuster(["simulate", "-f", manifest, "--journal", path, "--traffic", "steady"]);
  assert.equal(both.status, 2);
  assert.match(both.stderr, /expected --journal or --traffic, got both/);
});

test("the policy that was live decides as it did", () => {
  fc.assert(
    fc.property(trustedSituation, fc.boolean(), (trusted, isPartial) => {
      const situation = isPartial ? withDoubts(trusted) : trusted;
      const journal = new Journal();
      journal.decided(situation, decide(situation));
      const [again] = replayPolicy(situation.autoscaler, journal.entries({ limit: 1 }));
      assert.equal(again?.desiredReplicas, decide(situation).desiredReplicas);
    }),
    { numRuns: 500 },
  );
});

/** The same, but what arrives could not be found out. */
function withDoubts({ signals, ...situation }: Situation): Situation {
  const reading = signals.queue?.reading ?? { at: NOW, value: 0 };
  const doubts = [{ kind: "Throttled", message: "CloudWatch: slow down" }] as const;
  return { ...situation, signals: { queue: { reading: { ...reading, doubts } } } };
}

test("a signal that was not recorded is named", () => {
  const journal = new Journal();
  const situation = queueSituation({ value: 1 }, 1);
  journal.decided(situation, decide(situation));
  const usual = queueAutoscaler();
  const signals = ["orders", "lag"].flatMap((name) => usual.signals.map((signal) => ({ ...signal, name })));
  assert.throws(() => replayPolicy({ ...usual, signals }, journal.entries({ limit: 1 })), {
    message: /^the policy's signal orders was not recorded at .*: the journal has queue$/,
  });
});

test("decisions about Jobs are decided again as they were, by the Jobs that the journal has", () => {
  const target = { apiVersion: "batch/v1", kind: "Job", namespace: "shop", name: "video" };
  const strategy = { kind: "Accurate", startUpSeconds: 5 } as const;
  const autoscaler = workerAutoscaler({
    ...{ profile: "worker-autoscaler-jobs", target, maxReplicas: 40 },
    jobs: { strategy, messagesPerJob: 1, readingLagSeconds: 2, spareJobs: 0 },
    signals: [signalWith("queue", { kind: "backlog", messagesPerReplica: 1, tolerance: 0 })],
  });
  const ago = fc.nat(20_000);
  const job = fc.record({ created: ago, working: fc.option(fc.nat(9_000)), ended: fc.option(fc.nat(9_000)) });
  fc.assert(
    fc.property(fc.array(job, { maxLength: 30 }), fc.nat(30), ago, (all, value, age) => {
      const jobs = all.map(({ created, working, ended }) => ({
        createdAt: NOW - created,
        ...(working !== null && { workingSince: NOW - created + working }),
        ...(ended !== null && { endedAt: NOW - created + 9_000 + ended }),
      }));
      const situation: Situation = {
        ...{ autoscaler, memory: {}, now: NOW, signals: { queue: { reading: { at: NOW - age, value } } } },
        currentReplicas: jobs.filter(({ endedAt }) => endedAt === undefined).length,
        jobs: { jobs, knownSince: NOW - 600_000 },
      };
      const decision = decide(situation);
      const lines: string[] = [];
      const journal = new Journal({ write: (entry) => lines.push(JSON.stringify(entry)) });
      journal.decided(situation, decision);
      const entries = lines.map((line) => journalEntry.parse(JSON.parse(line)));
      const [again] = replayPolicy(autoscaler, entries);
      assert.equal(again?.desiredReplicas, decision.desiredReplicas);
      assert.equal(again?.because, decision.steps.map(({ because }) => because).join("; "));
    }),
  );
});
