import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Writer } from "@platformatic/kafka";
import kafka from "../../../src/sources/kafka.ts";
import { Network } from "../../../src/sources/shared/network.ts";
import { freePort, scriptedTcp } from "../../support/scripted-tcp.ts";
import { sourceTools } from "../../support/source-tools.ts";
import { failedPoll } from "../poll.ts";

const APIS = {
  listOffsets: 2,
  metadata: 3,
  offsetFetch: 9,
  findCoordinator: 10,
  saslHandshake: 17,
  apiVersions: 18,
  saslAuthenticate: 36,
};
/** The versions that the source knows and that need no compact lengths. */
const VERSIONS = {
  listOffsets: 1,
  metadata: 4,
  offsetFetch: 2,
  findCoordinator: 1,
  saslHandshake: 1,
  apiVersions: 0,
  saslAuthenticate: 1,
};
type Api = keyof typeof APIS;
type Answers = Partial<Record<Api, (body: Writer, request: string) => Writer>>;

/** A broker with scripted answers. It does not answer any other request. */
async function brokerThat(t: TestContext, answers: Answers) {
  const all: Answers = { apiVersions: understood, ...answers };
  const broker = await scriptedTcp((socket) =>
    socket.on("data", (request: Buffer) => {
      // Small requests come in one piece each, as the next is asked after the answer.
      const api = (Object.keys(APIS) as Api[]).find((name) => APIS[name] === request.readInt16BE(4));
      const answer = api && all[api];
      if (answer === undefined) return;
      const body = answer(Writer.create().appendInt32(request.readInt32BE(8)), request.toString("latin1"));
      socket.write(body.prependLength().buffer);
    }),
  );
  t.after(() => broker.close());
  return { ...broker, brokers: [`127.0.0.1:${broker.port}`] };
}

function understood(body: Writer): Writer {
  const apis = Object.keys(APIS) as Api[];
  body.appendInt16(0);
  return body.appendArray(
    apis,
    (w, api) => void w.appendInt16(APIS[api]).appendInt16(0).appendInt16(VERSIONS[api]),
    false,
    false,
  );
}

const jobs = { group: "workers", topics: ["jobs"], timeoutSeconds: 20 };

function coordinatorAt(host: string, port: number) {
  return (body: Writer) => {
    body.appendInt32(0).appendInt16(0).appendString(null, false);
    return body.appendInt32(7).appendString(host, false).appendInt32(port);
  };
}

/** One partition of `jobs`, whose leader is said to be there. */
function jobsAt(host: string, port: number) {
  return (body: Writer) => {
    body.appendInt32(0).appendInt32(1);
    body.appendInt32(7).appendString(host, false).appendInt32(port).appendString(null, false);
    body.appendString(null, false).appendInt32(7);
    body.appendInt32(1).appendInt16(0).appendString("jobs", false).appendBoolean(false);
    return body.appendInt32(1).appendInt16(0).appendInt32(0).appendInt32(7).appendInt32(0).appendInt32(0);
  };
}

test("checks the addresses that a broker names like those of the settings", { timeout: 60_000 }, async (t) => {
  for (const host of ["169.254.169.254", "metadata.google.internal", "a\nb"]) {
    const { brokers } = await brokerThat(t, {
      metadata: jobsAt("127.0.0.1", 1),
      findCoordinator: coordinatorAt(host, 80),
    });
    const tools = sourceTools({ network: new Network() });
    const failure = await failedPoll(kafka, { brokers, ...jobs }, tools);
    assert.equal(failure.kind, "Unauthorized", failure.message);
    assert.match(failure.message, /^connections of sources to [^\n]* are refused/);
  }
});

test("keeps the connections to other brokers when one is gone", { timeout: 60_000 }, async (t) => {
  const gone = await freePort();
  const broker = await brokerThat(t, {
    metadata: jobsAt("127.0.0.1", gone),
    findCoordinator: coordinatorAt("127.0.0.1", gone),
  });
  const source = kafka.connect(kafka.settings.parse({ brokers: broker.brokers, ...jobs }), sourceTools());
  t.after(() => source.close?.());
  const { signal } = new AbortController();
  for (let n = 0; n < 3; n += 1) {
    const refused = { kind: "Unavailable", message: `kafka at 127.0.0.1:${gone} cannot be reached (ECONNREFUSED)` };
    await assert.rejects(source.read(signal), refused);
  }
  assert.equal(broker.connections(), 1);
});

test("rejects an answer whose lengths lead backwards, and does not read it forever", {
  timeout: 60_000,
}, async (t) => {
  const { brokers } = await brokerThat(t, {
    metadata: (body) => body.appendInt32(0).appendInt32(0x7fffffff).appendInt32(7).appendInt16(-6),
  });
  const failure = await failedPoll(kafka, { brokers, ...jobs });
  assert.equal(failure.kind, "Malformed", failure.message);
  assert.match(
    failure.message,
    /does not speak Kafka's protocol \(RangeError: a length that leads out of the answer\)/,
  );
});

test("names the versions that a broker lacks", { timeout: 60_000 }, async (t) => {
  const { brokers } = await brokerThat(t, { apiVersions: (body) => body.appendInt16(0).appendInt32(0) });
  const failure = await failedPoll(kafka, { brokers, ...jobs });
  assert.equal(failure.kind, "Malformed");
  assert.match(failure.message, /lacks version 12 or 4 or 2 of the API 3/);
});

for (const [what, challenge, kind, message] of [
  ["is not SCRAM", () => "nonsense", "Malformed", /does not speak Kafka's protocol: Malformed SCRAM parameter/],
  ["lacks what it must have", () => "i=4096", "Malformed", /does not speak Kafka's protocol/],
  [
    "asks for hours of work",
    (nonce: string) => `r=${nonce}x,s=c2FsdA==,i=2147483647`,
    "Unauthorized",
    /expected at most 1000000 iterations, the broker asks for 2147483647/,
  ],
] as const) {
  test(`rejects a login challenge that ${what}`, { timeout: 60_000 }, async (t) => {
    const { brokers } = await brokerThat(t, {
      saslHandshake: (body) => body.appendInt16(0).appendInt32(0),
      saslAuthenticate: (body, request) => {
        const nonce = /r=([\w-]+)/.exec(request)?.[1] ?? "";
        body.appendInt16(0).appendString(null, false);
        return body.appendBytes(Buffer.from(challenge(nonce)), false).appendInt64(0n);
      },
    });
    const login = { username: "u", password: "pass:word", mechanism: "scram-sha-256" };
    const failure = await failedPoll(kafka, { brokers, ...jobs, ...login });
    assert.equal(failure.kind, kind, failure.message);
    assert.match(failure.message, message);
  });
}

for (const mechanism of ["plain", "scram-sha-512"]) {
  test(`reports a connection that is closed during a ${mechanism} login as Unavailable`, {
    timeout: 60_000,
  }, async (t) => {
    const { brokers, follow } = await brokerThat(t, {
      saslHandshake: (body) => body.appendInt16(0).appendInt32(0),
      saslAuthenticate: (body) => {
        follow((socket) => socket.destroy());
        return body;
      },
    });
    const failure = await failedPoll(kafka, { brokers, ...jobs, username: "u", password: "pass:word", mechanism });
    assert.equal(failure.kind, "Unavailable", failure.message);
    assert.match(failure.message, /closed the connection/);
  });
}
