import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { ProgressLine } from "../../src/cli/shared/progress-line.ts";
import { runMuster } from "../support/muster.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-simulate-"));
after(() => rmSync(folder, { recursive: true }));

function manifest(name: string, spec = ""): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata: {name: ${name}}
spec:
  minReplicas: 0
  maxReplicas: 30
  targetMessagesPerWorker: 10
  deploymentName: mail
  queueURI: https://sqs.eu-central-1.amazonaws.com/123456789012/mail
${spec}`,
  );
  return file;
}

const PLAIN = manifest("plain");
const SHORT = ["--traffic", "step:before=5,after=60,at=10m,for=30m", "--service", "2s"];

test("each policy has one row, of the three formats too", async () => {
  const examples = ["worker-pod-autoscaler", "worker-autoscaler", "phpa"].map((name) => `examples/${name}.yaml`);
  const { status, stdout, stderr } = await runMuster(["simulate", "-f", ...examples, ...SHORT]);
  assert.equal(status, 0, stderr);
  const [head = "", ...rows] = stdout.split("\n");
  for (const column of ["policy", "wait p50", "p95", "p99", "max", "over 60 s", "worker-h", "x oracle", "peak"]) {
    assert.ok(head.includes(column), head);
  }
  assert.deepEqual(
    rows.slice(0, 3).map((row) => row.split(" ")[0]),
    ["example-wpa", "newsletter", "precomputation-consumer"],
  );
  assert.match(stdout, /Exact mode: each message by itself/);
});

test("the same command gives the same bytes, and another seed gives others", async () => {
  const run = async (seed: string) =>
    (await runMuster(["simulate", "-f", PLAIN, ...SHORT, "-o", "json", "--series", "--seed", seed])).stdout;
  const first = await run("4");
  assert.equal(await run("4"), first);
  assert.notEqual(await run("5"), first);
});

test("JSON has every measure with its interval, and series only where they are asked for", async () => {
  const { stdout } = await runMuster(["simulate", "-f", PLAIN, ...SHORT, "-o", "json", "--runs", "3"]);
  const { policies, seed } = JSON.parse(stdout);
  assert.equal(seed, 1);
  const [policy] = policies;
  assert.equal(policy.policy, "plain");
  assert.equal(policy.runs.length, 3);
  assert.deepEqual(
    policy.runs.map((run: { seed: number }) => run.seed),
    [1, 2, 3],
  );
  assert.ok(policy.measures.waitP95Seconds.mean >= 0);
  assert.ok(policy.measures.workerHours.plusMinus > 0);
  const means = policy.runs.map((run: { waitSeconds: { mean: number } }) => run.waitSeconds.mean);
  assert.ok(Math.abs(policy.measures.waitMeanSeconds.mean - (means[0] + means[1] + means[2]) / 3) < 1e-9);
  assert.equal(policy.runs[0].series, undefined);
});

test("several runs show their confidence intervals in the table", async () => {
  const { stdout } = await runMuster(["simulate", "-f", PLAIN, ...SHORT, "--runs", "3"]);
  assert.match(stdout.split("\n")[1] ?? "", /±/);
  assert.match(stdout, /seeds 1 to 3, ± is a 95 % confidence interval/);
});

test("traffic without a message is told", async () => {
  const { stdout } = await runMuster(["simulate", "-f", PLAIN, "--traffic", "steady:rate=0,for=10m"]);
  assert.match(stdout, /^No message arrived: waits of 0 s say nothing\.$/m);
});

test("a policy that never drains is told with what is left", async () => {
  const slow = manifest("slow");
  const { status, stdout } = await runMuster([
    ...["simulate", "-f", slow, "--traffic", "steady:rate=600,for=20m", "--service", "30s", "--drain", "5m"],
  ]);
  assert.equal(status, 0);
  assert.match(stdout, /slow does not drain: \d+ messages were unfinished 5 min after the last arrival/);
});

test("what is written wrongly is told with what was expected", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /expected -f FILE/],
    [["-f", join(folder, "none.yaml")], /none\.yaml: cannot be read: ENOENT/],
    [["-f", PLAIN], /expected --traffic SHAPE/],
    [["-f", PLAIN, "--traffic", "zigzag"], /--traffic: expected one of steady, .* got "zigzag"/],
    [["-f", PLAIN, ...SHORT, "--service", "fast"], /--service: expected a duration .* got "fast"/],
    [["-f", PLAIN, ...SHORT, "--concurrency", "0"], /--concurrency: expected a whole number from 1 to 100000, got "0"/],
    [["-f", PLAIN, ...SHORT, "--start-up-jitter", "2"], /--start-up-jitter: expected a number from 0 to 1, got "2"/],
    [["-f", PLAIN, ...SHORT, "--service-cv", "2"], /--service-cv: expected --service-shape lognormal with it, got exp/],
    [["-f", PLAIN, ...SHORT, "--series"], /--series: expected -o json with it/],
    [["-f", PLAIN, ...SHORT, "--plant", "perReplica=-1"], /--plant: expected --values FILE or --history-kind value/],
    [["-f", PLAIN, ...SHORT, "--outage", "30d+10m"], /--outage: expected one that begins within .*, got "30d\+10m"/],
    [["-f", PLAIN, ...SHORT, "--outage", "10m"], /--outage: expected START\+LENGTH such as 1h\+10m, got "10m"/],
    [["-f", PLAIN, ...SHORT, "--sees", "queue=age"], /--sees: expected SIGNAL=QUANTITY with one of unfinished, /],
    [["-f", PLAIN, ...SHORT, "--sees", "lag=waiting"], /--sees: expected a signal of queue, got "lag"/],
    [["-f", PLAIN, ...SHORT, "--runs", "0"], /--runs: expected a whole number from 1 to 1000, got "0"/],
    [["-f", PLAIN, ...SHORT, "--seed", "x"], /--seed: expected a whole number/],
    [["-f", PLAIN, ...SHORT, "--time-zone", "Mars/Base"], /--time-zone: expected an IANA time zone/],
    [["-f", PLAIN, ...SHORT, "--victims", "oldest"], /newest, idle/],
  ];
  for (const [words, expected] of cases) {
    const { status, stderr, stdout } = await runMuster(["simulate", ...words]);
    assert.equal(status, 2, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stdout, "");
  }
});

test("a manifest that is wrong is told with its line", async () => {
  const file = join(folder, "wrong.yaml");
  writeFileSync(
    file,
    "apiVersion: k8s.practo.dev/v1\nkind: WorkerPodAutoScaler\nmetadata: {name: a}\nspec: {maxReplicas: -1}\n",
  );
  const { status, stderr } = await runMuster(["simulate", "-f", file, ...SHORT]);
  assert.equal(status, 2);
  assert.match(stderr, /wrong\.yaml:4:/);
});

test("a schedule in a time zone that does not exist is refused with its line", async () => {
  const file = join(folder, "mars.yaml");
  writeFileSync(
    file,
    `apiVersion: muster.dev/v1alpha1
