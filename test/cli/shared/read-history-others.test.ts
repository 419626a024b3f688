import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { historyPolicy, trafficIn } from "../../support/history-policy.ts";
import { runMuster } from "../../support/muster.ts";
import { scriptedHttp } from "../../support/scripted-http.ts";
import { GRAPHITE, startGraphite } from "../../support/servers/graphite.ts";
import { INFLUXDB, startInfluxdb } from "../../support/servers/influxdb.ts";
import { sqsServer, useTestCredentials } from "../../support/sqs.ts";
import { eventually } from "../../support/waiting.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-history-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const policy = historyPolicy(folder);
const MINUTE = 60_000;
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE;
const iso = (at: number) => new Date(at).toISOString();
const simulate = (words: readonly string[], env: Record<string, string> = {}) =>
  runMuster(["simulate", "-f", policy, "-o", "json", ...words], { env });

test("the past of a real Graphite, at the step of its own archive", {
  skip: GRAPHITE.skip,
  timeout: 500_000,
}, async (t) => {
  const { url, write } = await startGraphite(t);
  const from = NOW - 5 * MINUTE;
  for (let second = 0; second < 240; second += 1) {
    if (second < 60 || second >= 90) await write("shop.mails", 2, from / 1000 + second);
  }
  const words = ["--history", "graphite", "--history-url", url, "--history-kind", "count"];
  const range = ["--from", iso(from), "--to", iso(from + 4 * MINUTE)];
  await eventually(async () => {
    const { status, stdout, stderr } = await simulate([...words, ...range, "--history-query", "shop.mails&from=-2min"]);
    assert.equal(status, 0, stderr);
    const { messages, seconds, start, remarks } = trafficIn(stdout);
    assert.deepEqual([messages, seconds, start], [420, 240, iso(from)]);
    assert.deepEqual(remarks, [
      `There is a gap of 30 s from ${iso(from + MINUTE).replace(".000", "")} on: no messages then.`,
    ]);
  });
  await t.test("summarized to minutes, and as a rate", async () => {
    const query = "summarize(shop.mails,'1min','sum',true)";
    // While carbon moves points from its memory to the disk, a query may miss some.
    await eventually(async () => {
      const { stdout } = await simulate([...words, ...range, "--history-query", query]);
      assert.equal(trafficIn(stdout).messages, 420);
      const rate = await simulate([...words.slice(0, -1), "rate", ...range, "--history-query", "shop.mails"]);
      assert.equal(trafficIn(rate.stdout).messages, 420);
    });
  });
  await t.test("two series, and none, are mistakes that are told", async () => {
    await write("shop.jobs", 1, from / 1000);
    await eventually(async () => {
      const { stderr } = await simulate([...words, ...range, "--history-query", "shop.*"]);
      assert.match(stderr, /expected one series, got 2/);
    });
    const { stderr } = await simulate([...words, ...range, "--history-query", "shop.nothing"]);
    assert.match(stderr, /expected points, got none/);
  });
});

test("the past of a real InfluxDB 1", { skip: INFLUXDB.skip, timeout: 500_000 }, async (t) => {
  const { url, username, password, run, write } = await startInfluxdb(t);
  await run("create database shop");
  const from = NOW - 600 * MINUTE;
  const at = (minute: number) => from + minute * MINUTE;
  const lines = Array.from(
    { length: 600 },
    (_, minute) => `mails,queue=a n=3,total=${minute * 3} ${at(minute) + 5_000}`,
  );
  await write("shop", lines.filter((_, minute) => minute < 100 || minute >= 110).join("\n"));
  await write("shop", `mails,queue=b n=1 ${at(3)}`);
  const settings = [`database=shop`, `username=${username}`, `password=\${INFLUX_PASSWORD}`].flatMap((word) => [
    "--history-setting",
    word,
  ]);
  const ask = (query: string, kind: string) =>
    simulate(
      [
        "--history",
        "influxdb",
        "--history-url",
        url,
        ...settings,
        "--history-kind",
        kind,
        "--history-query",
        query,
        "--from",
        iso(from),
        "--to",
        iso(NOW),
      ],
      { INFLUX_PASSWORD: password },
    );
  const range = "time >= $from and time < $to and queue = 'a'";

  await t.test("sums by the minute; empty minutes hold no messages and are told", async () => {
    const { status, stdout, stderr } = await ask(
      `select sum(n) from mails where ${range} group by time($step)`,
      "count",
    );
    assert.equal(status, 0, stderr);
    const { messages, remarks } = trafficIn(stdout);
    assert.equal(messages, 590 * 3);
    assert.deepEqual(remarks, [
      `There is a gap of 10 min from ${iso(at(100)).replace(".000", "")} on: no messages then.`,
    ]);
  });
  await t.test("a counter", async () => {
    const { stdout } = await ask(`select total from mails where ${range}`, "counter");
    assert.equal(trafficIn(stdout).messages, 599 * 3);
  });
  for (const [what, query, expected] of [
    ["a query of another range", "select sum(n) from mails", /expected a query with \$from and \$to in it, such as/],
    [
      "two series",
      "select n from mails where time >= $from and time < $to group by queue",
      /expected one series, got 2/,
    ],
    ["a query with a mistake", "selec n where $from $to", /InfluxDB says|answered 400/],
  ] as const) {
    await t.test(`${what} is a mistake that is told`, async () => {
      const { status, stderr } = await ask(query, "count");
      assert.equal(status, 2);
      assert.match(stderr, expected);
      assert.ok(!stderr.includes(password));
    });
  }
});

