import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { historyPolicy, trafficIn } from "../../support/history-policy.ts";
import { runMuster } from "../../support/muster.ts";
import { type HttpScript, type ScriptedRequest, scriptedHttp } from "../../support/scripted-http.ts";
import { freePort } from "../../support/scripted-tcp.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-history-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const policy = historyPolicy(folder);
const START = Date.UTC(2024, 5, 1) / 1000;
const RANGE = ["--from", "2024-06-01T00:00:00Z", "--to", "2024-06-01T02:00:00Z"];

async function server(context: TestContext, script: HttpScript) {
  const started = await scriptedHttp(script);
  context.after(() => started.close());
  return started;
}

const prometheus = (url: string, ...words: string[]) => [
  ...["simulate", "-f", policy, "--history", "prometheus", "--history-url", url, "--history-query", "sum(x)"],
  ...["--history-kind", "count", ...RANGE, ...words],
];

/** A range query's answer: one message at each step. */
function matrix({ url }: ScriptedRequest) {
  const [start, end, step] = ["start", "end", "step"].map((name) => Number(url.searchParams.get(name))) as [
    number,
    number,
    number,
  ];
  const length = Math.floor((end - start) / step) + 1;
  const values = Array.from({ length }, (_, index) => [start + index * step, "1"]);
  return { body: { status: "success", data: { resultType: "matrix", result: [{ metric: {}, values }] } } };
}

test("a server that is down, refuses, answers HTML, leads elsewhere or hangs is told without a credential", async (t) => {
  const { url: other } = await server(t, matrix);
  const cases: readonly (readonly [string, HttpScript, RegExp])[] = [
    [
      "refuses",
      () => ({ status: 401, body: "no entry for s3cret-token" }),
      /answered 401 \(text\/plain, 25 bytes\) \(Unauthorized\)/,
    ],
    [
      "HTML",
      () => ({ headers: { "content-type": "text/html" }, body: "<html>log in</html>" }),
      /expected JSON, got text\/html, 19 bytes/,
    ],
    ["another host", () => ({ status: 302, headers: { location: `${other}/x` } }), /redirects to another host/],
    ["hangs", () => () => undefined, /did not answer within 0\.3 s \(TimedOut\)/],
    [
      "no series of numbers",
      () => ({ body: { data: { resultType: "vector", result: [] } } }),
      /expected the answer of a range query/,
    ],
    ["too much", () => ({ body: `[${"1,".repeat(5 << 20)}1]` }), /answered more than 8 MiB/],
  ];
  for (const [what, script, expected] of cases) {
    const { url } = await server(t, script);
    const seconds = what === "hangs" ? "0.3" : "10";
    const words = ["--history-setting", `timeoutSeconds=${seconds}`, "--history-setting", `bearerToken=\${TOKEN}`];
    const { status, stderr, stdout } = await runMuster(prometheus(url, ...words), { env: { TOKEN: "s3cret-token" } });
    assert.equal(status, 2, `${what}: ${stdout}`);
    assert.match(stderr, expected, what);
    assert.doesNotMatch(stderr, /s3cret|at .*\.js/, what);
  }
  const { status, stderr } = await runMuster(prometheus(`http://127.0.0.1:${await freePort()}`));
  assert.equal(status, 2);
  assert.match(stderr, /--history: prometheus: .*cannot be reached \(ECONNREFUSED\) \(Unavailable\)/);
});

test("the token from the environment is sent", async (t) => {
  const started = await server(t, matrix);
  const { status, stderr } = await runMuster(prometheus(started.url, "--history-setting", `bearerToken=\${TOKEN}`), {
    env: { TOKEN: "abc" },
  });
  assert.equal(status, 0, stderr);
  assert.equal(started.requests[0]?.headers.authorization, "Bearer abc");
});

test("a server that has answered before is asked again when it fails for a while, and not for ever", async (t) => {
  let asked = 0;
  const started = await server(t, (request) => {
    asked += 1;
    return asked === 2 || asked === 3 ? { status: 503 } : matrix(request);
  });
  const words = ["--from", "2024-06-01", "--to", "2024-06-12", "-o", "json"];
  const { status, stdout, stderr } = await runMuster(prometheus(started.url, ...words));
  assert.equal(status, 0, stderr);
  const { messages, start, seconds } = trafficIn(stdout);
  assert.deepEqual([messages, start, seconds], [11 * 1440, "2024-06-01T00:00:00.000Z", 11 * 86_400]);
  started.follow((request) => (asked++ === 4 ? matrix(request) : { status: 503 }));
  const failed = await runMuster(prometheus(started.url, ...words));
  assert.equal(failed.status, 2);
  assert.match(failed.stderr, /answered 503 \(Unavailable\)/);
  assert.equal(asked, 4 + 1 + 4);
});

test("a series that is denser than was asked for is asked for in smaller parts, where it has a step of its own", async (t) => {
  const started = await server(t, ({ url }) => {
    const [from, until] = ["from", "until"].map((name) => Number(url.searchParams.get(name))) as [number, number];
    if (until - from > 7_200) return { body: `[${"1,".repeat(5 << 20)}1]` };
    const first = Math.ceil(from / 10) * 10;
    const points = Array.from({ length: Math.floor((until - first) / 10) + 1 }, (_, index) => [1, first + index * 10]);
    return { body: [{ target: "mails", datapoints: points }] };
  });
  const words = [
    "--history",
    "graphite",
    "--history-url",
    started.url,
    "--history-query",
    "mails",
    "--history-kind",
    "count",
  ];
  const day = ["--from", "2024-06-01", "--to", "2024-06-02", "-o", "json"];
  const { status, stdout, stderr } = await runMuster(["simulate", "-f", policy, ...words, ...day]);
  assert.equal(status, 0, stderr);
  const { messages, seconds, remarks } = trafficIn(stdout);
  assert.deepEqual([messages, seconds, remarks], [8_640, 86_400, []]);
  started.follow(() => ({ body: `[${"1,".repeat(5 << 20)}1]` }));
  const failed = await runMuster(["simulate", "-f", policy, ...words, ...day]);
  assert.equal(failed.status, 2);
  assert.match(failed.stderr, /graphite mails: expected an answer of a few megabytes for one --step/);
});

