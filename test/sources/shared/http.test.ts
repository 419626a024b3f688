import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { HttpClient } from "../../../src/sources/shared/http.ts";
import type { SourceTools } from "../../../src/sources/shared/source.ts";
import { SourceError } from "../../../src/sources/shared/source-error.ts";
import { OPENSSL, selfSigned } from "../../support/certificates.ts";
import { type HttpScript, scriptedHttp } from "../../support/scripted-http.ts";
import { sourceTools } from "../../support/source-tools.ts";

const SIGNAL = new AbortController().signal;
const OK: HttpScript = () => ({ body: { value: 1 } });

async function server(t: TestContext, script: HttpScript, tls?: { key: string; cert: string }) {
  const started = await scriptedHttp(script, tls);
  t.after(() => started.close());
  return started;
}

async function get(t: TestContext, url: string, settings = {}, tools: SourceTools = sourceTools()): Promise<unknown> {
  const client = new HttpClient({ timeoutSeconds: 5, ...settings }, tools);
  t.after(() => client.close());
  return client.json({ url: new URL(url), signal: SIGNAL });
}

async function failure(work: Promise<unknown>): Promise<SourceError> {
  const error = await work.then(
    () => assert.fail("expected a failure"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SourceError, String(error));
  return error;
}

test("credentials are sent", async (t) => {
  const { url, requests } = await server(t, OK);
  await get(t, url, { username: "me", password: "pass" });
  await get(t, url, { bearerToken: "token" });
  await get(t, url);
  const sent = requests.map((request) => request.headers.authorization);
  assert.deepEqual(sent, [`Basic ${Buffer.from("me:pass").toString("base64")}`, "Bearer token", undefined]);
});

test("a redirect on the same host is followed", async (t) => {
  const { url } = await server(t, (request) =>
    request.url.pathname === "/new" ? { body: { value: 2 } } : { status: 302, headers: { location: "/new" } },
  );
  assert.deepEqual(await get(t, `${url}/old?q=1`), { value: 2 });
});

test("a redirect to another host is refused, and that host hears nothing", async (t) => {
  const other = await server(t, OK);
  const { url } = await server(t, () => ({ status: 307, headers: { location: `${other.url}/?stolen=1` } }));
  const error = await failure(get(t, url, { bearerToken: "token" }));
  assert.equal(error.kind, "Malformed");
  assert.match(error.message, /redirects to another host/);
  assert.ok(!error.message.includes("stolen"));
  assert.equal(other.requests.length, 0);
});

test("a redirect that repeats a credential shows it nowhere", async (t) => {
  const bearerToken = "marker-0123456789-credential";
  const hex = Buffer.from(bearerToken).toString("hex");
  for (const location of [
    `/login/${bearerToken}`,
    `/a/${encodeURIComponent(`Bearer ${bearerToken}`)}`,
    `http://${hex}.test/`,
  ]) {
    const { url } = await server(t, (request) =>
      request.url.pathname === "/asked" ? { status: 302, headers: { location } } : { status: 404, body: "none" },
    );
    const { message } = await failure(get(t, `${url}/asked`, { bearerToken }));
    assert.match(message, /\/asked (?:answered 404|redirects to another host)/);
    assert.doesNotMatch(message, /marker|0123456789|6d61726b/);
  }
});

for (const location of ["/again", "http://", "https://127.0.0.1:1/", "file:///etc/passwd"]) {
  test(`a redirect to ${location} comes to an end`, async (t) => {
    const { url, requests } = await server(t, () => ({ status: 301, headers: { location } }));
    const error = await failure(get(t, url));
    assert.match(error.message, /redirects|cannot be reached/);
    assert.ok(requests.length <= 4);
  });
}

test("a server with a certificate of its own is trusted by caCertificate alone", { skip: OPENSSL.skip }, async (t) => {
  const tls = selfSigned();
  const { url } = await server(t, OK, tls);
  assert.deepEqual(await get(t, url, { caCertificate: tls.cert }), { value: 1 });
  const error = await failure(get(t, url));
  assert.equal(error.kind, "Unavailable");
  assert.match(error.message, /not trusted .*caCertificate/);
});

test("https to a server that speaks http says so", async (t) => {
  const { url } = await server(t, OK);
  const error = await failure(get(t, url.replace("http:", "https:")));
  assert.match(error.message, /does not speak TLS/);
});

test("an error names the URL without its query", async (t) => {
  const { url } = await server(t, () => ({ status: 404 }));
  const error = await failure(get(t, `${url}/path?token=secret`));
  assert.equal(error.message, `${url}/path answered 404`);
});

test("describes an answer that is not JSON, and keeps its beginning for the operator", async (t) => {
  const { url } = await server(t, () => ({
    headers: { "content-type": "text/html; charset=utf-8" },
    body: `<html>\n\u001b[31m${"x".repeat(500)}`,
  }));
  const error = await failure(get(t, url));
  assert.equal(error.message, `${url}: expected JSON, got text/html, 512 bytes`);
  assert.match(error.answer ?? "", /^<html> \[31mx{189}…$/);
});

test("shows nothing of a refusal but its status, type and length", async (t) => {
  const { url } = await server(t, () => ({
    status: 403,
    headers: { "content-type": "text/plain; token=stolen" },
    body: '{"AccessKeyId":"ASIAEXAMPLE","Token":"stolen"}',
  }));
  const error = await failure(get(t, url));
  assert.equal(error.message, `${url} answered 403 (text/plain, 46 bytes)`);
});

test("clients with the same certificates share connections, and give them back", async (t) => {
  const { url, connections } = await server(t, OK);
  const tools = sourceTools();
  const clients = Array.from({ length: 10 }, () => new HttpClient({ timeoutSeconds: 5 }, tools));
  for (const client of clients) await client.json({ url: new URL(url), signal: SIGNAL });
  assert.ok(connections() <= 2, `made ${connections()} connections for 10 clients`);
  await Promise.all(clients.map((client) => client.close()));
});

test("proxies are taken from the environment, and hosts in no_proxy go without", async (t) => {
  const { url, requests } = await server(t, OK);
  const proxy = await startProxy(t);
  await get(t, url, {}, sourceTools({ environment: { HTTP_PROXY: proxy.url } }));
  assert.equal(proxy.tunnels + proxy.forwards, 1);
  await get(t, url, {}, sourceTools({ environment: { http_proxy: proxy.url, no_proxy: "127.0.0.1" } }));
  assert.equal(proxy.tunnels + proxy.forwards, 1);
  assert.equal(requests.length, 2);
});

test("a TLS server behind a proxy is checked against caCertificate", { skip: OPENSSL.skip }, async (t) => {
  const tls = selfSigned();
  const { url } = await server(t, OK, tls);
  const proxy = await startProxy(t);
  const tools = sourceTools({ environment: { HTTPS_PROXY: proxy.url } });
  assert.deepEqual(await get(t, url, { caCertificate: tls.cert }, tools), { value: 1 });
  assert.equal(proxy.tunnels, 1);
});

async function startProxy(t: TestContext): Promise<{ url: string; tunnels: number; forwards: number }> {
  const counts = { url: "", tunnels: 0, forwards: 0 };
  const proxy: Server = createServer((request: IncomingMessage, response: ServerResponse) => {
    counts.forwards += 1;
    fetch(String(request.url)).then(
      async (answer) => response.end(await answer.text()),
      () => response.destroy(),
    );
  });
  proxy.on("connect", (request: IncomingMessage, socket) => {
    counts.tunnels += 1;
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect(Number(port), hostname, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    upstream.pipe(socket).pipe(upstream);
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  counts.url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  t.after(() => proxy.close());
  return counts;
}

test("an answer that says to be larger than the limit is refused unread", async (t) => {
  const answer = await server(t, () => (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": String(8 << 20) });
    response.write('{"size": 1, "more": "');
  });
  const error = await failure(get(t, answer.url, { timeoutSeconds: 60 }));
  assert.equal(error.kind, "Malformed");
  assert.match(error.message, /answered more than 1 MiB: ask for less, or raise --max-answer-bytes/);
});

test("an answer of unknown size is read no further than to the limit that is set", async (t) => {
  const sized = (bytes: number) => (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify("x".repeat(bytes - 2)));
  };
  const answer = await server(t, ({ url }) => sized(Number(url.searchParams.get("bytes"))));
  const tools = sourceTools({ answerBytes: 4096 });
  assert.equal(((await get(t, `${answer.url}/?bytes=4096`, {}, tools)) as string).length, 4094);
  const error = await failure(get(t, `${answer.url}/?bytes=4097`, {}, tools));
  assert.match(error.message, /answered more than 4096 bytes/);
});

test("reports the time that an answer takes, also when the answer is refused", async (t) => {
  const answer = await server(t, () => ({ body: { text: "x".repeat(500_000) } }));
  let spent = 0;
  const spend = (milliseconds: number) => {
    spent += milliseconds;
  };
  await get(t, answer.url, {}, sourceTools({ spent: spend }));
  assert.ok(spent > 5, `${spent} ms`);
  spent = 0;
  const chunked = await server(t, () => (response) => {
    response.writeHead(200);
    response.end("x".repeat(900_000));
  });
  await failure(get(t, chunked.url, {}, sourceTools({ spent: spend, answerBytes: 700_000 })));
  assert.ok(spent > 5, `${spent} ms`);
});
