import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assertPrintable, HOSTILE } from "../support/hostile-text.ts";
import { runMuster } from "../support/muster.ts";

const MANIFEST = {
  apiVersion: "k8s.practo.dev/v1",
  kind: "WorkerPodAutoScaler",
  metadata: { name: "example-wpa" },
  spec: {
    minReplicas: 0,
    maxReplicas: 30,
    targetMessagesPerWorker: 10,
    deploymentName: "example-deployment",
    queueURI: "https://sqs.ap-south-1.amazonaws.com/82910/sms-sender",
  },
};
const folder = mkdtempSync(join(tmpdir(), "muster-decide-"));
const FILE = join(folder, "wpa.yaml");
writeFileSync(FILE, JSON.stringify(MANIFEST));
after(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly desiredReplicas?: number;
  readonly direction?: string;
  readonly steps?: readonly {
    readonly rule: string;
    readonly from: number;
    readonly to: number;
    readonly because: string;
  }[];
  readonly error?: string;
  readonly line?: number;
}

async function answers(lines: readonly unknown[], words: readonly string[] = []) {
  const input = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
  const { status, stdout, stderr } = await runMuster(["decide", ...words], { input });
  const answered = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Answer);
  return { status, answered, stderr };
}

test("a line with its manifest gives the decision and its steps", async () => {
  const { status, answered } = await answers([
    {
      autoscaler: MANIFEST,
      currentReplicas: 7,
      readings: { queue: { value: 120, arrivalsPerMinute: 30, idleWorkers: 0, ageSeconds: 2 } },
      lastScaleSecondsAgo: 700,
    },
  ]);
  assert.equal(status, 0);
  assert.deepEqual(answered, [
    {
      desiredReplicas: 12,
      direction: "up",
      steps: [{ rule: "sizeForBacklog", from: 7, to: 12, because: "120 messages at 10 per worker need 12 replicas" }],
    },
  ]);
});

test("null and left out both mean unknown, and never", async () => {
  const readings = { queue: { value: 0, arrivalsPerMinute: null, idleWorkers: null, ageSeconds: null } };
  const { answered } = await answers(
    [
      { currentReplicas: 7, readings, lastScaleSecondsAgo: null },
      { currentReplicas: 7, readings: { queue: { value: 0 } } },
    ],
    ["-f", FILE],
  );
  assert.equal(answered[0]?.desiredReplicas, 0);
  assert.deepEqual(answered[0], answered[1]);
});

test("-1 idle workers are unknown ones, as practo's controller writes it", async () => {
  const situation = (idleWorkers: number | null, value: number) => ({
    currentReplicas: 7,
    readings: { queue: { value, idleWorkers } },
  });
  const lines = [situation(-1, 120), situation(null, 120), situation(-1, 0), situation(null, 0)];
  const { answered } = await answers(lines, ["-f", FILE, "--wpa-default-max-disruption", "2"]);
  assert.deepEqual(
    answered.map(({ desiredReplicas }) => desiredReplicas),
    [12, 12, 5, 5],
  );
  assert.deepEqual(answered[0], answered[1]);
  assert.deepEqual(answered[2], answered[3]);
});

test("the position of a JSON error counts from the beginning of the line", async () => {
  const line = `${JSON.stringify({ autoscaler: MANIFEST, currentReplicas: 7 })} trailing`;
  const { answered } = await answers([line]);
  assert.match(answered[0]?.error ?? "", new RegExp(`position ${line.indexOf("trailing")}`));
});

test("answers more manifests than it remembers, the first one again too", async () => {
  const line = (minReplicas: number) => ({
    autoscaler: { ...MANIFEST, spec: { ...MANIFEST.spec, minReplicas, maxReplicas: 100_000 } },
    currentReplicas: 0,
    readings: { queue: { value: 0 } },
  });
  const wanted = [...Array.from({ length: 25_000 }, (_, index) => index), 0, 24_999, 12_000];
  const { answered } = await answers(wanted.map(line));
  assert.deepEqual(
    answered.map(({ desiredReplicas }) => desiredReplicas),
    wanted,
  );
});