test("what takes longer than a second shows how far it is", async (t) => {
  const started = await server(t, (request) => (response) => {
    const { body } = matrix(request);
    setTimeout(() => response.end(JSON.stringify(body)), 900);
  });
  const { stderr } = await runMuster(prometheus(started.url, "--from", "2024-06-01", "--to", "2024-06-20"));
  assert.match(stderr, /^\d+ % read from prometheus$/m);
});

test("what the server warns of, and where the history falls short, is told below the table", async (t) => {
  const { url } = await server(t, () => {
    const values = [
      [START + 3_600, "5"],
      [START + 3_660, "6"],
    ];
    return {
      body: { status: "success", warnings: ["store gone"], data: { resultType: "matrix", result: [{ values }] } },
    };
  });
  const { stdout, stderr, status } = await runMuster(prometheus(url));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /The server warns: store gone\./);
  assert.match(stdout, /The history begins at 2024-06-01T00:59:00Z: nothing is known of the 59 min before\./);
  assert.match(stdout, /The history ends at 2024-06-01T01:01:00Z: nothing is known of the 59 min after\./);
});

test("--history own reads nothing without a credential of the policy", async () => {
  const file = join(folder, "wa.json");
  const bearerToken = { secretRef: { name: "prom", key: "token" } };
  const source = { prometheus: { url: "http://127.0.0.1:9", query: "sum(x)", bearerToken } };
  const spec = {
    scaleTargetRef: { kind: "Deployment", name: "a" },
    minReplicas: 0,
    maxReplicas: 9,
    signals: [{ name: "x", source, perReplica: { value: 10 } }],
  };
  const object = { apiVersion: "muster.dev/v1alpha1", kind: "WorkerAutoscaler", metadata: { name: "a" }, spec };
  writeFileSync(file, JSON.stringify(object));
  const words = ["simulate", "-f", file, "--history", "own", "--history-kind", "rate", "--from", "1h"];
  const { stderr, status } = await runMuster(words);
  assert.notEqual(status, 0);
  assert.match(
    stderr,
    /--history own: expected the credential bearerToken \(key token of Secret prom\), which was not handed in/,
  );
  assert.match(stderr, /--history-setting bearerToken='\$\{VARIABLE\}'/);
});

test("what is written wrongly is told with what was expected", async () => {
  const file = join(folder, "two.yaml");
  writeFileSync(file, "prometheus: { url: http://p }\ngraphite: {}\n");
  const ask = ["--history-query", "x", "--history-url", "http://127.0.0.1:9"];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["--history", "promtheus", ...ask],
      /--history: expected one of cloudwatch, graphite, influxdb, prometheus, a file or own, got "promtheus"; did you mean prometheus\?/,
    ],
    [["--history", "redis", ...ask], /got "redis"/],
    [["--history", "own"], /expected one of .* got the policy's own source is "beanstalkd"/],
    [["--history", join(folder, "none.yaml")], /none\.yaml: cannot be read: ENOENT/],
    [["--history", file], /two\.yaml: expected one source with its settings/],
    [
      ["--history", "prometheus"],
      /--history: prometheus\.url: expected a string, got nothing\nmuster: --history: prometheus\.query: expected/,
    ],
    [
      ["--history", "prometheus", ...ask, "--history-setting", "bearerToken=abc"],
      /--history-setting: expected bearerToken='\$\{VARIABLE\}'/,
    ],
    [
      ["--history", "prometheus", ...ask, "--history-setting", `bearerToken=\${NO_SUCH}`],
      /bearerToken: expected NO_SUCH in the environment, got nothing/,
    ],
    [
      ["--history", "prometheus", ...ask, "--history-setting", "timeoutSecond=3"],
      /prometheus\.timeoutSecond: unknown setting \(did you mean/,
    ],
    [["--history", "prometheus", ...ask, "--history-setting", "x"], /--history-setting: expected NAME=VALUE, got "x"/],
    [["--history", "prometheus", ...ask, "--step", "0.1s"], /--step: expected a duration of 1 s or more/],
    [
      ["--history", "prometheus", ...ask, "--step", "1s", "--from", "2001-01-01"],
      /expected at most 3000000 points, got \d+: choose a longer --step/,
    ],
    [
      ["--history", "prometheus", ...ask, "--from", "2999-01-01"],
      /--from: expected a time at least one step before --to, and in the past/,
    ],
    [
      ["--history", "prometheus", ...ask, "--traffic", "steady"],
      /expected --traffic, --arrivals or --history, got --traffic and --history/,
    ],
  ];
  for (const [words, expected] of cases) {
    const { status, stderr } = await runMuster(["simulate", "-f", policy, "--history-kind", "count", ...words]);
    assert.equal(status, 2, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /abc/);
  }
  const { stderr } = await runMuster(["simulate", "-f", policy, "--history", "prometheus", ...ask]);
  assert.match(stderr, /--history-kind: expected one of count, rate, counter, got nothing/);
});
