import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { decide, type SignalState } from "../../src/core/index.ts";
import { DEFAULTS, parseFile } from "../../src/formats/formats.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { type ScriptedRequest, scriptedHttp } from "../support/scripted-http.ts";
import { sourceTools } from "../support/source-tools.ts";

/** A file of the shapes that PHPA's users have, and what it must come to. */
interface Example {
  readonly text: string;
  readonly workload: string;
  readonly bounds: readonly [min: number, max: number, fallback: number | undefined];
  readonly band: readonly [low: number, high: number];
  readonly highIsBusy: boolean;
  readonly seconds: readonly [coolDown: number, interval: number];
  readonly mode: "Active" | "DryRun";
  /** What the metric server is to be asked, by parameter. */
  readonly asked: Readonly<Record<string, string>>;
}

const workload = (kind: string, fields: string) => `${kind}:\n  ${fields.split(", ").join("\n  ")}\n`;
const server = (adaptor: string, query: string, more = "") => `metricServer:
  adaptor: '${adaptor}'
  ${adaptor}:
    host: 'HOST'
    port: 'PORT'${more}
    query: ${JSON.stringify(query)}
`;
const metric = (type: string, threshold: string, margin: string) =>
  `metric:\n  name: 'load'\n  metricType: '${type}'\n  metricThreshold: '${threshold}'\n  metricMargin: '${margin}'\n`;
const HEAD = "version: 'v1'\nkind: 'PHPAConfig'\nverbose: 'true'\n";
const LOGIN = (user: string) => `\n    username: '${user}'\n    password: '${user}'\n    database: 'stats'`;
const FREE_THREADS = `SELECT mean("free") FROM "puma" WHERE ("env" = 'staging') AND time >= now() - 10m GROUP BY time(3m)`;
const LAG =
  "sumSeries(summarize(production.lag.cluster-1.topics.*_production.group.*_consumer.lag, '30min', 'max', false))";
const LATENCY = "summarize(sumSeries(production.sidekiq.*.latency), '5min', 'max', false)";
const VOLUME = "summarize(production.lag.cluster-1.topics.*.production_*.lag, '1min', 'avg', false)";

const EXAMPLES: Readonly<Record<string, Example>> = {
  "the article's: a consumer's lag, in a dry run": {
    text: `${HEAD}dryRun: 'true'\nactionCooldown: '120'\ninterval: '60'\n${workload(
      "deployment",
      "name: 'consumer', namespace: 'queues', minReplicas: '1', maxReplicas: '32', fallbackReplicas: '10'",
    )}${metric("negative", "1500000", "100000")}${server("graphite", `${LAG}&from=-60min&until=now`)}`,
    workload: "Deployment queues/consumer",
    bounds: [1, 32, 10],
    band: [1_400_000, 1_600_000],
    highIsBusy: true,
    seconds: [120, 60],
    mode: "DryRun",
    asked: { target: LAG, from: "-60min", until: "now", format: "json" },
  },
  "a queue's latency: no cool-down of its own, and the default interval": {
    text: `${HEAD}actionCooldown: '0'\n${workload(
      "deployment",
      "name: 'sidekiq', namespace: 'jobs', minReplicas: '1', maxReplicas: '6', fallbackReplicas: '2'",
    )}${metric("negative", "180", "120")}${server("graphite", `${LATENCY}&from=-45min&until=now`)}`,
    workload: "Deployment jobs/sidekiq",
    bounds: [1, 6, 2],
    band: [60, 300],
    highIsBusy: true,
    seconds: [300, 300],
    mode: "Active",
    asked: { target: LATENCY, from: "-45min", until: "now", format: "json" },
  },
  "a query that begins with target= and states the format, steps, and no fallback": {
    text: `${HEAD}fallbackEnabled: 'false'\nactionCooldown: '300'\ninterval: '300'\nup_step_size: '1'\ndown_step_size: '1'\n${workload(
      "deployment",
      "name: 'backend', namespace: 'default', minReplicas: '1', maxReplicas: '4', fallbackReplicas: '2'",
    )}${metric("negative", "32", "16")}${server("graphite", `target=${VOLUME}&from=-10min&until=now&format=json`)}`,
    workload: "Deployment default/backend",
    bounds: [1, 4, undefined],
    band: [16, 48],
    highIsBusy: true,
    seconds: [300, 300],
    mode: "Active",
    asked: { target: VOLUME, from: "-10min", until: "now", format: "json" },
  },
  "free threads in InfluxDB, which asks for no login": {
    text: `${HEAD}${workload(
      "deployment",
      "name: 'backend', namespace: 'app', minReplicas: '1', maxReplicas: '4', fallbackReplicas: '2'",
    )}${metric("positive", "16", "8")}${server("influxdb", FREE_THREADS, LOGIN(""))}`,
    workload: "Deployment app/backend",
    bounds: [1, 4, 2],
    band: [8, 24],
    highIsBusy: false,
    seconds: [300, 300],
    mode: "Active",
    asked: { db: "stats", q: FREE_THREADS },
  },
  "both blocks, of which the adaptor's counts": {
    text: `${HEAD}dryRun: true\n${workload(
      "deployment",
      "name: backend, namespace: default, minReplicas: 1, maxReplicas: 4, fallbackReplicas: 2",
    )}${metric("negative", "32", "16")}${server("influxdb", FREE_THREADS, LOGIN("admin"))}  graphite: {host: 'elsewhere', port: '8013', query: 'target=x'}\n`,
    workload: "Deployment default/backend",
    bounds: [1, 4, 2],
    band: [16, 48],
    highIsBusy: true,
    seconds: [300, 300],
    mode: "DryRun",
    asked: { db: "stats", q: FREE_THREADS },
  },
  "a StatefulSet": {
    text: `${HEAD}interval: '300'\n${workload(
      "statefulset",
      "name: 'query-db', namespace: 'query-db', minReplicas: '1', maxReplicas: '4', fallbackReplicas: '2'",
    )}${metric("negative", "40", "20")}${server("graphite", `${LATENCY}&from=-15min&until=now`)}`,
    workload: "StatefulSet query-db/query-db",
    bounds: [1, 4, 2],
    band: [20, 60],
    highIsBusy: true,
    seconds: [300, 300],
    mode: "Active",
    asked: { target: LATENCY, from: "-15min", until: "now", format: "json" },
  },
};

