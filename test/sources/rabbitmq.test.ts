import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Channel, connect } from "amqplib";
import rabbitmq from "../../src/sources/rabbitmq.ts";
import { atEnd, fileEnding } from "../support/at-end.ts";
import { OPENSSL, selfSigned } from "../support/certificates.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { RABBITMQ, type Rabbitmq, startRabbitmq } from "../support/servers/rabbitmq.ts";
import { eventually } from "../support/waiting.ts";
import { testSource } from "./conformance.ts";
import { failedPoll, poll } from "./poll.ts";
import { passOn, tcpStage } from "./tcp-stage.ts";
import { TLS_NAMES, testTls } from "./test-tls.ts";

const PASSWORD = "r@bbit:pass/word";
const ending = fileEnding();
const tls = OPENSSL.skip ? undefined : selfSigned(TLS_NAMES);
let server: Rabbitmq;
let channel: Channel;

before(async () => {
  if (RABBITMQ.skip) return;
  server = await startRabbitmq(ending, tls);
  await server.control("add_user", "scaler", PASSWORD);
  await server.control("set_permissions", "scaler", "", "", "^jobs");
  await server.control("set_user_tags", "scaler", "monitoring");
  const connection = await connect(`amqp://guest:guest@127.0.0.1:${server.port}`);
  atEnd(ending, () => connection.close());
  channel = await connection.createChannel();
  await channel.assertQueue("jobs");
  for (let i = 0; i < 6; i += 1) channel.sendToQueue("jobs", Buffer.from("work"));
  await eventually(async () => assert.equal((await channel.checkQueue("jobs")).messageCount, 6));
});

const BROKEN = ["hanging", "cutting", "garbage", "giant"];
const common = { username: "scaler", password: PASSWORD, queue: "jobs" };

testSource(rabbitmq, {
  skip: RABBITMQ.skip,
  value: 6,
  secrets: [PASSWORD],
  stage: tcpStage({
    settings(address, behaviour) {
      const settings = { ...address, ...common, timeoutSeconds: 2 };
      if (behaviour === "unauthorized") return { ...settings, password: `${PASSWORD}!` };
      if (behaviour === "forbidden") return { ...settings, virtualHost: "/forbidden" };
      if (behaviour === "notFound") return { ...settings, queue: "jobs-none" };
      return settings;
    },
    script: (behaviour) => (BROKEN.includes(behaviour) ? undefined : passOn(server.port)),
  }),
  excused: {
    stale: "AMQP reports the live count",
    missing: "an empty queue is an honest 0",
    throttled: "RabbitMQ throttles publishers alone",
    failing: "a broken broker closes the connection: see cutting",
  },
  wrong: {
    settings: { host: "", port: 1.5, queue: "", managementUrl: "rabbit", virtualHost: 1 },
    names: ["host", "port", "queue", "managementUrl", "virtualHost"],
  },
});

test("a real RabbitMQ", { skip: RABBITMQ.skip, timeout: 500_000 }, async (t) => {
  const settings = { host: "127.0.0.1", port: server.port, ...common };

  await t.test("counts ready messages alone over AMQP", async () => {
    const message = await channel.get("jobs");
    assert.ok(message);
    const { value, waiting, inFlight } = await poll(rabbitmq, settings);
    assert.deepEqual({ value, waiting, inFlight }, { value: 5, waiting: 5, inFlight: undefined });
  });

  await t.test("counts unacknowledged ones and the arrival rate on demand", async () => {
    const { managementUrl } = server;
    await eventually(async () => {
      const reading = await poll(rabbitmq, { ...settings, managementUrl });
      assert.deepEqual([reading.value, reading.waiting, reading.inFlight], [6, 5, 1]);
      assert.ok(reading.arrivalsPerMinute !== undefined);
      assert.deepEqual([reading.arrived, reading.completed], [6, 0]);
    });
  });

  for (const [what, answer, kind] of [
    ["refuses the user", { status: 401, body: { error: "not_authorised" } }, "Unauthorized"],
    ["does not know the queue", { status: 404, body: { error: "Object Not Found" } }, "NotFound"],
    ["has not gathered the queue's counts yet", { body: { name: "jobs", state: "running" } }, "NotFound"],
    ["answers something else", { body: [] }, "Malformed"],
    ["is out of order", { status: 503 }, "Unavailable"],
  ] as const) {
    await t.test(`a management API that ${what} fails the poll, rather than undercount`, async (t) => {
      const management = await scriptedHttp(() => answer);
      t.after(() => management.close());
      const failure = await failedPoll(rabbitmq, { ...settings, managementUrl: management.url });
      assert.equal(failure.kind, kind, failure.message);
      assert.deepEqual(
        management.requests.map(({ url, headers }) => [url.pathname, headers.authorization]),
        [["/api/queues/%2F/jobs", `Basic ${Buffer.from(`scaler:${PASSWORD}`).toString("base64")}`]],
      );
    });
  }

  await t.test("names a virtual host that does not exist", async () => {
    const elsewhere = await failedPoll(rabbitmq, { ...settings, virtualHost: "/none" });
    assert.match(elsewhere.message, /virtual host/);
  });
});

test("a real RabbitMQ that speaks TLS", { skip: RABBITMQ.skip || OPENSSL.skip, timeout: 60_000 }, async (t) => {
  await testTls(t, rabbitmq, { ...common, port: server.tlsPort }, tls?.cert ?? "");
});
