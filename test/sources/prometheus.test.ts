import assert from "node:assert/strict";
import { test } from "node:test";
import prometheus from "../../src/sources/prometheus.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { sourceTools } from "../support/source-tools.ts";
import { testSource } from "./conformance.ts";
import { httpStage } from "./http-stage.ts";
import { failedHttpPoll, pollHttp } from "./poll.ts";

const TOKEN = "pr0m-t0ken/with=signs";
const vector = (...values: [number, string][]) => ({
  status: "success",
  data: { resultType: "vector", result: values.map((value) => ({ metric: {}, value })) },
});

testSource(prometheus, {
  value: 42,
  secrets: [TOKEN],
  stage: httpStage({
    settings: (url) => ({ url, query: "sum(lag)", bearerToken: TOKEN, timeoutSeconds: 1 }),
    answer(behaviour, { headers }, staleAt) {
      if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401 };
      if (behaviour === "working") return { body: vector([Date.now() / 1000, "42"]) };
      if (behaviour === "stale") return { body: vector([staleAt / 1000, "42"]) };
      if (behaviour === "missing") return { body: vector() };
      return undefined;
    },
  }),
  wrong: {
    settings: { url: "ftp://prometheus", query: 7, headers: { "bad name": "x" }, timeoutSeconds: "soon" },
    names: ["url", "query", "headers", "timeoutSeconds"],
  },
});

const settings = { query: "lag" };

for (const value of ["NaN", "+Inf", "-Inf"]) {
  test(`${value} is a missing value, not 0`, async (t) => {
    const failure = await failedHttpPoll(t, prometheus, settings, { body: vector([1, value]) });
    assert.equal(failure.kind, "NotFound");
    assert.match(failure.message, /not a value/);
  });
}

test("two elements are refused, with what to write", async (t) => {
  const failure = await failedHttpPoll(t, prometheus, settings, { body: vector([1, "1"], [1, "2"]) });
  assert.equal(failure.kind, "Malformed");
  assert.match(failure.message, /expected one element, got 2: aggregate/);
});

test("a scalar is a value", async (t) => {
  const body = { status: "success", data: { resultType: "scalar", result: [1_700_000_000.5, "3.25"] } };
  assert.deepEqual(await pollHttp(t, prometheus, settings, { body }), { at: 1_700_000_000_500, value: 3.25 });
});

test("a range is refused", async (t) => {
  const body = { status: "success", data: { resultType: "matrix", result: [] } };
  assert.equal((await failedHttpPoll(t, prometheus, settings, { body })).kind, "Malformed");
});

test("a histogram is refused", async (t) => {
  const body = { status: "success", data: { resultType: "vector", result: [{ metric: {}, histogram: [1, {}] }] } };
  assert.match((await failedHttpPoll(t, prometheus, settings, { body })).message, /histogram/);
});

test("what Prometheus says of a bad query is passed on", async (t) => {
  const body = { status: "error", errorType: "bad_data", error: "parse error: unexpected end of input" };
  const failure = await failedHttpPoll(t, prometheus, settings, { status: 400, body });
  assert.equal(failure.kind, "Malformed");
  assert.match(failure.message, /unexpected end of input/);
});

test("parameters of the address are sent along, with a long query too", async (t) => {
  const long = `sum(${Array.from({ length: 300 }, (_, index) => `lag${index}`).join(" + ")})`;
  for (const query of ["lag", long]) {
    let asked: [string | null, string | null, string] | undefined;
    const server = await scriptedHttp(({ url, body }) => {
      const given = new URLSearchParams([...url.searchParams, ...new URLSearchParams(body)]);
      asked = [given.get("namespace"), given.get("query"), url.pathname];
      return { body: vector([1, "1"]) };
    });
    t.after(() => server.close());
    const url = `${server.url}/thanos?namespace=shop`;
    const source = prometheus.connect(prometheus.settings.parse({ url, query }), sourceTools());
    await source.read(AbortSignal.timeout(10_000));
    await source.close?.();
    assert.deepEqual(asked, ["shop", query, "/thanos/api/v1/query"]);
  }
});

test("a long query goes into a form, headers along with it", async (t) => {
  const query = `sum(${Array.from({ length: 300 }, (_, index) => `lag${index}`).join(" + ")})`;
  const seen: string[] = [];
  await pollHttp(t, prometheus, { query, headers: { "X-Scope-OrgID": "shop" } }, (request) => {
    seen.push(
      request.method,
      String(request.headers["x-scope-orgid"]),
      new URLSearchParams(request.body).get("query") ?? "",
    );
    return { body: vector([1, "1"]) };
  });
  assert.deepEqual(seen, ["POST", "shop", query]);
});
