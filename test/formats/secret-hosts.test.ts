import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../../src/formats/problems.ts";
import { parseWorkerAutoscaler } from "../../src/formats/worker-autoscaler.ts";

const password = { secretRef: { name: "login", key: "password" } };
const sql = { username: "u", password, database: "d", query: "select 1" };

function problemsOf(source: object, allowedHosts: string): readonly string[] {
  const object = {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "w", namespace: "shop" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "w" },
      minReplicas: 0,
      maxReplicas: 5,
      signals: [{ name: "s", source, perReplica: { value: 1 } }],
    },
  };
  const secrets = () => ({ value: "s3cret", allowedHosts });
  return parseWorkerAutoscaler(object, { secrets })
    .problems.filter(isError)
    .map(({ path, message }) => `${path}: ${message}`);
}

for (const [name, source, allowed] of [
  ["a name", { postgresql: { host: "db.shop.svc", ...sql } }, "db.shop.svc"],
  ["a wildcard", { mysql: { host: "db.shop.svc", ...sql } }, "other, *.shop.svc"],
  ["a network", { redis: { host: "10.1.2.3", structure: "list", key: "k", password } }, "10.0.0.0/8"],
  [
    "a URL",
    { http: { url: "https://Stats.Example.com:8443/x", path: "", username: "u", password } },
    "stats.example.com",
  ],
  [
    "all brokers",
    { kafka: { brokers: ["a.k:9092", "b.k:9092"], group: "g", topics: ["t"], username: "u", password } },
    "*.k",
  ],
] as const) {
  test(`a Secret is used for the hosts that its annotation has: ${name}`, () => {
    assert.deepEqual(problemsOf(source, allowed), []);
  });
}

for (const [name, source, host] of [
  ["a server of their own", { postgresql: { host: "evil.example.net", ...sql } }, "evil.example.net"],
  ["a name that ends alike", { mysql: { host: "evildb.shop.svc.evil.net", ...sql } }, "evildb.shop.svc.evil.net"],
  ["a URL", { http: { url: "http://db.shop.svc@evil.net/", path: "" } }, undefined],
  ["a literal address", { redis: { host: "10.1.2.3", structure: "list", key: "k", password } }, "10.1.2.3"],
  [
    "one broker of two",
    { kafka: { brokers: ["db.shop.svc:9092", "evil.net:9092"], group: "g", topics: ["t"], username: "u", password } },
    "evil.net",
  ],
  [
    "the management API beside the queue",
    { rabbitmq: { host: "db.shop.svc", queue: "q", username: "u", password, managementUrl: "http://evil.net" } },
    "evil.net",
  ],
] as const) {
  test(`a Secret is not sent elsewhere: ${name}`, () => {
    const problems = problemsOf(source, "db.shop.svc");
    assert.ok(problems.length > 0);
    assert.ok(!problems.join().includes("s3cret"));
    if (host === undefined) return;
    const expected = 'expected a host that the annotation muster.dev/allowed-hosts of Secret "login" has, got';
    assert.ok(
      problems.some((problem) => problem.endsWith(`${expected} ${host}`)),
      problems.join("\n"),
    );
  });
}

test("an annotation that cannot be understood allows nothing", () => {
  const [problem = ""] = problemsOf({ postgresql: { host: "db", ...sql } }, "db:5432");
  assert.match(problem, /allowed-hosts of Secret "login" cannot be understood: expected a host name/);
});
