import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { Parsed } from "../../src/core/index.ts";
import { DEFAULTS, parseFile } from "../../src/formats/formats.ts";
import { parsePhpa, phpaMemoryAtStart } from "../../src/formats/phpa.ts";
import { describeProblem } from "../../src/formats/problems.ts";

/** The example of PHPA's own article. */
const EXAMPLE = `version: 'v1' # PHPA version
kind: 'PHPAConfig' # Indicates that it's PHPA config file and not any random yaml file
verbose: 'true' # controls log level
dryRun: 'true'
actionCooldown: '120' # in seconds
interval: '60' # in seconds
deployment: # info about target deployment which we will auto-scale
  name: 'production-precomputation-consumer'
  namespace: 'precomputation-consumer'
  minReplicas: '1'
  maxReplicas: '32'
  fallbackReplicas: '10'
metric:
  # This config block contains configs which are used to decide an action
  # based on metric value
  name: 'precomputation_consumer_lag'
  metricType: 'negative'
  metricThreshold: '1500000'
  metricMargin: '100000'
metricServer:
  adaptor: 'graphite'
  graphite:
    host: 'graphite-1'
    port: '80'
    query: "sumSeries(summarize(production.kafka-lag.kafka-cluster-1.topics.*_production.consumer-group.*_precomputation.lag, '30min', 'max', false))&from=-60min&until=now"
`;

function autoscaler(text: string) {
  const parsed = parseFile(text, "a.yaml", DEFAULTS);
  if (!("autoscaler" in parsed)) throw new Error(parsed.problems.map(describeProblem).join("\n"));
  return parsed.autoscaler;
}

function problems(text: string): readonly string[] {
  const parsed: Parsed = parseFile(text, "a.yaml", DEFAULTS);
  assert.ok(!("autoscaler" in parsed), "expected errors");
  return parsed.problems.filter(({ severity }) => severity !== "warning").map(describeProblem);
}

/** The example with one line written otherwise, or left out. */
function changed(key: string, replacement = ""): string {
  const lines = EXAMPLE.split("\n");
  const index = lines.findIndex((line) => line.trim().startsWith(`${key}:`));
  assert.ok(index >= 0, key);
  const indent = /^ */.exec(lines[index] ?? "")?.[0] ?? "";
  lines.splice(index, 1, ...(replacement === "" ? [] : [`${indent}${replacement}`]));
  return lines.join("\n");
}

test("the example of PHPA's article is understood as PHPA does", () => {
  const { signals, ...rest } = autoscaler(EXAMPLE);
  assert.deepEqual(rest, {
    id: "PHPAConfig/a.yaml",
    origin: {
      kind: "PHPAConfig",
      namespace: "precomputation-consumer",
      name: "production-precomputation-consumer",
      file: "a.yaml",
    },
    profile: "phpa",
    target: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace: "precomputation-consumer",
      name: "production-precomputation-consumer",
    },
    minReplicas: 1,
    maxReplicas: 32,
    mode: "DryRun",
    coolDownSeconds: 120,
    pollIntervalSeconds: 60,
    fallback: { replicas: 10, approach: "Stepwise", afterSeconds: 35 },
  });
  const [signal] = signals;
  assert.deepEqual(signal?.rule, {
    kind: "band",
    low: 1_400_000,
    high: 1_600_000,
    direction: "HighIsBusy",
    stepUp: 1,
    stepDown: 1,
  });
  assert.equal(signal?.source.type, "graphite");
  assert.equal(signal?.source.settings.url, "http://graphite-1:80");
  assert.match(String(signal?.source.settings.query), /&from=-60min&until=now$/);
});

test("buckets of half an hour are fresh for an hour", () => {
  assert.equal(autoscaler(EXAMPLE).signals[0]?.freshnessSeconds, 3600);
  assert.equal(autoscaler(changed("query", "query: a.b.c")).signals[0]?.freshnessSeconds, 600);
});

test("quotes make no difference, to booleans least of all", () => {
  const unquoted = EXAMPLE.replaceAll("'true'", "true").replace(/'(\d+)'/g, "$1");
  assert.deepEqual(autoscaler(unquoted), autoscaler(EXAMPLE));
  for (const [written, mode] of [
    ["dryRun: true", "DryRun"],
    ["dryRun: 'true'", "DryRun"],
    ["dryRun: True", "DryRun"],
    ["dryRun: false", "Active"],
    ["dryRun: 'false'", "Active"],
  ] as const) {
    assert.equal(autoscaler(changed("dryRun", written)).mode, mode, written);
  }
  for (const written of ["fallbackEnabled: false", "fallbackEnabled: 'false'"]) {
    assert.equal(autoscaler(changed("verbose", written)).fallback, undefined, written);
  }
});

