import assert from "node:assert/strict";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { SOURCES } from "../../../src/sources/registry.generated.ts";
import { HostList } from "../../../src/sources/shared/host-list.ts";
import { Network } from "../../../src/sources/shared/network.ts";
import { scriptedHttp } from "../../support/scripted-http.ts";
import { sourceTools } from "../../support/source-tools.ts";
import { useTestCredentials } from "../../support/sqs.ts";
import { failedPoll, poll } from "../poll.ts";

const LOCAL = HostList.parse("127.0.0.0/8 0.0.0.0 localhost");
const IN_CLUSTER = { loopback: "refused" } as const;

/** Settings of each source that leads somewhere, at a host and port. */
const LEADING: Readonly<Record<string, (host: string, port: number) => Record<string, unknown>>> = {
  beanstalkd: (host, port) => ({ host, port, tube: "jobs", wake: "look" }),
  cloudwatch: (host, port) => ({ namespace: "N", metricName: "M", endpoint: `http://${host}:${port}` }),
  graphite: (host, port) => ({ url: `http://${host}:${port}`, query: "a" }),
  http: (host, port) => ({ url: `http://${host}:${port}`, path: "" }),
  influxdb: (host, port) => ({ url: `http://${host}:${port}`, query: "q", database: "d" }),
  kafka: (host, port) => ({ brokers: [`${host}:${port}`], group: "g", uncommitted: "none" }),
  mysql: (host, port) => ({ host, port, username: "u", password: "p", database: "d", query: "select 1" }),
  "nats-jetstream": (host, port) => ({ host, port, stream: "S", consumer: "c" }),
  postgresql: (host, port) => ({ host, port, username: "u", password: "p", database: "d", query: "select 1" }),
  prometheus: (host, port) => ({ url: `http://${host}:${port}`, query: "q" }),
  rabbitmq: (host, port) => ({ host, port, queue: "q" }),
  redis: (host, port) => ({ host, port, key: "k", structure: "list" }),
  sqs: (host, port) => ({ queueUrl: `http://${host}:${port}/000000000000/jobs` }),
};
/** A busy machine takes its time. */
const TIMEOUT: Readonly<Record<string, object>> = Object.fromEntries(
  Object.keys(LEADING).map((type) => [type, type === "beanstalkd" ? {} : { timeoutSeconds: 20 }]),
);
const UNCONNECTED = ["constant", "cron"];

test("every source that connects is tried here", () => {
  const known = [...Object.keys(LEADING), ...UNCONNECTED].sort();
  assert.deepEqual(SOURCES.map(({ type }) => type).sort(), known);
});