for (const [what, example] of Object.entries(EXAMPLES)) {
  test(`PHPA runs on ${what}: the same band, bounds, times and question`, () => {
    const { mode, target, signals, ...one } = autoscalerOf(example, 80);
    assert.equal(`${target.kind} ${target.namespace}/${target.name}`, example.workload);
    assert.deepEqual([one.minReplicas, one.maxReplicas, one.fallback?.replicas], example.bounds);
    assert.deepEqual([one.coolDownSeconds, one.pollIntervalSeconds], example.seconds);
    assert.equal(mode, example.mode);
    const [low, high] = example.band;
    const direction = example.highIsBusy ? "HighIsBusy" : "HighIsIdle";
    assert.deepEqual(signals[0]?.rule, { kind: "band", low, high, direction, stepUp: 1, stepDown: 1 });
  });

  test(`PHPA decides on ${what}: within the band nothing, beyond it one step, without the metric the fallback`, async (t) => {
    const [low, high] = example.band;
    const [min, max, fallback] = example.bounds;
    const up = example.highIsBusy ? 1 : -1;
    for (const [value, step] of [
      [low, 0],
      [high, 0],
      [(low + high) / 2, 0],
      [high + 1, up],
      [low - 1, -up],
    ] as const) {
      const seen = await looked(t, example, value);
      assert.equal(desired(example, 3, seen), 3 + step, `at ${value}`);
      assert.equal(desired(example, max, seen), Math.min(max, max + step), `at ${value} and maxReplicas`);
      assert.equal(desired(example, min, seen), Math.max(min, min + step), `at ${value} and minReplicas`);
      assert.equal(desired(example, max + 3, seen), max, "above maxReplicas");
      assert.equal(desired(example, 0, seen), min, "below minReplicas");
    }
    const lost: SignalState = { failure: { kind: "Unavailable", message: "down" }, doubtSince: 0 };
    if (fallback === undefined) assert.equal(desired(example, 3, lost), 3);
    else {
      assert.equal(desired(example, fallback + 1, lost), fallback);
      assert.equal(desired(example, fallback, lost), fallback);
      assert.equal(desired(example, fallback - 1, lost), fallback);
    }
  });
}

test("the same file whose indentation was lost on its way is refused with the line", () => {
  const text = EXAMPLES["a StatefulSet"]?.text.replace(/^ +/gm, "") ?? "";
  const { problems, ...rest } = parseFile(text, "a.yaml", DEFAULTS);
  assert.ok(!("autoscaler" in rest));
  assert.match(problems[0]?.message ?? "", /expected YAML, got map keys must be unique/);
  assert.match(problems[0]?.remedy ?? "", /indentation/);
  assert.ok((problems[0]?.line ?? 0) > 1);
});

function autoscalerOf({ text }: Example, port: number) {
  const parsed = parseFile(text.replace("HOST", "127.0.0.1").replace("'PORT'", `'${port}'`), "a.yaml", DEFAULTS);
  assert.ok("autoscaler" in parsed, JSON.stringify(parsed.problems));
  return parsed.autoscaler;
}

/** What a look at a server with that value gives; the server must have been asked what the file says. */
async function looked(t: TestContext, example: Example, value: number): Promise<SignalState> {
  const requests: ScriptedRequest[] = [];
  const http = await scriptedHttp((request) => {
    requests.push(request);
    return { body: "q" in example.asked ? influxAnswer(value) : graphiteAnswer(value) };
  });
  t.after(() => http.close());
  const { type, settings } = autoscalerOf(example, http.port).signals[0]?.source ?? { type: "", settings: {} };
  const source = SOURCES.find((one) => one.type === type)?.connect(settings, sourceTools());
  const reading = await source?.read(AbortSignal.timeout(10_000));
  await source?.close?.();
  const [request] = requests;
  const given = new URLSearchParams([...(request?.url.searchParams ?? []), ...new URLSearchParams(request?.body)]);
  for (const [name, asked] of Object.entries(example.asked)) assert.equal(given.get(name), asked);
  assert.equal(reading?.value, value);
  return { reading };
}

function graphiteAnswer(value: number): object {
  const now = Math.floor(Date.now() / 1000);
  return [
    {
      target: "x",
      datapoints: [
        [1, now - 120],
        [value, now - 60],
        [null, now],
      ],
    },
  ];
}

function influxAnswer(value: number): object {
  const values = [
    [Date.now() - 180_000, 1],
    [Date.now(), value],
  ];
  return { results: [{ statement_id: 0, series: [{ name: "puma", columns: ["time", "mean"], values }] }] };
}

function desired(example: Example, currentReplicas: number, metricState: SignalState): number {
  const autoscaler = autoscalerOf(example, 80);
  return decide({ autoscaler, currentReplicas, signals: { metric: metricState }, memory: {}, now: Date.now() })
    .desiredReplicas;
}