test("what may be left out has PHPA's default", () => {
  const text = ["verbose", "dryRun", "actionCooldown", "interval", "version"].reduce(
    (left, key) => left.replace(new RegExp(`^${key}:.*\n`, "m"), ""),
    EXAMPLE,
  );
  const { mode, coolDownSeconds, pollIntervalSeconds } = autoscaler(text);
  assert.deepEqual([mode, coolDownSeconds, pollIntervalSeconds], ["Active", 300, 300]);
});

test("each key that must be there is asked for by its path, line and column", () => {
  const needed: Record<string, string> = {
    name: "deployment.name",
    namespace: "deployment.namespace",
    minReplicas: "deployment.minReplicas",
    maxReplicas: "deployment.maxReplicas",
    fallbackReplicas: "deployment.fallbackReplicas",
    metricType: "metric.metricType",
    metricThreshold: "metric.metricThreshold",
    metricMargin: "metric.metricMargin",
    adaptor: "metricServer.adaptor",
    host: "metricServer.graphite.host",
    port: "metricServer.graphite.port",
    query: "metricServer.graphite.query",
  };
  for (const [key, path] of Object.entries(needed)) {
    const found = problems(changed(key));
    assert.equal(found.length, 1, `${key}: ${found.join("; ")}`);
    assert.match(found[0] ?? "", new RegExp(`^a\\.yaml:\\d+:\\d+: ${path}: expected .*got nothing`));
  }
  assert.match(problems(changed("kind"))[0] ?? "", /kind: expected one of .*PHPAConfig.*got nothing/);
});

test("each key of the wrong type or out of range is named with its value", () => {
  const wrong: [string, string, RegExp][] = [
    ["version", "version: v2", /version: expected v1, got "v2"/],
    ["dryRun", "dryRun: maybe", /dryRun: expected true or false, got "maybe"/],
    ["actionCooldown", "actionCooldown: '-1'", /actionCooldown: expected a number of 0 or more, got/],
    ["interval", "interval: 0", /interval: expected a number of 1 or more, got 0/],
    ["minReplicas", "minReplicas: one", /minReplicas: expected a whole number, got "one"/],
    ["minReplicas", "minReplicas: 1.5", /minReplicas: expected a whole number, got 1\.5/],
    ["minReplicas", "minReplicas: 40", /minReplicas: expected at most maxReplicas \(32\), got 40/],
    ["maxReplicas", "maxReplicas: 0", /maxReplicas: expected a number of 1 or more, got 0/],
    ["metricType", "metricType: negatve", /metricType: expected one of positive, negative, got "negatve"/],
    ["metricThreshold", "metricThreshold: lots", /metricThreshold: expected a number, got "lots"/],
    ["metricThreshold", "metricThreshold: .nan", /metricThreshold: expected a number, got NaN/],
    ["metricMargin", "metricMargin: -5", /metricMargin: expected a number of 0 or more, got -5/],
    ["port", "port: http", /graphite\.port: expected a port from 1 to 65535, got "http"/],
    ["port", "port: [{toString: 0}]", /graphite\.port: expected a port from 1 to 65535, got a list/],
    ["query", "query: ''", /graphite\.query: expected a text that is not empty/],
    ["adaptor", "adaptor: graphit", /adaptor: expected one of .*graphite.*did you mean `graphite`/],
    ["adaptor", "adaptor: influxdb", /metricServer\.influxdb: expected a mapping of this name/],
  ];
  for (const [key, written, expected] of wrong) {
    const found = problems(changed(key, written));
    assert.equal(found.length, 1, `${written}: ${found.join("; ")}`);
    assert.match(found[0] ?? "", expected);
  }
});

test("a misspelt key suggests the right one", () => {
  const parsed = parseFile(changed("maxReplicas", "maxReplica: 3"), "a.yaml", DEFAULTS);
  assert.deepEqual(parsed.problems.map(describeProblem), [
    "a.yaml:7:1: deployment.maxReplicas: expected a whole number, got nothing",
    "a.yaml:11:3: deployment.maxReplica: unknown field, which has no effect (did you mean `maxReplicas`?)",
  ]);
  const [problem] = problems(changed("query", "query: a\n    qurey: b"));
  assert.equal(problem, "a.yaml:26:5: metricServer.graphite.qurey: unknown setting (did you mean `query`?)");
});

