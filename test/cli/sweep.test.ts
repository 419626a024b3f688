import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Task, ThreadPool } from "../../src/lab/play-all.ts";
import type { Stage } from "../../src/lab/rehearsal.ts";
import { runMuster } from "../support/muster.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-sweep-"));
after(() => rmSync(folder, { recursive: true }));

const WPA = "examples/worker-pod-autoscaler.yaml";
const SHORT = ["--traffic", "step:before=5,after=60,at=10m,for=30m", "--service", "2s"];
const sweep = (file: string, ...words: readonly string[]) => runMuster(["simulate", "-f", file, ...SHORT, ...words]);

test("a sweep has one row for each combination of values, in their order", async () => {
  const { status, stdout, stderr } = await sweep(
    ...([WPA, "--sweep", "spec.targetMessagesPerWorker=5..15/5"] as const),
    ...["--sweep", "spec.maxDisruption=10,50%"],
  );
  assert.equal(status, 0, stderr);
  assert.deepEqual(
    stdout
      .split("\n")
      .slice(1, 7)
      .map((row) => row.split("  ")[0]),
    [5, 10, 15].flatMap((target) =>
      ["10", "50%"].map((limit) => `targetMessagesPerWorker=${target} maxDisruption=${limit}`),
    ),
  );
});

test("a value of a sweep plays as the same value in the file does", async () => {
  const file = join(folder, "own.yaml");
  const manifest = (target: number) => `apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata: {name: own}
spec: {minReplicas: 0, maxReplicas: 9, targetMessagesPerWorker: ${target}, deploymentName: d, queueURI: "beanstalk://q/t"}
`;
  writeFileSync(file, manifest(3));
  const swept = JSON.parse((await sweep(file, "--sweep", "spec.targetMessagesPerWorker=3,12", "-o", "json")).stdout);
  writeFileSync(file, manifest(12));
  const written = JSON.parse((await sweep(file, "-o", "json")).stdout);
  assert.deepEqual(swept.policies[1].settings, { "spec.targetMessagesPerWorker": 12 });
  assert.deepEqual(swept.policies[1].measures, written.policies[0].measures);
  assert.notDeepEqual(swept.policies[0].measures, written.policies[0].measures);
});

test("fields of all three formats can be swept, and several policies at once", async () => {
  const cases: readonly (readonly [string, string])[] = [
    ["examples/phpa.yaml", "metric.metricThreshold=100,200"],
    ["examples/worker-autoscaler.yaml", "spec.signals[queue].backlog.messagesPerReplica=10,20"],
    ["examples/drain.yaml", "spec.signals[queue].drain.withinSeconds=30,60"],
    ["examples/worker-autoscaler.yaml", "spec.behavior.scaleUp.stabilizationWindowSeconds=0,60"],
  ];
  for (const [file, field] of cases) {
    const { status, stdout, stderr } = await sweep(file, "--sweep", field);
    assert.equal(status, 0, stderr);
    assert.match(stdout.split("\n")[2] ?? "", /=\d+ /);
  }
  const { stdout } = await runMuster([
    ...["simulate", "-f", WPA, "examples/worker-autoscaler.yaml", ...SHORT, "--sweep", "spec.minReplicas=1,2"],
  ]);
  assert.match(stdout.split("\n")[2] ?? "", /^newsletter minReplicas=1 /);
});

test("the same seed gives the same bytes, whatever the number of threads", async () => {
  const run = async (threads: string) => {
    const { status, stdout, stderr } = await sweep(
      ...([WPA, "--sweep", "spec.targetMessagesPerWorker=5..30/5", "--runs", "2"] as const),
      ...["-o", "json", "--series", "--threads", threads],
    );
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const one = await run("1");
  assert.equal(await run("3"), one);
  assert.equal(await run("2"), one);
});

test("a sweep that explodes is refused with the count, before anything is played", async () => {
  const { status, stderr, stdout } = await sweep(
    ...([WPA, "--sweep", "spec.targetMessagesPerWorker=1..1000000", "--sweep", "spec.minReplicas=0..9"] as const),
    ...["--runs", "3"],
  );
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /expected at most 1000 runs, got 30000000 \(1000000 of spec\.targetMessagesPerWorker x 10 of spec\.minReplicas x 3 runs each\)/,
  );
  const limited = await sweep(WPA, "--sweep", "spec.minReplicas=0..3", "--sweep-limit", "3");
  assert.match(limited.stderr, /expected at most 3 runs, got 4/);
});

test("fields and values that the format does not have are told in its parser's words", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["spec.targetMessagesPerWorker=0..2"],
      /targetMessagesPerWorker=0: example-wpa: .*expected a number of 1 or more, got 0/,
    ],
    [
      ["spec.minReplicas=lots"],
      /minReplicas=lots: example-wpa: spec\.minReplicas: expected a whole number, got "lots"/,
    ],
    [
      ["spec.targetMessagePerWorker=1..5"],
      /unknown field, which has no effect \(did you mean `targetMessagesPerWorker`\?\)/,
    ],
    [
      ["metadata.name=a,b"],
      /metadata\.name: example-wpa: expected a field that makes a difference, got one that makes none/,
    ],
    [["spec=1"], /expected a field with one value, got a mapping or a list/],
    [["targetMessagesPerWorker=1..3"], /got one that makes none; did you mean `spec\.targetMessagesPerWorker`\?/],
    [["spec.minReplicas=1", "spec.minReplicas=2"], /spec\.minReplicas: expected each field once, got it twice/],
    [["spec.minReplicas"], /expected FIELD=VALUES/],
  ];
  for (const [fields, expected] of cases) {
    const { status, stderr, stdout } = await sweep(WPA, ...fields.flatMap((field) => ["--sweep", field]));
    assert.equal(status, 2, stderr);
    assert.match(stderr, expected);
    assert.equal(stdout, "");
  }
  const many = await sweep(WPA, "--sweep", "spec.minReplicas=-20..-1");
  assert.match(many.stderr, /and 10 more like these/);
});

test("numbers of threads that make no sense are refused", async () => {
  const { status, stderr } = await sweep(WPA, "--sweep", "spec.minReplicas=0,1", "--threads", "0");
  assert.equal(status, 2);
  assert.match(stderr, /--threads: expected a whole number from 1 to 1024, got "0"/);
});

test("what goes wrong in a thread rejects, and the threads end", { timeout: 60_000 }, async () => {
  const threads = new ThreadPool(2, {} as Stage);
  await assert.rejects(threads.play([{} as Task, {} as Task, {} as Task], () => undefined));
  await threads.close();
});