kind: WorkerAutoscaler
metadata: { name: mars }
spec:
  scaleTargetRef: { kind: Deployment, name: mars }
  maxReplicas: 5
  signals: [{ name: queue, source: { constant: { value: 3 } }, perReplica: { value: 1 } }]
  schedule: [{ name: day, start: "0 8 * * *", durationSeconds: 3600, timeZone: Mars/Base, minReplicas: 2 }]
`,
  );
  const { status, stderr } = await runMuster(["simulate", "-f", file, ...SHORT]);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /mars\.yaml:8:\d+: spec\.schedule\[0\]\.timeZone: expected an IANA time zone .*"Mars\/Base"/);
});

test("recorded arrivals are read from a file, packed or not, and from standard input", async () => {
  const rows = Array.from({ length: 60 }, (_, minute) => `${minute * 60},${minute % 7 === 0 ? 40 : 5}`);
  const text = `time,count\n${rows.join("\n")}\n`;
  const plainFile = join(folder, "arrivals.csv");
  writeFileSync(plainFile, text);
  const packedFile = join(folder, "arrivals.csv.gz");
  writeFileSync(packedFile, gzipSync(text));
  const run = async (file: string, input = "") => {
    const { status, stdout, stderr } = await runMuster(["simulate", "-f", PLAIN, "--arrivals", file], { input });
    assert.equal(status, 0, stderr);
    return stdout.replace(/^.*: about/m, "FILE: about");
  };
  const plain = await run(plainFile);
  assert.match(plain, /FILE: about 615 messages in 1 h/);
  assert.equal(await run(packedFile), plain);
  assert.equal(await run("-", text), plain);
  const { stderr } = await runMuster(["simulate", "-f", PLAIN, "--arrivals", "-"], { input: "time,count\n0,x\n" });
  assert.match(stderr, /standard input:2: expected a number of messages/);
});

test("options of recordings that change nothing of invented traffic are told", async () => {
  const { stdout } = await runMuster(["simulate", "-f", PLAIN, ...SHORT, "--share", "0.1", "--from", "7d"]);
  assert.match(stdout, /^--share and --from change nothing: .* is invented\.$/m);
});

test("over a long time a source is looked at a million times at most, and that is told", async () => {
  const quick = manifest("quick");
  writeFileSync(quick, readFileSync(quick, "utf8").replace(/queueURI: .*/, "queueURI: beanstalk://queues:11300/jobs"));
  const run = async (...more: readonly string[]) => {
    const words = ["simulate", "-f", quick, "--traffic", "steady:rate=1,for=30d", "-o", "json", ...more];
    const { status, stdout, stderr } = await runMuster(words);
    assert.equal(status, 0, stderr);
    const { policies, traffic } = JSON.parse(stdout);
    return {
      looks: policies[0].runs[0].looks.total as number,
      remarks: (traffic.remarks as readonly string[]).join(" "),
    };
  };
  const usual = await run();
  assert.ok(usual.looks <= 1_100_000, `${usual.looks} looks`);
  assert.match(usual.remarks, /beanstalkd is looked at every 2\.6 s, not every 0\.8 s as it is live/);
  assert.doesNotMatch((await run("--look-interval", "60s")).remarks, /looked at every/);
});

test("arrivals that cannot be read are told with the reason", async () => {
  const cut = join(folder, "cut.csv.gz");
  writeFileSync(cut, gzipSync("0,1\n".repeat(10_000)).subarray(0, 40));
  const utf16 = join(folder, "utf16.csv");
  writeFileSync(utf16, "\ufefftime,count\n0,5\n", "utf16le");
  const wrong = join(folder, "wrong.csv");
  writeFileSync(wrong, "time,count\n0,5\n60,lots\n");
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["--arrivals", cut], /cut\.csv\.gz: expected a whole gzip file, got one that ends early or is broken/],
    [["--arrivals", wrong], /wrong\.csv:3: expected a number of messages .* got "lots"/],
    [["--arrivals", folder], /cannot be read: EISDIR, it is a folder$/m],
    [["--arrivals", join(folder, "nowhere")], /nowhere: cannot be read: ENOENT, there is no such file or folder$/m],
    [["--arrivals", utf16], /utf16\.csv: expected UTF-8, got UTF-16: iconv /],
    [
      ["--arrivals", wrong, "--traffic", "steady"],
      /expected --traffic, --arrivals or --history, got --traffic and --arrivals/,
    ],
    [["--arrivals", wrong, "--from", "yesterday"], /--from: expected a time such as .* got "yesterday"/],
    [["--arrivals", wrong, "--from", "2024-06-02", "--to", "2024-06-01"], /--to: expected a time after that of --from/],
    [["--arrivals", wrong, "--share", "0"], /--share: expected a number/],
    [
      ["--arrivals", wrong, "--time-zone", "Europe/Berln"],
      /--time-zone: expected an IANA .* did you mean Europe\/Berlin\?/,
    ],
  ];
  for (const [words, expected] of cases) {
    const { status, stderr } = await runMuster(["simulate", "-f", PLAIN, ...words]);
    assert.equal(status, 2, stderr);
    assert.match(stderr, expected);
  }
});

test("policies of one name are told apart by their files", async () => {
  const { stdout } = await runMuster(["simulate", "-f", PLAIN, "-f", PLAIN, ...SHORT]);
  assert.deepEqual(
    stdout
      .split("\n")
      .slice(1, 3)
      .map((row) => row.split("  ")[0]),
    ["1 plain", "2 plain"],
  );
});

test("progress is shown after a second, on one line of a terminal, and the line is cleared", () => {
  let now = 0;
  const written: string[] = [];
  const terminal = { isTTY: true, write: (text: string) => written.push(text) };
  const line = new ProgressLine(terminal, () => now);
  line.show(0.1, "a");
  assert.deepEqual(written, []);
  now = 1_500;
  line.show(0.5, "a");
  line.show(0.51, "a");
  line.end();
  assert.equal(written.length, 2);
  assert.match(written[0] ?? "", /\[#{15}\.{15}\] 50 % a$/);
  const plain: string[] = [];
  const log = new ProgressLine({ write: (text: string) => plain.push(text) }, () => now);
  for (const share of [0.1, 0.34, 0.36, 0.9]) {
    now += 2_000;
    log.show(share, "b");
  }
  assert.deepEqual(plain, ["10 % b\n", "34 % b\n", "90 % b\n"]);
  // Of standard input nobody knows the end.
  for (const [after, text] of [
    [9_000, "1 MiB"],
    [2_000, "2 MiB"],
    [9_000, "3 MiB"],
  ] as const) {
    now += after;
    log.tell(text);
  }
  assert.deepEqual(plain.slice(3), ["2 MiB\n"]);
});

test("--help teaches with examples", async () => {
  const { status, stdout } = await runMuster(["simulate", "--help"]);
  assert.equal(status, 0);
  assert.match(stdout, /muster simulate -f wpa\.yaml --traffic step:before=10,after=200 --service 3s/);
});
