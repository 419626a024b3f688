import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import graphite from "../../src/sources/graphite.ts";
import http from "../../src/sources/http.ts";
import influxdb from "../../src/sources/influxdb.ts";
import prometheus from "../../src/sources/prometheus.ts";
import type { SourceType } from "../../src/sources/shared/source.ts";
import { OPENSSL, selfSigned } from "../support/certificates.ts";
import { connectProxy } from "../support/connect-proxy.ts";
import { type HttpScript, scriptedHttp } from "../support/scripted-http.ts";
import { sourceTools } from "../support/source-tools.ts";
import { failedPoll, poll } from "./poll.ts";

/** What sources over HTTP have in common, asked of each; time-outs and giant answers are the conformance suite's. */
const SOURCES: readonly HttpSource[] = [
  {
    type: graphite,
    name: "graphite",
    settings: { query: "lag" },
    body: [{ target: "lag", datapoints: [[5, 1_767_225_600]] }],
  },
  {
    type: prometheus,
    name: "prometheus",
    settings: { query: "lag" },
    body: { status: "success", data: { resultType: "scalar", result: [1_767_225_600, "5"] } },
  },
  {
    type: influxdb,
    name: "influxdb 1",
    settings: { query: "select v from lag", database: "shop" },
    body: { results: [{ series: [{ columns: ["time", "v"], values: [[1_767_225_600_000, 5]] }] }] },
  },
  {
    type: influxdb,
    name: "influxdb 2",
    settings: { query: "lag", version: "2", organization: "shop" },
    body: ",result,table,_value\r\n,_result,0,5\r\n\r\n",
    // Its own word for a bearer token.
    tokenScheme: "Token",
  },
  {
    type: influxdb,
    name: "influxdb 3",
    settings: { query: "select v from lag", version: "3", database: "shop" },
    body: [{ v: 5 }],
  },
  { type: http, name: "http", settings: { path: "size" }, body: { size: 5 } },
];

interface HttpSource {
  readonly type: SourceType;
  readonly name: string;
  readonly settings: Record<string, unknown>;
  readonly body: string | object;
  readonly tokenScheme?: string;
}

async function serve(t: TestContext, script: HttpScript, tls?: { key: string; cert: string }) {
  const server = await scriptedHttp(script, tls);
  t.after(() => server.close());
  return server;
}

for (const { type, name, settings, body, tokenScheme = "Bearer" } of SOURCES) {
  describe(`source ${name} over HTTP`, () => {
    const read = async (more: Record<string, unknown>, environment = {}) =>
      (await poll(type, { ...settings, ...more }, sourceTools({ environment }))).value;

    test("sends a user's name and password, or a token, or nothing", async (t) => {
      const { url, requests } = await serve(t, () => ({ body }));
      assert.equal(await read({ url, username: "me", password: "pass" }), 5);
      assert.equal(await read({ url, bearerToken: "t0ken" }), 5);
      assert.equal(await read({ url }), 5);
      assert.deepEqual(
        requests.map(({ headers }) => headers.authorization),
        [`Basic ${Buffer.from("me:pass").toString("base64")}`, `${tokenScheme} t0ken`, undefined],
      );
    });

    test("trusts a server's certificate by its caCertificate alone", { skip: OPENSSL.skip }, async (t) => {
      const tls = selfSigned();
      const { url } = await serve(t, () => ({ body }), tls);
      assert.equal(await read({ url, caCertificate: tls.cert }), 5);
      for (const other of [{}, { caCertificate: selfSigned().cert }]) {
        const failure = await failedPoll(type, { ...settings, ...other, url });
        assert.equal(failure.kind, "Unavailable");
        assert.match(failure.message, /not trusted/);
      }
    });

    test("is not led to another host, which hears nothing", async (t) => {
      const other = await serve(t, () => ({ body }));
      const { url } = await serve(t, () => ({ status: 307, headers: { location: `${other.url}/` } }));
      const failure = await failedPoll(type, { ...settings, url, bearerToken: "t0ken" });
      assert.equal(failure.kind, "Malformed");
      assert.match(failure.message, /redirects to another host/);
      assert.equal(other.requests.length, 0);
    });

    test("goes through the proxy that the environment names, or past it where no_proxy says so", async (t) => {
      const { url } = await serve(t, () => ({ body }));
      const proxy = await connectProxy();
      t.after(() => proxy.close());
      assert.equal(await read({ url }, { http_proxy: proxy.url }), 5);
      assert.equal(proxy.tunnels.length, 1);
      assert.equal(await read({ url }, { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" }), 5);
      assert.equal(proxy.tunnels.length, 1);
    });
  });
}