for (const [type, settings] of Object.entries(LEADING)) {
  const source = SOURCES.find((one) => one.type === type);
  if (source === undefined) throw new Error(`no source ${type}`);

  test(`${type} refuses the controller's own pod in a cluster, however it is written`, {
    timeout: 60_000,
  }, async (t) => {
    useTestCredentials();
    const { port, accepted } = await listener(t);
    const written = ["127.0.0.1", "localhost", "0.0.0.0", ...(type === "kafka" ? [] : ["2130706433", "0x7f000001"])];
    for (const host of written) {
      const tools = sourceTools({ network: new Network({ ...IN_CLUSTER, allowAwsEndpoints: LOCAL }) });
      const failure = await failedPoll(source, { ...settings(host, port), ...TIMEOUT[type] }, tools);
      assert.equal(failure.kind, "Unauthorized", `${host}: ${failure.message}`);
      assert.match(failure.message, /refused: objects in a cluster may not lead to the controller's own pod/, host);
    }
    assert.equal(accepted(), 0);
  });

  test(`${type} refuses the metadata service`, { timeout: 60_000 }, async () => {
    useTestCredentials();
    const tools = sourceTools({ network: new Network({ allowAwsEndpoints: new HostList(["169.254.169.254"]) }) });
    const failure = await failedPoll(source, { ...settings("169.254.169.254", 80), ...TIMEOUT[type] }, tools);
    assert.equal(failure.kind, "Unauthorized", failure.message);
    assert.match(failure.message, /169\.254\.169\.254 are refused: link-local addresses and metadata services/);
  });
}

async function listener(t: TestContext) {
  let count = 0;
  const server = createServer((socket) => {
    count++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => void server.listen(0, resolve));
  t.after(() => server.close());
  return { port: (server.address() as { port: number }).port, accepted: () => count };
}

for (const host of [
  ...[
    "169.254.169.254",
    "169.254.0.1",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[fe80::1]",
    "fe80::1%eth0",
  ],
  ...["[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "metadata.google.internal", "METADATA.google.internal."],
]) {
  test(`${host} is refused everywhere`, () => {
    for (const rules of [{}, IN_CLUSTER]) {
      assert.throws(() => new Network(rules).check(host), { kind: "Unauthorized", message: /are refused/ });
      assert.throws(() => new Network(rules).operators.check(host), { kind: "Unauthorized" });
    }
  });
}

test("unix sockets and other oddities are no hosts", () => {
  for (const host of ["/var/run/postgresql", "a/b", "", "host\n", "\u001b[2J", "a b", "@abstract"]) {
    assert.throws(() => new Network().check(host), { message: /expected a host name or an address/ }, host);
  }
});

test("networks within the refused ranges lift the refusal, and restrict nothing else", () => {
  const network = new Network({ ...IN_CLUSTER, allow: HostList.parse("127.0.0.0/8 169.254.20.10") });
  for (const host of ["127.0.0.1", "169.254.20.10", "10.1.1.1"]) network.check(host);
  for (const host of ["169.254.169.254", "::1"]) assert.throws(() => network.check(host));
});

test("a wide network in --allow-source-hosts lifts no refusal", () => {
  const network = new Network({ ...IN_CLUSTER, allow: HostList.parse("0.0.0.0/0 ::/0") });
  network.check("10.0.0.1");
  for (const host of ["127.0.0.1", "169.254.169.254", "::1"]) assert.throws(() => network.check(host));
});

test("--allow-source-hosts leaves those hosts alone, and --deny-source-hosts goes before it", async () => {
  const network = new Network({
    allow: HostList.parse("10.0.0.0/8 *.example.com"),
    deny: HostList.parse("10.6.0.0/16 x.example.com"),
  });
  network.check("10.1.1.1");
  network.check("db.example.com");
  for (const host of ["11.0.0.1", "10.6.1.1", "x.example.com"])
    assert.throws(() => network.check(host), { kind: "Unauthorized" });
  await assert.rejects(network.addresses("localhost"), { message: /--allow-source-hosts does not have it/ });
  assert.throws(() => network.checkThroughProxy("other.example.net"), { message: /a proxy is used/ });
  network.checkThroughProxy("db.example.com");
});

test("the address that a name leads to is what counts", async () => {
  const network = new Network(IN_CLUSTER);
  network.check("localhost");
  await assert.rejects(network.addresses("localhost"), { message: /localhost \((127\.0\.0\.1|::1)\) are refused/ });
  assert.ok((await network.operators.addresses("localhost")).length > 0);
});

test("a redirect to the same host is checked again, and one elsewhere is not followed", async (t) => {
  const http = SOURCES.find(({ type }) => type === "http");
  if (http === undefined) throw new Error("no source http");
  const server = await scriptedHttp(({ url }) =>
    url.pathname === "/"
      ? { status: 302, headers: { location: "http://169.254.169.254/latest/meta-data/" } }
      : { body: "1" },
  );
  t.after(() => server.close());
  const failure = await failedPoll(http, { url: server.url, path: "" });
  assert.match(failure.message, /redirects to another host/);
  assert.equal((await poll(http, { url: `${server.url}/x`, path: "" })).value, 1);
});

for (const [endpoint, isAws, rules, problem] of [
  ["https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com", true, {}, undefined],
  ["http://sqs.eu-west-1.amazonaws.com", true, {}, /is not encrypted/],
  ["https://evil.example.com", false, {}, /is not AWS's: .*--allow-aws-endpoints or set AWS_ENDPOINT_URL/],
  ["http://localstack.shop.svc:4566", false, {}, /is not AWS's/],
  ["http://localstack.shop.svc:4566", false, { allowAwsEndpoints: HostList.parse("localstack.shop.svc") }, undefined],
  ["http://127.0.0.1:9324", false, {}, undefined],
  ["http://localhost:9324", false, {}, undefined],
  ["http://127.0.0.1:9324", false, IN_CLUSTER, /is not AWS's/],
] as const) {
  test(`signed requests to ${endpoint} ${"loopback" in rules ? "in a cluster " : ""}are ${problem ? "refused" : "sent"}`, () => {
    const check = () => new Network(rules).checkAwsEndpoint(endpoint, isAws);
    if (problem === undefined) check();
    else assert.throws(check, { kind: "Unauthorized", message: problem });
  });
}
