import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runMuster } from "../support/muster.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-tune-"));
after(() => rmSync(folder, { recursive: true }));

/** The example, dearer than it need be. */
const WPA = join(folder, "wpa.yaml");
writeFileSync(WPA, readFileSync("examples/worker-pod-autoscaler.yaml", "utf8").replace("Worker: 20", "Worker: 2"));
const SHORT = ["--traffic", "step:before=5,after=60,at=10m,for=30m", "--service", "2s", "--runs", "3", "--tries", "20"];
const tune = (file: string, ...words: readonly string[]) => runMuster(["tune", "-f", file, ...words]);

test("the manifest is printed with a cheaper setting that meets the objective, and what was found as its comment", async () => {
  const { status, stdout, stderr } = await tune(WPA, ...SHORT, "--objective", "60s");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^# .*targetMessagesPerWorker .*worker-h/);
  assert.match(stdout, /^# best .* yes$/m);
  assert.match(
    stdout,
    /^# Checked on the same traffic with seeds that the search has not seen \(4 to 6\): .* It holds\.$/m,
  );
  assert.match(stdout, /^ {2}deploymentName: example-deployment$/m);
  const file = join(folder, "printed.yaml");
  writeFileSync(file, stdout);
  assert.equal((await runMuster(["check", file])).status, 0);
});

test("the setting that is chosen is cheaper than the present one, and another run of the same command finds the same", async () => {
  const run = async (threads: string) => (await tune(WPA, ...SHORT, "-o", "json", "--threads", threads)).stdout;
  const first = await run("1");
  assert.equal(await run("2"), first);
  const { chosen, present, check, frontier, holds, manifest } = JSON.parse(first);
  assert.equal(chosen.meets, "yes");
  assert.equal(holds, true);
  assert.ok(chosen.measures.workerHours.mean < present.measures.workerHours.mean);
  assert.ok(chosen.measures.shareOverObjective.mean <= 0.05);
  assert.deepEqual(check.seeds, [4, 5, 6]);
  assert.match(manifest, /targetMessagesPerWorker: \d+/);
  const costs = frontier.map((one: typeof chosen) => one.measures.workerHours.mean);
  assert.deepEqual(
    costs,
    costs.toSorted((one: number, other: number) => one - other),
  );
});

test("recorded traffic is tuned on its first part and checked on the rest, and --write changes the file in its place", async () => {
  const file = join(folder, "own.yaml");
  copyFileSync(WPA, file);
  const arrivals = join(folder, "arrivals.csv");
  const rows = Array.from({ length: 100 }, (_, minute) => `${minute * 60},${minute % 20 < 10 ? 60 : 5}`);
  writeFileSync(arrivals, `time,count\n${rows.join("\n")}\n`);
  const { status, stdout, stderr } = await tune(
    ...([file, "--arrivals", arrivals, "--service", "2s", "--runs", "3", "--tries", "20"] as const),
    ...["--write", file],
  );
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /Checked on the last 30 % of the history \(from .*Z on\), which the search has not seen \(4 to 6\)/,
  );
  assert.match(stdout, /arrivals\.csv, the first 70 %/);
  assert.ok(stdout.endsWith(`Written to ${file}.\n`));
  const text = readFileSync(file, "utf8");
  assert.notEqual(text, readFileSync(WPA, "utf8"));
  assert.match(text, /^# One worker for every 20 messages/);
});

test("a result that does not hold on the part that was held out is not written", async () => {
  const file = join(folder, "calm.yaml");
  copyFileSync(WPA, file);
  const arrivals = join(folder, "storm.csv");
  const rows = Array.from({ length: 100 }, (_, minute) => `${minute * 60},${minute < 75 ? 10 : 600}`);
  writeFileSync(arrivals, `time,count\n${rows.join("\n")}\n`);
  const { status, stdout } = await tune(
    ...([file, "--arrivals", arrivals, "--service", "2s", "--runs", "2", "--tries", "10"] as const),
    ...["--write", file],
  );
  assert.equal(status, 1);
  assert.match(stdout, /It does not hold there: nothing is written/);
  assert.equal(readFileSync(file, "utf8"), readFileSync(WPA, "utf8"));
});

test("an objective that no setting meets is told with the nearest, and status 1", async () => {
  const { status, stdout } = await tune(WPA, ...SHORT, "--objective", "10ms", "--within", "100");
  assert.equal(status, 1);
  assert.match(
    stdout,
    /No setting meets the objective \(at most 0 % may wait longer than 0\.01 s\): the nearest leaves/,
  );
  const json = await tune(WPA, ...SHORT, "--objective", "10ms", "--within", "100", "--tries", "2", "-o", "json");
  const { holds, manifest } = JSON.parse(json.stdout);
  assert.deepEqual([json.status, holds, manifest], [1, false, undefined]);
});

test("--vary names fields, with values or without; nothing else is tried", async () => {
  const { stdout } = await tune(
    ...([WPA, ...SHORT, "-o", "json"] as const),
    ...["--vary", "spec.targetMessagesPerWorker=5,25", "--vary", "spec.minReplicas=1"],
  );
  const { frontier, tried } = JSON.parse(stdout);
  assert.equal(tried.settings, 3);
  for (const { settings } of frontier) {
    const target = settings["spec.targetMessagesPerWorker"];
    assert.ok([5, 25, undefined].includes(target), JSON.stringify(settings));
  }
});

test("PHPA files and WorkerAutoscalers are tuned by fields of their own", async () => {
  for (const [file, field] of [
    ["examples/phpa.yaml", "metricThreshold"],
    ["examples/worker-autoscaler.yaml", "messagesPerReplica"],
    ["examples/drain.yaml", "withinSeconds"],
  ] as const) {
    const { stdout, status } = await tune(file, ...SHORT, "--objective", "10m");
    assert.ok(status === 0 || status === 1);
    assert.ok(stdout.includes(field), stdout);
    assert.match(stdout, /Tried: \d+ settings in \d+ runs/);
  }
});

test("what is written wrongly is told with what was expected", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["-f", WPA, "examples/phpa.yaml"], /too many arguments/],
    [["-f", "examples"], /expected a file with one autoscaler, got \d+/],
    [["-f", WPA], /expected --traffic SHAPE/],
    [["-f", WPA, ...SHORT, "--runs", "1"], /--runs: expected a whole number from 2 to 1000, got "1"/],
    [["-f", WPA, ...SHORT, "--within", "0"], /--within: expected a number from 1 to 100, got "0"/],
    [["-f", WPA, ...SHORT, "--held-out", "1"], /--held-out: expected a number from 0 to 0\.9, got "1"/],
    [["-f", WPA, ...SHORT, "--tries", "x"], /--tries: expected a whole number/],
    [["-f", WPA, ...SHORT, "--objective", "soon"], /--objective: expected a duration/],
    [
      ["-f", WPA, ...SHORT, "--vary", "spec.size"],
      /--vary: expected a field with values such as spec\.size=1\.\.10, or one of spec\.target/,
    ],
    [["-f", WPA, ...SHORT, "--vary", "spec.size=1..5"], /unknown field, which has no effect/],
    [["-f", WPA, ...SHORT, "--vary", "spec.minReplicas=0..1000"], /--vary: expected at most 20 combinations, got 1001/],
    [["-f", WPA, ...SHORT, "--write", "/nowhere/a.yaml"], /--write: \/nowhere\/a\.yaml: cannot be written: ENOENT/],
    [["-f", join(folder, "none.yaml"), ...SHORT], /none\.yaml: cannot be read: ENOENT/],
  ];
  for (const [words, expected] of cases) {
    const { status, stderr, stdout } = await runMuster(["tune", ...words]);
    assert.equal(status, 2, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stdout, "");
  }
});

