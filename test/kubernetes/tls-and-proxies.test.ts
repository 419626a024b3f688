import assert from "node:assert/strict";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Connection, Identity } from "../../src/kubernetes/connection/connection.ts";
import { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { lines } from "../../src/kubernetes/watch/watch-event.ts";
import { OPENSSL, selfSigned } from "../support/certificates.ts";
import { connectProxy } from "../support/connect-proxy.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const SIGNAL = new AbortController().signal;
const GET = { method: "GET", path: "/things", what: "get things", lane: "read" } as const;
const { skip } = OPENSSL;

function clientOf(server: string, identity: () => Identity, more: Partial<Connection> = {}): ConnectedClient {
  const credentials = { current: async () => identity(), forget: () => undefined };
  const url = new URL(server);
  return new ConnectedClient({
    origin: "test",
    server: url,
    namespace: "x",
    skipVerification: false,
    credentials,
    ...more,
  });
}

async function firstLine(client: ConnectedClient, stop: AbortSignal): Promise<string> {
  for await (const [line] of lines(await client.watch("/things?watch=true", "watch things", stop))) return String(line);
  return "";
}

test("checks the server's certificate against the CA, unless configured otherwise", { skip }, async () => {
  const { key, cert } = selfSigned();
  const server = await scriptedHttp(() => ({ body: { fine: true } }), { key, cert });
  const trusting = clientOf(server.url, () => ({ headers: {}, ca: cert }));
  assert.deepEqual(await trusting.call(GET, SIGNAL), { fine: true });
  const strict = clientOf(server.url, () => ({ headers: {} }));
  await assert.rejects(strict.call(GET, SIGNAL), /self-signed certificate/);
  const careless = clientOf(server.url, () => ({ headers: {} }), { skipVerification: true });
  assert.deepEqual(await careless.call(GET, SIGNAL), { fine: true });
  const misnamed = clientOf(server.url, () => ({ headers: {}, ca: cert }), { serverName: "other.example" });
  await assert.rejects(misnamed.call(GET, SIGNAL), /other\.example/);
  const renamed = clientOf(server.url, () => ({ headers: {}, ca: cert }), { serverName: "localhost" });
  assert.deepEqual(await renamed.call(GET, SIGNAL), { fine: true });
  for (const client of [trusting, strict, careless, misnamed, renamed]) await client.close();
  await server.close();
});

test("a CA that is no certificate is an error of the call and of nothing else", { skip }, async () => {
  const { key, cert } = selfSigned();
  const server = await scriptedHttp(() => ({ body: {} }), { key, cert });
  const broken = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----";
  const client = clientOf(server.url, () => ({ headers: {}, ca: cert, certificate: broken, key: broken }));
  await assert.rejects(client.call(GET, SIGNAL), { kind: "Unavailable" });
  await client.close();
  await server.close();
});

test("new client certificates mean new connections", { skip }, async () => {
  const { key, cert } = selfSigned();
  const server = await scriptedHttp(() => ({ body: {} }), { key, cert });
  let own = selfSigned();
  const client = clientOf(server.url, () => ({ headers: {}, ca: cert, certificate: own.cert, key: own.key }));
  await client.call(GET, SIGNAL);
  await client.call(GET, SIGNAL);
  const before = server.connections();
  own = selfSigned();
  await client.call(GET, SIGNAL);
  assert.equal(server.connections(), before + 1);
  await client.close();
  await server.close();
});

test("a watch takes HTTP/1.1 where the server has no HTTP/2", { skip }, async () => {
  const { key, cert } = selfSigned();
  const server = await scriptedHttp(() => (response) => void response.write("over one\n"), { key, cert });
  const client = clientOf(server.url, () => ({ headers: {}, ca: cert }));
  const stop = new AbortController();
  assert.equal(await firstLine(client, stop.signal), "over one");
  await client.close();
  await server.close();
});

test("watches share one HTTP/2 connection, and take another before it is full", { skip }, async () => {
  const { key, cert } = selfSigned();
  let sessions = 0;
  const server = createSecureServer({ key, cert, settings: { maxConcurrentStreams: 100 } });
  server.on("session", () => {
    sessions += 1;
  });
  server.on("stream", (stream) => {
    stream.on("error", () => undefined);
    stream.respond({ ":status": 200 });
    stream.write("over two\n");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = clientOf(url, () => ({ headers: {}, ca: cert }));
  const stop = new AbortController();
  const held: AsyncIterator<Buffer[]>[] = [];
  for (let n = 0; n < 100; n += 1) {
    const stream = lines(await client.watch("/things?watch=true", "watch things", stop.signal));
    assert.equal(String((await stream.next()).value?.[0]), "over two");
    held.push(stream);
  }
  assert.equal(sessions, 2);
  stop.abort();
  await Promise.allSettled(held.map((stream) => stream.next()));
  await client.close();
  await new Promise((done) => server.close(done));
});

test("calls and watches go through a proxy's tunnel, with its login", { skip }, async () => {
  const { key, cert } = selfSigned();
  const server = await scriptedHttp(
    ({ url }) => (url.search ? (response) => void response.write("through\n") : { body: { through: true } }),
    { key, cert },
  );
  const proxy = await connectProxy();
  const address = new URL(proxy.url);
  Object.assign(address, { username: "ada", password: "lo%20ve" });
  const client = clientOf(server.url, () => ({ headers: {}, ca: cert }), { proxy: address });
  assert.deepEqual(await client.call(GET, SIGNAL), { through: true });
  assert.equal(await firstLine(client, new AbortController().signal), "through");
  const authorization = `Basic ${Buffer.from("ada:lo ve").toString("base64")}`;
  assert.deepEqual(proxy.tunnels[0], { to: `127.0.0.1:${server.port}`, authorization });
  await client.close();
  await proxy.close();
  await server.close();
});

test("a proxy that refuses is named, its login is not", async () => {
  const proxy = await connectProxy(407);
  const address = new URL(proxy.url);
  Object.assign(address, { username: "ada", password: "secret" });
  const client = clientOf("https://api.example", () => ({ headers: {} }), { proxy: address });
  const error = await client.call(GET, SIGNAL).then(
    () => assert.fail(),
    (reason: Error) => reason,
  );
  assert.match(error.message, /the proxy 127\.0\.0\.1:\d+ gave no tunnel: it answered 407/);
  assert.ok(!error.message.includes("secret"));
  await eventually(async () => assert.ok(proxy.tunnels.length > 0));
  await client.close();
  await proxy.close();
});
