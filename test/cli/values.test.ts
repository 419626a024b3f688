import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { runMuster } from "../support/muster.ts";
import { scriptedHttp } from "../support/scripted-http.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-values-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const PHPA = "examples/phpa.yaml";
const BOTH = "examples/worker-autoscaler.yaml";
const START = Date.UTC(2024, 5, 1);
const minutes = (count: number, value: (minute: number) => number | string) =>
  Array.from({ length: count }, (_, minute) => `${new Date(START + minute * 60_000).toISOString()},${value(minute)}`);
/** An hour in the band, two above it, half an hour without a value, and an hour below it. */
const LAG = `time,lag\n${minutes(270, (minute) => {
  if (minute < 60) return 1_500_000;
  if (minute < 180) return 1_700_000;
  return minute < 210 ? "" : 1_000_000;
}).join("\n")}\n`;
const lag = file("lag.csv", LAG);

interface Policy {
  readonly policy: string;
  readonly measures: Readonly<Record<string, number>>;
  readonly scaled: readonly {
    readonly at: number;
    readonly from: number;
    readonly to: number;
    readonly because: string;
  }[];
  readonly series?: { readonly values: Readonly<Record<string, readonly (number | null)[]>> };
}

async function policiesIn(words: readonly string[]): Promise<readonly Policy[]> {
  const { status, stdout, stderr } = await runMuster(["simulate", ...words, "-o", "json"]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout).policies;
}

test("open loop: what would have been decided when, with its reason, a summary and what has to be known", async () => {
  const { status, stdout, stderr } = await runMuster(["simulate", "-f", PHPA, "--values", lag]);
  assert.equal(status, 0, stderr);

  const [head = "", first = ""] = stdout.split("\n");
  assert.match(head, /^time +to +metric +replicas +steps +why, at first$/);
  assert.match(
    first,
    /^2024-06-01T01:0\d:\d\dZ +0[123]:\d\d:\d\dZ +1700000 +1 -> 32 +31 +metric is 1700000, above 1600000/,
  );
  assert.match(
    stdout,
    /Z +- +\d+ -> \d+ +\d+ +metric cannot be read \(NotFound: nothing was recorded for this time\): the fallback is 10/,
  );
  assert.match(
    stdout,
    /^policy +replica-h +mean +peak +final +scalings +reversals +above band +below +unknown +looks +failed$/m,
  );
  assert.match(stdout, /lag\.csv: 270 values, from 2024-06-01T00:00:00Z on, for 4 h 30 min\./);
  assert.match(stdout, /30 of 270 rows have no value: looks fail then, as they would live\./);
  assert.match(stdout, /Open loop: the values are as they were recorded/);
});

test("time never runs back: no cool-down of two minutes ends sooner", async () => {
  for (const seed of ["1", "2", "3"]) {
    const [policy] = await policiesIn(["-f", PHPA, "--values", lag, "--seed", seed]);
    const times = policy?.scaled.map(({ at }) => at) ?? [];
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? Number.NaN));
    assert.ok(pauses.length > 30 && pauses.every((pause) => pause >= 119.999), String(pauses));
  }
});

test("the same command gives the same bytes, from a file, a packed one and standard input", async () => {
  const run = async (path: string, input = "") =>
    (await runMuster(["simulate", "-f", PHPA, "--values", path], { input })).stdout.replaceAll(
      `${path === "-" ? "standard input" : path}:`,
      "FILE:",
    );
  const plain = await run(lag);
  assert.ok(plain.length > 500);
  assert.equal(await run(lag), plain);
  assert.equal(await run(file("lag.csv.gz", gzipSync(LAG))), plain);
  assert.equal(await run("-", LAG), plain);
});