test("the past that InfluxDB 2 and 3 tell, as their documentation shows it", async (t) => {
  const time = (minute: number) => iso(NOW + (minute - 60) * MINUTE);
  const csv = `#group,false\r\n,result,table,_start,_time,_value\r\n,,0,x,${time(0)},4\r\n,,0,x,${time(1)},\r\n,,0,x,${time(2)},6\r\n\r\n`;
  const two = await scriptedHttp(() => ({ body: csv }));
  t.after(() => two.close());
  const range = ["--from", time(0), "--to", time(3), "--history-kind", "count"];
  const flux = ["version=2", "organization=shop", `bearerToken=\${TOKEN}`].flatMap((word) => [
    "--history-setting",
    word,
  ]);
  const query =
    'from(bucket: "b") |> range(start: $from, stop: $to) |> aggregateWindow(every: $step, fn: sum, timeSrc: "_start")';
  const given = await simulate(
    ["--history", "influxdb", "--history-url", two.url, ...flux, "--history-query", query, ...range],
    { TOKEN: "t" },
  );
  assert.equal(given.status, 0, given.stderr);
  assert.equal(trafficIn(given.stdout).messages, 10);
  assert.equal(two.requests[0]?.headers.authorization, "Token t");
  assert.ok(
    two.requests[0]?.body.includes(`range(start: ${time(0)}, stop: ${time(3)}) |> aggregateWindow(every: 60000ms`),
  );

  const rows = [
    { time: time(2), n: 6 },
    { time: time(0), n: 4 },
  ];
  const three = await scriptedHttp(() => ({ body: rows }));
  t.after(() => three.close());
  const sql = ["version=3", "language=sql", "database=shop"].flatMap((word) => ["--history-setting", word]);
  const select =
    "SELECT date_bin(INTERVAL $step, time) AS time, sum(n) AS n FROM mails WHERE time >= $from AND time < $to GROUP BY 1";
  const got = await simulate([
    "--history",
    "influxdb",
    "--history-url",
    three.url,
    ...sql,
    "--history-query",
    select,
    ...range,
  ]);
  assert.equal(got.status, 0, got.stderr);
  assert.equal(trafficIn(got.stdout).messages, 10);
  assert.match(
    JSON.parse(three.requests[0]?.body ?? "").q,
    /INTERVAL '60 seconds', time\).*time >= '20.*Z' AND time < '20/,
  );
});

test("the past that CloudWatch tells of the embedded queue's account", async (context) => {
  useTestCredentials();
  const { server } = await sqsServer(context);
  const metric = { namespace: "Shop", name: "Mails", dimensions: [{ Name: "QueueName", Value: "mails" }] };
  for (let minute = 30; minute > 2; minute -= 1) server.account.metrics.add(metric, NOW - minute * MINUTE, 7);
  const settings = [
    "namespace=Shop",
    "metricName=Mails",
    "dimensions={QueueName: mails}",
    "stat=Sum",
    "region=eu-west-1",
  ];
  const words = (name: string) => [
    ...[
      "--history",
      "cloudwatch",
      "--history-url",
      server.url,
      "--history-kind",
      "count",
      "--from",
      iso(NOW - 30 * MINUTE),
    ],
    ...settings.map((word) => word.replace("=Mails", `=${name}`)).flatMap((word) => ["--history-setting", word]),
  ];
  const { status, stdout, stderr } = await simulate(words("Mails"));
  assert.equal(status, 0, stderr);
  const { messages, start, name } = trafficIn(stdout);
  assert.deepEqual([messages, start, name], [28 * 7, iso(NOW - 30 * MINUTE), "cloudwatch Shop Mails"]);
  const odd = await simulate([...words("Mails"), "--step", "90s"]);
  assert.match(
    odd.stderr,
    /--history: cloudwatch\.periodSeconds: expected 1, 5, 10, 20, 30 or a multiple of 60 seconds, got 90/,
  );
  const none = await simulate(words("Jobs"));
  assert.match(none.stderr, /--history: cloudwatch Shop Jobs: expected points, got none/);
});

test("the series that a policy is decided by, without being written down again", async (t) => {
  const values = [
    [NOW / 1000 - 120, "1"],
    [NOW / 1000 - 60, "2"],
  ];
  const server = await scriptedHttp(() => ({ body: { data: { resultType: "matrix", result: [{ values }] } } }));
  t.after(() => server.close());
  const file = join(folder, "own.yaml");
  writeFileSync(
    file,
    `kind: PHPAConfig
deployment: { name: mails, namespace: shop, minReplicas: 1, maxReplicas: 9, fallbackReplicas: 2 }
metric: { name: rate, metricType: negative, metricThreshold: 5, metricMargin: 1 }
metricServer: { adaptor: prometheus, prometheus: { host: "${server.url.replace(/:\d+$/, "")}", port: ${server.port}, query: "sum(rate(mails[1m]))" } }
`,
  );
  const words = ["simulate", "-f", file, "--history", "own", "--history-kind", "rate", "-o", "json", "--from", "10m"];
  const { status, stdout, stderr } = await runMuster(words);
  assert.equal(status, 0, stderr);
  assert.equal(trafficIn(stdout).messages, 180);
  assert.equal(server.requests[0]?.url.searchParams.get("query"), "sum(rate(mails[1m]))");
});
