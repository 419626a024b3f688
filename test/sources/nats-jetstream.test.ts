import assert from "node:assert/strict";
import { before, test } from "node:test";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator } from "@nats-io/transport-node";
import natsJetstream from "../../src/sources/nats-jetstream.ts";
import { atEnd, fileEnding } from "../support/at-end.ts";
import { OPENSSL, selfSigned } from "../support/certificates.ts";
import { NATS, startNats } from "../support/servers/nats.ts";
import { natsOperator } from "../support/servers/nats-operator.ts";
import { testSource } from "./conformance.ts";
import { failedPoll, poll } from "./poll.ts";
import { passOn, tcpStage } from "./tcp-stage.ts";
import { TLS_NAMES, testTls } from "./test-tls.ts";

const PASSWORD = "n@ts-pass/word";
const ending = fileEnding();
let port = 0;

const CONFIG = `authorization { users: [
  { user: admin, password: admin }
  { user: scaler, password: "${PASSWORD}", permissions: {
      publish: ["$JS.API.CONSUMER.INFO.JOBS.*", "$JS.API.CONSUMER.INFO.NONE.*", "$JS.*.API.CONSUMER.INFO.JOBS.*"],
      subscribe: ["_INBOX.>"] } }
] }`;

before(async () => {
  if (NATS.skip) return;
  ({ port } = await startNats(ending, { config: CONFIG, jetstream: "domain: hub" }));
  const connection = await connect({ servers: `127.0.0.1:${port}`, user: "admin", pass: "admin" });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "JOBS", subjects: ["jobs"] });
  await manager.consumers.add("JOBS", { durable_name: "workers", ack_policy: AckPolicy.Explicit });
  const client = jetstream(connection);
  for (let i = 0; i < 8; i += 1) await client.publish("jobs", `${i}`);
  const consumer = await client.consumers.get("JOBS", "workers");
  for await (const _message of await consumer.fetch({ max_messages: 3, expires: 2_000 }));
  atEnd(ending, () => connection.close());
});

const BROKEN = ["hanging", "cutting", "garbage", "giant"];
const common = { username: "scaler", password: PASSWORD, stream: "JOBS", consumer: "workers" };

testSource(natsJetstream, {
  skip: NATS.skip,
  value: 8,
  secrets: [PASSWORD],
  stage: tcpStage({
    settings(address, behaviour) {
      const settings = { ...address, ...common, timeoutSeconds: 2 };
      if (behaviour === "unauthorized") return { ...settings, password: `${PASSWORD}!` };
      if (behaviour === "forbidden") return { ...settings, stream: "OTHER" };
      if (behaviour === "notFound") return { ...settings, stream: "NONE" };
      if (behaviour === "missing") return { ...settings, consumer: "nobody" };
      return settings;
    },
    script(behaviour) {
      // A NATS server speaks first, so that nothing comes from the client before it is cut off.
      if (behaviour === "cutting") return (socket) => void socket.destroy();
      return BROKEN.includes(behaviour) ? undefined : passOn(port);
    },
  }),
  // The client waits for the end of the first line, and gives no access to the socket before.
  kinds: { giant: ["Malformed", "TimedOut"] },
  excused: {
    stale: "JetStream reports the present",
    throttled: "NATS throttles publishers alone",
    failing: "a server without JetStream is tested below",
  },
  wrong: {
    settings: { host: "", port: 0, stream: "", token: "", domain: 7 },
    names: ["host", "port", "stream", "consumer", "token", "domain"],
  },
});