test("closed loop: the model moves the value, and what would have been decided changes with it", async () => {
  const [open] = await policiesIn(["-f", PHPA, "--values", lag]);
  const [closed] = await policiesIn([
    "-f",
    PHPA,
    "--values",
    lag,
    "--plant",
    "perReplica=-60000,after=60s,settle=120s,baseline=1",
  ]);
  assert.ok((closed?.measures.peakReplicas ?? 99) < (open?.measures.peakReplicas ?? 0));
  assert.ok((closed?.measures.shareAbove ?? 1) < (open?.measures.shareAbove ?? 0) / 2);
  const { stdout } = await runMuster([
    "simulate",
    "-f",
    PHPA,
    "--values",
    lag,
    "--plant",
    "perReplicaMinute=-9000,baseline=1",
  ]);
  assert.match(stdout, /Closed loop: .* by the model perReplicaMinute=-9000,baseline=1\./);
});

test("all formats, several signals with a file each, several policies and sweeps", async () => {
  const queue = file("queue.csv", `time,value\n${minutes(120, (minute) => (minute < 60 ? 0 : 400)).join("\n")}\n`);
  const two = ["--values", `queue=${queue}`, "--values", `lag=${lag}`];
  const [newsletter] = await policiesIn(["-f", BOTH, ...two, "--series"]);
  assert.ok((newsletter?.measures.peakReplicas ?? 0) > 1);
  assert.deepEqual(Object.keys(newsletter?.series?.values ?? {}).slice(0, 2), ["queue", "lag"]);
  const wpa = await policiesIn(["-f", "examples/worker-pod-autoscaler.yaml", "-f", PHPA, "--values", queue]);
  assert.deepEqual(
    wpa.map(({ policy }) => policy),
    ["example-wpa", "precomputation-consumer"],
  );
  assert.equal(wpa[0]?.scaled[0]?.at, 3_600);
  const swept = await policiesIn(["-f", PHPA, "--values", lag, "--sweep", "up_step_size=1,4"]);
  assert.deepEqual(
    swept.map(({ policy }) => policy),
    ["up_step_size=1", "up_step_size=4"],
  );
  const many = await policiesIn(["-f", PHPA, "--values", lag, "--sweep", "up_step_size=1..14", "--series"]);
  assert.equal(many.length, 14);
  assert.ok(many[0]?.series !== undefined && many[13]?.series === undefined, "the course of hundreds is not kept");
  assert.ok((many[13]?.measures.scaleEvents ?? 0) > 0);
});

test("the value against its band and the replicas are a picture and a page", async () => {
  const [svg, page] = [join(folder, "chart.svg"), join(folder, "page.html")];
  const { status, stderr } = await runMuster(["simulate", "-f", PHPA, "--values", lag, "--svg", svg, "--report", page]);
  assert.equal(status, 0, stderr);
  const drawn = readFileSync(svg, "utf8");
  for (const text of [
    "precomputation-consumer: metric<",
    "precomputation-consumer: replicas<",
    ">1400000<",
    ">1600000<",
  ]) {
    assert.ok(drawn.includes(text), text);
  }
  assert.ok(!/NaN|null/.test(drawn));
  assert.ok(readFileSync(page, "utf8").includes('"limits":{"metric":[1400000,1600000]}'));
});

test("values straight from a server: a query of one's own, or the policy's own", async (t) => {
  const NOW = Math.floor(Date.now() / 60_000) * 60;
  const values = Array.from({ length: 60 }, (_, minute) => [NOW - 3_600 + minute * 60, minute < 30 ? "50" : "NaN"]);
  const body = { data: { resultType: "matrix", result: [{ values }] } };
  const server = await scriptedHttp(() => ({ body }));
  t.after(() => server.close());
  const manifest = file(
    "own.yaml",
    `kind: PHPAConfig
deployment: { name: mails, namespace: shop, minReplicas: 1, maxReplicas: 9, fallbackReplicas: 2 }
metric: { name: rate, metricType: negative, metricThreshold: 5, metricMargin: 1 }
metricServer: { adaptor: prometheus, prometheus: { host: "http://127.0.0.1", port: ${server.port}, query: "lag" } }
`,
  );
  const own = ["-f", manifest, "--history", "own", "--history-kind", "value", "--from", "1h"];
  const [first] = await policiesIn(own);
  assert.ok((first?.measures.scaleEvents ?? 0) > 0);
  assert.ok((first?.measures.failedLooks ?? 0) > 0, "NaN is a missing value");
  assert.equal(server.requests[0]?.url.searchParams.get("query"), "lag");
  const named = [
    "--history",
    "prometheus",
    "--history-url",
    server.url,
    "--history-query",
    "other",
    "--history-kind",
    "value",
  ];
  const [second] = await policiesIn(["-f", manifest, ...named, "--from", "1h"]);
  assert.deepEqual(second?.measures, first?.measures);
  server.follow(() => ({ body: { data: { resultType: "matrix", result: [] } } }));
  const none = await runMuster(["simulate", ...own]);
  assert.match(none.stderr, /--history: prometheus lag: expected points, got none/);
});