test("a file that is not one document of YAML is refused with the place", () => {
  assert.match(problems("")[0] ?? "", /^a\.yaml: expected an autoscaler, got an empty file$/);
  assert.match(problems("# only a comment\n")[0] ?? "", /empty file/);
  assert.match(problems(`${EXAMPLE}---\n${EXAMPLE}`)[0] ?? "", /expected one document, got 2/);
  assert.match(problems("a: 'b\n")[0] ?? "", /^a\.yaml:\d+:\d+: expected YAML/);
  assert.match(problems(`${EXAMPLE}verbose: 'false'\n`)[0] ?? "", /^a\.yaml:26:1: expected YAML, got map keys must be/);
  assert.match(problems("x".repeat(5 * 1024 * 1024))[0] ?? "", /expected a text of at most 4 MiB/);
  assert.match(problems("- a\n- b\n")[0] ?? "", /expected one of/);
});

test("InfluxDB's block, and a host with its own scheme", () => {
  const text =
    EXAMPLE.replace(/metricServer:[\s\S]*/, "") +
    `metricServer:
  adaptor: influxdb
  influxdb: {host: 'https://influx.example', port: 8086, username: u, password: '\${INFLUX_PASSWORD}', database: d, query: 'select 1'}
`;
  const parsed = parsePhpa(parse(text), { environment: { INFLUX_PASSWORD: "s3cret" } });
  assert.ok("autoscaler" in parsed);
  const { settings, type } = parsed.autoscaler.signals[0]?.source ?? { settings: {}, type: "" };
  assert.equal(type, "influxdb");
  assert.deepEqual(
    [settings.url, settings.password, settings.database],
    ["https://influx.example:8086", "s3cret", "d"],
  );
  const without = parsePhpa(parse(text), {});
  assert.match(
    without.problems.map(describeProblem).join(),
    /expected INFLUX_PASSWORD in the environment, got nothing/,
  );
});

test("an empty user name and password are none, as PHPA's files write where InfluxDB asks for neither", () => {
  const block =
    "{host: influx-1, port: '8086', username: '', password: '', database: stats, query: 'select mean(x) from y'}";
  const text = EXAMPLE.replace(/metricServer:[\s\S]*/, `metricServer:\n  adaptor: 'influxdb'\n  influxdb: ${block}\n`);
  const settings = autoscaler(text).signals[0]?.source.settings;
  assert.deepEqual(
    [settings?.url, settings?.username, settings?.password],
    ["http://influx-1:8086", undefined, undefined],
  );
});

test("a block for another adaptor than the one named does no harm", () => {
  const { type } = autoscaler(`${EXAMPLE}  influxdb: {host: influx-1, username: ''}\n`).signals[0]?.source ?? {};
  assert.equal(type, "graphite");
});

test("a ReplicaSet or a StatefulSet is scaled in place of a Deployment", () => {
  for (const [block, kind] of [
    ["replicaset", "ReplicaSet"],
    ["statefulset", "StatefulSet"],
  ] as const) {
    const { target, origin } = autoscaler(EXAMPLE.replace("\ndeployment:", `\n${block}:`));
    assert.deepEqual([target.kind, target.apiVersion, target.name], [kind, "apps/v1", origin.name]);
    const wrong = problems(changed("minReplicas", "minReplicas: 40").replace("\ndeployment:", `\n${block}:`));
    assert.match(wrong.join(), new RegExp(`${block}\\.minReplicas: expected at most maxReplicas`));
  }
});

test("a file with no workload, or with two, is refused", () => {
  const without = EXAMPLE.replace(/deployment:[\s\S]*(?=metric:)/, "");
  assert.deepEqual(problems(without), [
    "a.yaml:1:1: deployment: expected one of deployment, replicaset, statefulset, got none",
  ]);
  const block = "statefulset: {name: a, namespace: b, minReplicas: 1, maxReplicas: 2, fallbackReplicas: 1}\n";
  assert.match(
    problems(EXAMPLE + block).join("; "),
    /statefulset: expected one workload in a file, got deployment and statefulset \(write a file for each\)/,
  );
});

test("a wrong credential is not shown", () => {
  const text = EXAMPLE.replace(/ {4}query/, "    password: {a: s3cret}\n    query");
  assert.doesNotMatch(problems(text).join(), /s3cret/);
});

test("a fresh process waits two minutes before its first step, however long the cool-down is", () => {
  const { coolDownSeconds, ...rest } = autoscaler(EXAMPLE);
  const memory = phpaMemoryAtStart({ ...rest, coolDownSeconds: 300 }, 1_000_000);
  assert.deepEqual(memory, { lastScaleAt: 1_000_000 - 180_000 });
});