test("a failure, a stale reading, no reading and an implausible one never lower the replicas", async () => {
  const { status, answered } = await answers(
    [
      { currentReplicas: 7, readings: { queue: { failure: "Unavailable" } } },
      { currentReplicas: 7, readings: { queue: { value: 0, ageSeconds: 3600 } } },
      { currentReplicas: 7, readings: {} },
      { currentReplicas: 7, readings: { queue: { value: -1 } } },
      '{"currentReplicas": 7, "readings": {"queue": {"value": 1e999}}}',
      { currentReplicas: 7, readings: { queue: { value: 0, ageSeconds: -3600 } } },
      { currentReplicas: 7, readings: { queue: { value: 0, failure: "TimedOut", message: "no answer" } } },
    ],
    ["--filename", FILE],
  );
  assert.equal(status, 0);
  assert.deepEqual(
    answered.map(({ desiredReplicas, direction }) => [desiredReplicas, direction]),
    Array(7).fill([7, "none"]),
  );
});

test("the controller's defaults can be set", async () => {
  const line = { currentReplicas: 10, readings: { queue: { value: 0 } }, lastScaleSecondsAgo: 100 };
  const flags = ["--scale-down-delay-after-last-scale-activity", "60", "--wpa-default-max-disruption", "30%"];
  assert.equal((await answers([line], ["-f", FILE])).answered[0]?.desiredReplicas, 10);
  assert.equal((await answers([line], ["-f", FILE, ...flags])).answered[0]?.desiredReplicas, 7);
});

test("a bad line is one error with its number, the others are answered, and the exit status is 1", async () => {
  const good = { currentReplicas: 0, readings: { queue: { value: 5 } } };
  const { status, answered, stderr } = await answers(
    [
      good,
      "{not json",
      "",
      { ...good, currentReplicas: -1 },
      { ...good, lastScaleSecondAgo: 5 },
      { ...good, readings: { queu: { value: 1 } } },
      { ...good, readings: { queue: { failure: "Broken" } } },
      { ...good, autoscaler: { ...MANIFEST, spec: { ...MANIFEST.spec, maxDisruption: "10.5%" } } },
      "[]",
      "null",
      good,
    ],
    ["-f", FILE],
  );
  assert.equal(status, 1);
  assert.equal(stderr, "");
  assert.deepEqual(
    answered.map(({ line }) => line),
    [undefined, 2, 4, 5, 6, 7, 8, 9, 10, undefined],
  );
  const errors = answered.map(({ error }) => error ?? "");
  assert.match(errors[1] ?? "", /expected JSON/);
  assert.match(errors[2] ?? "", /^currentReplicas: expected a number of 0 or more, got -1$/);
  assert.match(errors[3] ?? "", /lastScaleSecondAgo.*did you mean lastScaleSecondsAgo/);
  assert.match(errors[4] ?? "", /readings\.queu: expected the name of a signal \(queue\)/);
  assert.match(errors[5] ?? "", /readings\.queue\.failure: expected one of .*Unavailable.*, got "Broken"/);
  assert.match(errors[6] ?? "", /^autoscaler\.spec\.maxDisruption: expected a percentage/);
});

test("a line without any manifest says where one is expected", async () => {
  const { status, answered } = await answers([{ currentReplicas: 0 }]);
  assert.equal(status, 1);
  assert.match(answered[0]?.error ?? "", /expected a manifest here, or in a file given by -f/);
});

test("a wrong manifest file is a user error with its place", async () => {
  const broken = join(folder, "broken.yaml");
  writeFileSync(
    broken,
    "kind: WorkerPodAutoScaler\nmetadata: {name: a}\nspec:\n  minReplica: 0\n  maxReplicas: -3\n  targetMessagesPerWorker: 1\n  deploymentName: d\n  queueURI: beanstalk://h/t\n",
  );
  const { status, stderr } = await answers([], ["-f", broken]);
  assert.equal(status, 2);
  assert.match(stderr, /broken\.yaml:5:3: spec\.maxReplicas: expected a number of 0 or more, got -3/);
  for (const words of [
    ["-f", "/no/such/file"],
    ["-f", folder],
    ["--freshness", "soon"],
  ]) {
    const mistake = await answers([], words);
    assert.equal(mistake.status, 2, words.join(" "));
    assert.doesNotMatch(mistake.stderr, /\n\s+at /);
  }
});

test("an overlong line is an error of its own and affects no other line", async () => {
  const good = JSON.stringify({ currentReplicas: 0, readings: { queue: { value: 5 } } });
  const { status, answered } = await answers([good, "x".repeat(9_000_000), good], ["-f", FILE]);
  assert.equal(status, 1);
  assert.deepEqual(
    answered.map(({ desiredReplicas, line }) => desiredReplicas ?? `line ${line}`),
    [1, "line 2", 1],
  );
});

