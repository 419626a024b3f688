import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { historyPolicy, trafficIn } from "../../support/history-policy.ts";
import { runMuster } from "../../support/muster.ts";
import { PROMETHEUS_PAST, startPrometheus } from "../../support/servers/prometheus.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-history-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const policy = historyPolicy(folder);

const MINUTE = 60;
const DAYS = 9;
const END = Math.floor(Date.now() / 1000 / 3_600) * 3_600 - 2 * 3_600;
const START = END - DAYS * 86_400;
/** A day in which the counter begins anew; an hour in which nobody scraped. */
const RESET_AT = START + 5 * 86_400;
const [GAP_FROM, GAP_TO] = [START + 7 * 86_400, START + 7 * 86_400 + 3_600];

/** A counter that grows by 3 a minute, as it was scraped each minute for nine days; and two series of another name. */
function past(): string {
  const lines = ["# TYPE mails counter"];
  for (let at = START; at <= END; at += MINUTE) {
    if (at > GAP_FROM && at < GAP_TO) continue;
    lines.push(`mails_total ${((at - (at < RESET_AT ? START : RESET_AT)) / MINUTE) * 3} ${at}`);
  }
  lines.push("# TYPE lag gauge");
  for (const queue of ["a", "b"]) lines.push(`lag{queue="${queue}"} 5 ${START}`);
  return `${lines.join("\n")}\n# EOF\n`;
}

const iso = (second: number) => new Date(second * 1000).toISOString();

test("the past of a real Prometheus", { skip: PROMETHEUS_PAST.skip, timeout: 500_000 }, async (t) => {
  const url = await startPrometheus(t, "127.0.0.1:9", { past: past() });
  const simulate = (...words: string[]) =>
    runMuster(["simulate", "-f", policy, "--history", "prometheus", "--history-url", url, ...words]);
  const range = ["--from", iso(START), "--to", iso(END)];

  await t.test(
    "more points than it gives at once are read in several requests, and none is lost or counted twice",
    async () => {
      const words = ["--history-query", "mails_total", "--history-kind", "counter", "-o", "json"];
      const { status, stdout, stderr } = await simulate(...words, ...range);
      assert.equal(status, 0, stderr);
      const { messages, seconds, start, remarks } = trafficIn(stdout);
      // Less the growth of the minute in which it began anew, which nobody knows.
      assert.equal(messages, DAYS * 1440 * 3 - 3);
      assert.equal(start, iso(START));
      assert.ok(Math.abs(seconds - DAYS * 86_400) <= 300, String(seconds));
      // For five minutes Prometheus still gives the last value of what it no longer finds.
      assert.match(
        remarks.join("\n"),
        /^There is a gap of 5[45] min from .*Z on: what the counter grew by then is spread evenly over it\.\nThe counter began anew once: from 0, as far as one can tell\.$/,
      );
    },
  );

  await t.test("a rate a second is multiplied by the step, and a count is taken as it is", async () => {
    const day = ["--from", iso(START + 86_400), "--to", iso(START + 2 * 86_400), "-o", "json"];
    const rate = await simulate("--history-query", "rate(mails_total[5m])", "--history-kind", "rate", ...day);
    assert.equal(rate.status, 0, rate.stderr);
    assert.ok(Math.abs(trafficIn(rate.stdout).messages - 1440 * 3) < 1, rate.stdout);
    const count = await simulate(
      "--history-query",
      "increase(mails_total[5m])",
      "--history-kind",
      "count",
      "--step",
      "5m",
      ...day,
    );
    const { messages, start } = trafficIn(count.stdout);
    assert.ok(Math.abs(messages - 1440 * 3) < 1, String(messages));
    assert.equal(start, iso(START + 86_400), "what grew in the five minutes before a point came in those");
  });

  await t.test("a gap has no messages, and is told", async () => {
    const words = ["--history-query", "increase(mails_total[1m1s])", "--history-kind", "count"];
    const { stdout, stderr, status } = await simulate(
      ...words,
      "--from",
      iso(GAP_FROM - 7_200),
      "--to",
      iso(GAP_TO + 7_200),
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /There is a gap of (59 min|1 h) from .*Z on: no messages then\./);
  });

  await t.test("what a gauge was is played by its own policy's query", async () => {
    const file = join(folder, "phpa.yaml");
    writeFileSync(
      file,
      `kind: PHPAConfig
deployment: { name: mails, namespace: shop, minReplicas: 1, maxReplicas: 9, fallbackReplicas: 2 }
metric: { name: rate, metricType: negative, metricThreshold: 1, metricMargin: 1 }
metricServer: { adaptor: prometheus, prometheus: { host: "http://127.0.0.1", port: ${new URL(url).port}, query: "rate(mails_total[5m]) * 60" } }
`,
    );
    const range = ["--from", iso(GAP_FROM - 3_600), "--to", iso(GAP_TO + 3_600)];
    const words = ["simulate", "-f", file, "--history", "own", "--history-kind", "value", ...range, "-o", "json"];
    const { status, stdout, stderr } = await runMuster(words);
    assert.equal(status, 0, stderr);
    const [{ scaled, looks }] = JSON.parse(stdout).policies;
    assert.deepEqual(Object.values(scaled[0].values), [3]);
    assert.equal(scaled[0].to, 2);
    assert.ok(looks.failed > 20, "the hour in which nobody scraped");
  });

  await t.test("the settings may stand in a file, as in a manifest, and tune plays the same", async () => {
    const file = join(folder, "mails.yaml");
    writeFileSync(file, `source: { prometheus: { url: "${url}", query: "rate(mails_total[5m])" } }\n`);
    const manifest = join(folder, "tuned.yaml");
    const { status, stdout, stderr } = await runMuster([
      ...[
        "tune",
        "-f",
        policy,
        "--history",
        file,
        "--history-kind",
        "rate",
        "--service",
        "30s",
        "--tries",
        "4",
        "--runs",
        "2",
      ],
      ...["--vary", "spec.targetMessagesPerWorker=5,10", "--objective", "5m", "--write", manifest],
      ...["--from", iso(START + 86_400), "--to", iso(START + 1.5 * 86_400)],
    ]);
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /prometheus rate\(mails_total\[5m\]\), the first 70 %: about/);
    assert.match(readFileSync(manifest, "utf8"), /targetMessagesPerWorker: (5|10)/);
  });

  for (const [what, query, expected] of [
    [
      "two series",
      "lag",
      /--history: prometheus: expected one series, got 2: aggregate them, for instance by sum\(\) \(Malformed\)/,
    ],
    ["a query with a mistake", "sum(", /api\/v1\/query_range answered 400: .*parse error/],
    ["no series at all", "nothing", /--history: prometheus nothing: expected points, got none/],
    [
      "numbers that are no number of messages",
      "-mails_total",
      /expected a number of messages, 0 or more, got -\d+ at 20/,
    ],
  ] as const) {
    await t.test(`${what} is a mistake that is told`, async () => {
      const { status, stderr, stdout } = await simulate(
        "--history-query",
        query,
        "--history-kind",
        "count",
        "--from",
        iso(START),
        "--to",
        iso(START + 240),
      );
      assert.equal(status, 2, stdout);
      assert.match(stderr, expected);
    });
  }
});