test("workers that are stopped busy are shown, and with a price the cheapest setting stops fewer of them", async () => {
  const file = join(folder, "long.yaml");
  writeFileSync(
    file,
    `apiVersion: muster.dev/v1alpha1
kind: WorkerAutoscaler
metadata: {name: long}
spec:
  scaleTargetRef: {kind: Deployment, name: long}
  maxReplicas: 40
  busyWorkers: {protect: Prefer}
  signals:
    - name: jobs
      source: {beanstalkd: {host: q, tube: t}}
      backlog: {messagesPerReplica: 1}
`,
  );
  const words = [
    ...["--traffic", "on-off:rate=5,on=20m,off=20m,for=3h", "--service", "2m", "--objective", "20m", "--runs", "3"],
    ...["--vary", "spec.signals[jobs].backlog.messagesPerReplica=1,4", "--vary", "spec.cooldownSeconds=0,900"],
  ];
  const free = await tune(file, ...words);
  assert.match(free.stdout, /worker-h +busy stopped +wait p50/, free.stderr);
  const page = join(folder, "tuning.html");
  const priced = await tune(file, ...words, "--interruption-cost", "10h", "--report", page);
  assert.match(priced.stdout, /worker-h +busy stopped +cost +wait p50/, priced.stderr);
  assert.match(priced.stdout, /worker-hours with interruptions/);
  assert.match(priced.stdout, /^# Cost: worker-hours, and 10 h for each worker that was stopped busy\.$/m);
  assert.match(readFileSync(page, "utf8"), /busy stopped/);
  const chosen = async (...price: readonly string[]) =>
    JSON.parse((await tune(file, ...words, ...price, "-o", "json")).stdout).chosen.measures;
  const [cheap, safe] = [await chosen(), await chosen("--interruption-cost", "10h")];
  assert.ok(safe.busyStopped.mean < cheap.busyStopped.mean, JSON.stringify([safe, cheap]));
  assert.ok(safe.workerHours.mean >= cheap.workerHours.mean);
});

test("docs/tune.md shows what its command prints", async () => {
  const page = readFileSync("docs/tune.md", "utf8");
  const [, command = "", shown = ""] = /```sh\nmuster (tune .*)\n```\n\n```yaml\n([^`]*)```/.exec(page) ?? [];
  const { stdout } = await runMuster(command.split(" "));
  assert.equal(stdout, shown, `paste this into docs/tune.md:\n${stdout}`);
});
