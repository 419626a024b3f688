import assert from "node:assert/strict";
import { test } from "node:test";
import graphite from "../../src/sources/graphite.ts";
import { testSource } from "./conformance.ts";
import { httpStage } from "./http-stage.ts";
import { failedHttpPoll, pollHttp } from "./poll.ts";

const PASSWORD = "gr@ph/ite:s3cret";

testSource(graphite, {
  value: 17,
  secrets: [PASSWORD],
  stage: httpStage({
    settings: (url) => ({ url, query: "carbon.lag", username: "muster", password: PASSWORD, timeoutSeconds: 1 }),
    answer(behaviour, _request, staleAt) {
      const now = Math.floor(Date.now() / 1000);
      if (behaviour === "working")
        return {
          body: [
            {
              target: "carbon.lag",
              datapoints: [
                [3, now - 20],
                [17, now - 10],
                [null, now],
              ],
            },
          ],
        };
      if (behaviour === "stale")
        return {
          body: [
            {
              target: "carbon.lag",
              datapoints: [
                [17, staleAt / 1000],
                [null, now],
              ],
            },
          ],
        };
      if (behaviour === "missing") return { body: [] };
      return undefined;
    },
  }),
  wrong: {
    settings: { url: "graphite:8080", query: "", timeoutSeconds: -1, password: 5 },
    names: ["url", "query", "timeoutSeconds", "password", "username"],
  },
});

const points = (...datapoints: [number | null, number][]) => ({ body: [{ target: "t", datapoints }] });

for (const [query, target, from] of [
  ["summarize(carbon.*.lag, '1min', 'max')&from=-60min&until=now", "summarize(carbon.*.lag, '1min', 'max')", "-60min"],
  ["target=alias(a.b,%20%22x+y%22)&format=json", 'alias(a.b, "x+y")', null],
  ["divideSeries(a,b)&from=-5min&format=csv", "divideSeries(a,b)", "-5min"],
  ["scale(a,100)%", "scale(a,100)%", null],
] as const) {
  test(`the query ${query} is sent as PHPA sends it`, async (t) => {
    const sent: (string | null)[] = [];
    await pollHttp(t, graphite, { query, url: "/graphite/" }, ({ url }) => {
      sent.push(url.pathname, ...["target", "from", "format"].map((name) => url.searchParams.get(name)));
      return points([1, 1]);
    });
    assert.deepEqual(sent, ["/graphite/render/", target, from, "json"]);
  });
}

test("all targets of a query are asked for, as PHPA does, so that two are not taken for one", async (t) => {
  const asked: string[][] = [];
  await pollHttp(t, graphite, { query: "target=a&target=b&from=-5min" }, ({ url }) => {
    asked.push(url.searchParams.getAll("target"));
    return points([1, 1]);
  });
  assert.deepEqual(asked, [["a", "b"]]);
});

test("a query without a target is refused", () => {
  for (const query of ["target=", "&from=-5min", "?target=&until=now", "  "]) {
    assert.equal(graphite.settings.safeParse({ url: "http://graphite", query }).success, false, query);
  }
});

test("the newest point that is not null counts, at its own time", async (t) => {
  const reading = await pollHttp(t, graphite, { query: "q" }, points([5, 10], [0, 20], [null, 30]));
  assert.deepEqual(reading, { at: 20_000, value: 0 });
});

test("only nulls are a missing value, not 0", async (t) => {
  const failure = await failedHttpPoll(t, graphite, { query: "q" }, points([null, 10]));
  assert.deepEqual({ kind: failure.kind, isEmpty: failure.failure.isEmpty }, { kind: "NotFound", isEmpty: undefined });
});

test("a series without a point is an empty answer", async (t) => {
  assert.equal((await failedHttpPoll(t, graphite, { query: "q" }, points())).failure.isEmpty, true);
});

test("two series are refused", async (t) => {
  const series = { target: "t", datapoints: [[1, 1]] };
  const failure = await failedHttpPoll(t, graphite, { query: "a.*" }, { body: [series, series] });
  assert.equal(failure.kind, "Malformed");
  assert.match(failure.message, /expected one series, got 2/);
});

test("a constant line's fraction of a second stays", async (t) => {
  assert.deepEqual(await pollHttp(t, graphite, { query: "q" }, points([1.5, 10.5])), { at: 10_500, value: 1.5 });
});