test("many lines with their manifests inline come back in order", async () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => ({
    autoscaler: { ...MANIFEST, spec: { ...MANIFEST.spec, maxReplicas: 100 + (index % 3) } },
    currentReplicas: 0,
    readings: { queue: { value: index * 10 } },
  }));
  const { status, answered } = await answers(lines);
  assert.equal(status, 0);
  assert.deepEqual(
    answered.map(({ desiredReplicas }) => desiredReplicas),
    lines.map((_, index) => Math.min(index, 100 + (index % 3))),
  );
});

test("accepts what a drain rule uses: counts, counters, earlier readings, and what was learned", async () => {
  const autoscaler = {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "mail" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "mail" },
      maxReplicas: 30,
      signals: [
        {
          ...{ name: "queue", source: { beanstalkd: { host: "queues", tube: "mail" } } },
          drain: { withinSeconds: 60, headroom: 0 },
        },
      ],
    },
  };
  const learned = { secondsPerMessage: 1.9, messages: 340, agoSeconds: 12 };
  const queue = { waiting: 120, inFlight: 4, arrived: 900, completed: 776, learned };
  const earlier = [
    { waiting: 100, inFlight: 4, arrived: 760, completed: 656, ageSeconds: 70 },
    { waiting: 90, inFlight: 4, arrived: 700, completed: 606, ageSeconds: 130 },
  ];
  const odd = { ...queue, inFlight: -4 };
  const { status, answered } = await answers([
    ...[queue, { ...queue, earlier }, odd].map((one) => ({ autoscaler, currentReplicas: 2, readings: { queue: one } })),
    { autoscaler, currentReplicas: 2, readings: { queue: { ...queue, earlier: [{ waitin: 3 }] } } },
  ]);
  assert.equal(status, 1);
  assert.deepEqual(
    answered.slice(0, 3).map(({ desiredReplicas }) => desiredReplicas),
    [8, 15, 2],
  );
  assert.equal(
    answered[0]?.steps?.[0]?.because,
    "queue: 120 waiting, 4 in flight, 1.9 s a message (learned from 340 messages, 12 s ago): 8 drain them within 60 s",
  );
  assert.match(answered[1]?.steps?.[0]?.because ?? "", /120 waiting, 4 in flight, 1.5 arriving a second/);
  assert.match(answered[3]?.error ?? "", /unknown field "waitin" \(did you mean waiting\?\)/);
});

test("control characters from a line are escaped, and the JSON means the same", async () => {
  const input = `${JSON.stringify({ currentReplicas: 1, [HOSTILE]: 1 })}\n`;
  const { stdout } = await runMuster(["decide", "-f", FILE], { input });
  assertPrintable(stdout);
  assert.ok(JSON.parse(stdout).error.includes(`unknown field ${JSON.stringify(HOSTILE)}`), stdout);
});

test("a line says which Jobs of a jobTemplate a reading counted", async () => {
  const pod = { containers: [{ name: "worker", image: "worker:1" }], restartPolicy: "Never" };
  const jobsManifest = (jobs: object) => ({
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "video" },
    spec: {
      maxReplicas: 20,
      jobTemplate: { spec: { template: { spec: pod } } },
      jobs,
      signals: [{ name: "queue", source: { redis: { host: "redis", structure: "list", key: "videos" } } }],
    },
  });
  const decided = async (jobs: object, line: object) => {
    const { answered } = await answers([
      { autoscaler: jobsManifest(jobs), readings: { queue: { value: 8 } }, ...line },
    ]);
    return answered[0]?.desiredReplicas ?? answered[0]?.error;
  };
  const accurate = { strategy: "Accurate" };
  assert.equal(await decided(accurate, { currentReplicas: 5, jobs: { running: 3, pending: 2 } }), 11);
  assert.equal(await decided(accurate, { currentReplicas: 5 }), 13, "left out, all of them were running");
  const counts = { running: 3, pending: 1, createdSince: 2, endedSince: 1 };
  assert.equal(await decided({}, { currentReplicas: 6, jobs: counts }), 7);
  assert.match(
    String(await decided({}, { currentReplicas: 6, jobs: { running: 3 } })),
    /jobs: expected running, pending and createdSince to add up to currentReplicas \(6\), got 3/,
  );
  assert.match(String(await decided({}, { currentReplicas: 0, jobs: { runing: 0 } })), /jobs: unknown field "runing"/);
  const { answered } = await answers([{ autoscaler: MANIFEST, currentReplicas: 1, jobs: { running: 1 } }]);
  assert.equal(answered[0]?.error, "jobs: expected none, as the autoscaler has no jobTemplate");
});