test("what is written wrongly is told with what was expected", async () => {
  const unsorted = file("unsorted.csv", "time,lag\n60,5\n0,5\n");
  const text = file("text.csv", "time,lag\n0,5\n60,lots\n");
  const plant = (model: string) => ["-f", PHPA, "--values", lag, "--plant", model];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["-f", PHPA, "--values", join(folder, "none.csv")], /none\.csv: cannot be read: ENOENT/],
    [["-f", PHPA, "--values", unsorted], /unsorted\.csv:3: expected times in their order/],
    [["-f", PHPA, "--values", text], /text\.csv:3: expected a number, or nothing where there was none, got "lots"/],
    [
      ["-f", PHPA, "--values", lag, "--values", lag],
      /--values: expected one file for each signal, got several: write SIGNAL=FILE/,
    ],
    [
      ["-f", BOTH, "--values", lag],
      /newsletter: expected values of one signal, got a policy with 2 \(queue, lag\): write SIGNAL=FILE/,
    ],
    [["-f", BOTH, "--values", `lag=${lag}`], /newsletter: expected --values SIGNAL=FILE for queue, got none/],
    [["-f", BOTH, "--values", `lga=${lag}`], /--values: expected a signal of queue, lag, .*got "lga"/],
    [["-f", PHPA, "--values", lag, "--traffic", "steady"], /expected one of them, got --values and --traffic/],
    [["-f", PHPA, "--values", lag, "--history", "own"], /expected --values or --history, got both/],
    [["-f", PHPA, "--values", lag, "--runs", "3"], /--runs: expected 1 with recorded values/],
    [["-f", PHPA, "--values", lag, "--sees", "metric=waiting"], /--sees: expected none with recorded values/],
    [["-f", PHPA, "--values", lag, "--value-column", "x"], /lag\.csv:1: expected a column "x", got "time", "lag"/],
    [["-f", PHPA, "--values", lag, "--time-zone", "Mars"], /--time-zone: expected an IANA time zone/],
    [plant("perReplica=-5"), /--plant: expected baseline=REPLICAS, the workers that there were/],
    [
      plant("perReplica=-5,perReplicaMinute=1,baseline=1"),
      /--plant: expected perReplica or perReplicaMinute, got both/,
    ],
    [plant("baseline=1"), /--plant: expected perReplica or perReplicaMinute, got neither/],
    [plant("perReplica=much,baseline=1"), /--plant: expected perReplica to be a number, got "much"/],
    [plant("perReplica=-5,after=soon,baseline=1"), /--plant: expected after to be a duration such as 60s, got "soon"/],
    [plant("perReplica=-5,befor=1s"), /--plant: expected one of perReplica, .* got "befor"/],
    [
      plant("lag:perReplica=-5,baseline=1"),
      /--plant: expected a signal with values before a colon \(metric\), got "lag"/,
    ],
    [plant("hello"), /--plant: expected a model such as perReplica=-5,after=60s/],
    [[...plant("perReplica=-5,baseline=1"), "--lag", "10s"], /--plant: expected no --lag and --hidden-lag beside it/],
  ];
  for (const [words, expected] of cases) {
    const { status, stderr, stdout } = await runMuster(["simulate", ...words]);
    assert.equal(status, 2, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stdout, "");
  }
});
