import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DEFAULTS, parseFile } from "../../src/formats/formats.ts";
import { describeProblem, isError } from "../../src/formats/problems.ts";

const EXAMPLE = readFileSync("examples/phpa.yaml", "utf8");
const INFLUXDB = `metricServer:
  adaptor: influxdb
  influxdb: {host: influx-1, port: 8086, username: 7, password: 12345, database: 2024, query: select lag, timeoutSeconds: '5'}
`;

function parsed(text: string, environment: Readonly<Record<string, string>> = {}) {
  return parseFile(text, "a.yaml", { ...DEFAULTS, environment });
}

function autoscaler(text: string, environment?: Readonly<Record<string, string>>) {
  const result = parsed(text, environment);
  assert.ok("autoscaler" in result, result.problems.map(describeProblem).join("\n"));
  return result.autoscaler;
}

/** What is wrong with the example once one thing in it is written otherwise. */
function refusal(written: string | RegExp, otherwise: string): string {
  const text = EXAMPLE.replace(written, otherwise);
  assert.notEqual(text, EXAMPLE);
  const result = parsed(text);
  assert.ok(!("autoscaler" in result), `expected ${otherwise} to be refused`);
  return result.problems.filter(isError).map(describeProblem).join("; ");
}

const SAME: Readonly<Record<string, string>> = {
  "Windows' line ends": EXAMPLE.replaceAll("\n", "\r\n"),
  "a byte order mark": `\ufeff${EXAMPLE}`,
  "the marks of a document": `---\n${EXAMPLE}...\n`,
  "a mark with nothing after it": `${EXAMPLE}---\n# the end\n`,
  "exponents and underscores": EXAMPLE.replace("1500000", "'1.5e6'").replace("100000", "100_000"),
  "spaces within quotes": EXAMPLE.replace("1500000", "' 1500000 '").replace("graphite-1", "' graphite-1 '"),
  "keys without a value": `${EXAMPLE.replace("dryRun: false", "dryRun:")}fallbackEnabled: ~\nverbose: null\n`,
  "an anchor and its alias": `${EXAMPLE.replace("minReplicas: 1", "minReplicas: &one 1")}up_step_size: *one\n`,
  "keys merged from elsewhere": EXAMPLE.replace(/ {2}minReplicas: 1\n/, "  <<: {minReplicas: 1}\n"),
  JSON: JSON.stringify({
    kind: "PHPAConfig",
    ...{ actionCooldown: 120, interval: 60 },
    deployment: {
      ...{ name: "precomputation-consumer", namespace: "production" },
      ...{ minReplicas: 1, maxReplicas: 32, fallbackReplicas: 10 },
    },
    metric: { name: "lag", metricType: "negative", metricThreshold: 1_500_000, metricMargin: 100_000 },
    metricServer: {
      adaptor: "graphite",
      graphite: {
        ...{ host: "graphite-1", port: 80 },
        query: "sumSeries(production.kafka-lag.*.precomputation.lag)&from=-60min&until=now",
      },
    },
  }),
};

for (const [what, text] of Object.entries(SAME)) {
  test(`a PHPA file with ${what} means the same`, () => {
    assert.deepEqual(autoscaler(text), autoscaler(EXAMPLE));
  });
}

test("quotes make no difference within the metric server's block: a password may be 12345, a number '5'", () => {
  const { settings } = autoscaler(EXAMPLE.replace(/metricServer:[\s\S]*/, INFLUXDB)).signals[0]?.source ?? {};
  assert.deepEqual(
    [settings?.username, settings?.password, settings?.database, settings?.timeoutSeconds],
    ["7", "12345", "2024", 5],
  );
});

test("each of the metric server's settings may come from the environment, and is asked for where it does not", () => {
  const text = EXAMPLE.replace("graphite-1", `'\${GRAPHITE_HOST}'`).replace("port: 80", `port: \${GRAPHITE_PORT}`);
  const environment = { GRAPHITE_HOST: "https://graphite.shop", GRAPHITE_PORT: "8443" };
  assert.equal(autoscaler(text, environment).signals[0]?.source.settings.url, "https://graphite.shop:8443");
  assert.deepEqual(parsed(text).problems.map(describeProblem), [
    "a.yaml:21:5: metricServer.graphite.host: expected GRAPHITE_HOST in the environment, got nothing",
    "a.yaml:22:5: metricServer.graphite.port: expected GRAPHITE_PORT in the environment, got nothing",
  ]);
});

test("a host that can be none is refused as the host, with what to write", () => {
  for (const host of [
    "graphite-1:8080",
    "'::1'",
    "me:s3cret@graphite-1",
    "graphite-1/prefix",
    "'a b'",
    "$HOST",
    "''",
  ]) {
    const said = refusal("host: graphite-1", `host: ${host}`);
    assert.match(
      said,
      /^a\.yaml:21:5: metricServer\.graphite\.host: expected the metric server's host[^;]*\(the port has/,
    );
  }
  assert.match(refusal("host: graphite-1\n    port: 80", "port: many"), /graphite\.host: .*nothing; .*port: .*"many"/);
});

test("a name that no object can have is refused", () => {
  for (const name of ["a/b", "..", "Mailer", "con sumer", "größe", "-a", "a".repeat(254)]) {
    assert.match(refusal("precomputation-consumer", `"${name}"`), /^a\.yaml:8:3: deployment\.name: expected a /);
    assert.match(refusal("production", `"${name}"`), /^a\.yaml:9:3: deployment\.namespace: expected a /);
  }
});

test("a word that is misspelt or in capitals is said with the right one", () => {
  assert.match(refusal("negative", "Negative"), /metric\.metricType: .*got "Negative" \(did you mean `negative`\?\)/);
  assert.match(refusal("adaptor: graphite", "adaptor: Graphite"), /got "Graphite" \(did you mean `graphite`\?\)/);
});

test("numbers that cannot be meant are refused: none for an interval, more than an int32, a unit, no number at all", () => {
  for (const interval of ["0", "-60", "'0.5'", "60s", "99999999999", ".inf", "1,000", "[60]"]) {
    assert.match(
      refusal("interval: 60", `interval: ${interval}`),
      /^a\.yaml:6:1: interval: expected a (whole )?number/,
    );
  }
});

test("bytes that are no text in UTF-8, and text that is no YAML, are said in a few lines", () => {
  const bytes = (buffer: Buffer) => parsed(buffer.toString("utf8")).problems.map(describeProblem);
  for (const encoding of ["utf16le", "latin1"] as const) {
    const [said] = bytes(Buffer.from(EXAMPLE.replace("lag", "rückstand"), encoding));
    assert.equal(said, "a.yaml:1:1: expected a text in UTF-8, got other bytes (save the file as UTF-8)");
  }
  assert.ok(parsed(`a: ${"[".repeat(20_000)}`).problems.length <= 10);
  assert.match(refusal("  name: prec", "\tname: prec"), /expected YAML, got tabs are not allowed as indentation/);
});