test("a real NATS", { skip: NATS.skip, timeout: 60_000 }, async (t) => {
  const settings = { host: "127.0.0.1", port, ...common };

  await t.test("separates waiting messages from unacknowledged ones", async () => {
    const { value, waiting, inFlight } = await poll(natsJetstream, settings);
    assert.deepEqual({ value, waiting, inFlight }, { value: 8, waiting: 5, inFlight: 3 });
  });

  await t.test("counts all messages of a stream whose consumer does not exist yet, and says so", async () => {
    const admin = { ...settings, username: "admin", password: "admin", consumer: "later" };
    const { value, waiting, doubts } = await poll(natsJetstream, admin);
    assert.deepEqual({ value, waiting }, { value: 8, waiting: 8 });
    assert.deepEqual(
      doubts?.map(({ kind }) => kind),
      ["NotFound"],
    );
  });

  await t.test("takes a token", async (t) => {
    const other = await startNats(t, { config: 'authorization { token: "t0ken" }' });
    const { username: _username, password: _password, ...rest } = settings;
    const missing = await failedPoll(natsJetstream, { ...rest, ...other, token: "t0ken" });
    assert.equal(missing.kind, "NotFound", missing.message);
    assert.equal((await failedPoll(natsJetstream, { ...rest, ...other, token: "wrong" })).kind, "Unauthorized");
  });

  await t.test("asks JetStream in its domain, and names a domain without an answer", async () => {
    assert.equal((await poll(natsJetstream, { ...settings, domain: "hub" })).value, 8);
    const failure = await failedPoll(natsJetstream, { ...settings, domain: "leaf" });
    assert.equal(failure.kind, "NotFound");
    assert.match(failure.message, /jetstream is not enabled/);
  });

  await t.test("a server without JetStream says so", async (t) => {
    const other = await startNats(t, { jetstream: false });
    const { username: _username, password: _password, ...rest } = settings;
    const failure = await failedPoll(natsJetstream, { ...rest, ...other });
    assert.equal(failure.kind, "NotFound");
    assert.match(failure.message, /jetstream is not enabled/);
  });

  await t.test("a name that cannot be one is Malformed", async () => {
    assert.equal((await failedPoll(natsJetstream, { ...settings, stream: "a.b" })).kind, "Malformed");
  });
});

test("a real NATS that speaks TLS", { skip: NATS.skip || OPENSSL.skip, timeout: 60_000 }, async (t) => {
  const tls = selfSigned(TLS_NAMES);
  const { port } = await startNats(t, { tls });
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    tls: { ca: tls.cert, checkServerIdentity: () => undefined } as object,
  });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "JOBS", subjects: ["jobs"] });
  await manager.consumers.add("JOBS", { durable_name: "workers", ack_policy: AckPolicy.Explicit });
  await connection.close();
  const settings = { port, stream: "JOBS", consumer: "workers" };
  await testTls(t, natsJetstream, settings, tls.cert);
});

test("a real NATS that trusts an operator", { skip: NATS.skip, timeout: 60_000 }, async (t) => {
  const { config, credentials } = natsOperator();
  const { host, port } = await startNats(t, { config });
  const authenticator = credsAuthenticator(new TextEncoder().encode(credentials));
  const connection = await connect({ servers: `${host}:${port}`, authenticator });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "JOBS", subjects: ["jobs"] });
  await manager.consumers.add("JOBS", { durable_name: "workers", ack_policy: AckPolicy.Explicit });
  await jetstream(connection).publish("jobs", "work");
  await connection.close();
  const settings = { host, port, stream: "JOBS", consumer: "workers" };

  await t.test("takes the content of a .creds file", async () => {
    assert.equal((await poll(natsJetstream, { ...settings, credentials })).value, 1);
  });

  await t.test("refuses those of another operator, without a word of them in the failure", async () => {
    const failure = await failedPoll(natsJetstream, { ...settings, credentials: natsOperator().credentials });
    assert.equal(failure.kind, "Unauthorized", failure.message);
    const none = await failedPoll(natsJetstream, settings);
    assert.equal(none.kind, "Unauthorized", none.message);
  });

  await t.test("a content that is none says so, without repeating it", async () => {
    for (const wrong of ["s3cret but no credentials", credentials.replace(/\nSU\w{8}/, "\nSUs3cret00")]) {
      const failure = await failedPoll(natsJetstream, { ...settings, credentials: wrong });
      assert.equal(failure.kind, "Malformed", failure.message);
      assert.match(failure.message, /the content of a .creds file/);
      assert.ok(!failure.message.includes("s3cret"), failure.message);
    }
  });
});
