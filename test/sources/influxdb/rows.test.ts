import assert from "node:assert/strict";
import { test } from "node:test";
import influxdb from "../../../src/sources/influxdb.ts";
import { testSource } from "../conformance.ts";
import { httpStage } from "../http-stage.ts";
import { failedHttpPoll, pollHttp } from "../poll.ts";

// No server of InfluxDB 3 is to be had here: these answers are written after its documentation, not recorded from one:
// https://docs.influxdata.com/influxdb3/core/api/query-data/ (InfluxQL's `results`, errors as `error` and `data`), and
// the rows and times without a zone that InfluxDB's own tests expect (github.com/influxdata/influxdb, influxdb3/tests).

const TOKEN = "t0ken==";
const asked = { version: "3", database: "shop", query: "select v from lag" };

testSource(influxdb, {
  value: 7,
  secrets: [TOKEN],
  stage: httpStage({
    settings: (url) => ({ url, ...asked, bearerToken: TOKEN, language: "sql", timeoutSeconds: 1 }),
    answer(behaviour, { headers, body, url }, staleAt) {
      if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401 };
      if (url.pathname !== "/api/v3/query_sql" || JSON.parse(body).db !== "shop") return { status: 500 };
      const time = withoutZone(Date.now());
      // A null is left out of its row.
      if (behaviour === "working") return { body: [{ time, v: 3 }, { time, v: 7 }, { time }] };
      if (behaviour === "stale") return { body: [{ time: withoutZone(staleAt), v: 7 }] };
      if (behaviour === "missing") return { body: [] };
      if (behaviour === "notFound")
        return { status: 404, body: { error: "query error: database not found: shop", data: null } };
      return undefined;
    },
  }),
  wrong: { settings: { version: "3", database: "" }, names: ["url", "query", "database"] },
});

function withoutZone(time: number): string {
  return new Date(time).toISOString().replace("Z", "123456");
}

const body = [
  { "iox::measurement": "lag", time: "2026-01-01T00:00:01", v: 5 },
  { "iox::measurement": "lag", time: "2026-01-01T00:00:02", v: 6 },
];

test("InfluxQL's rows name their measurement, which is no value", async (t) => {
  const reading = await pollHttp(t, influxdb, asked, { body });
  assert.deepEqual(reading, { at: Date.parse("2026-01-01T00:00:02Z"), value: 6 });
});

test("the language of the query decides on the path that is asked", async (t) => {
  const paths: string[] = [];
  for (const language of ["sql", "influxql"]) {
    await pollHttp(t, influxdb, { ...asked, language }, ({ url }) => {
      paths.push(url.pathname);
      return { body };
    });
  }
  assert.deepEqual(paths, ["/api/v3/query_sql", "/api/v3/query_influxql"]);
});

test("InfluxQL's results in InfluxDB 1's form are understood", async (t) => {
  const values = [
    ["2026-02-02T12:00:00Z", 42],
    ["2026-02-02T12:00:10Z", null],
  ];
  const results = [{ series: [{ name: "lag", columns: ["time", "value"], values }] }];
  const reading = await pollHttp(t, influxdb, asked, { body: { results } });
  assert.deepEqual(reading, { at: Date.parse("2026-02-02T12:00:00Z"), value: 42 });
  assert.equal((await failedHttpPoll(t, influxdb, asked, { body: { results: [{}] } })).kind, "NotFound");
});

test("shows what InfluxDB says of a refused query", async (t) => {
  const failure = await failedHttpPoll(t, influxdb, asked, {
    status: 400,
    body: { error: "no field named v", data: null },
  });
  assert.equal(failure.kind, "Malformed");
  assert.match(failure.message, /no field named v/);
});

test("rows of nothing but null are no empty answer", async (t) => {
  const series = (values: unknown[]) => ({
    results: [{ series: [{ name: "lag", columns: ["time", "value"], values }] }],
  });
  for (const body of [[{ time: "2026-01-01T00:00:01" }], series([["2026-01-01T00:00:01Z", null]])]) {
    const failure = await failedHttpPoll(t, influxdb, asked, { body });
    assert.deepEqual(
      { kind: failure.kind, isEmpty: failure.failure.isEmpty },
      { kind: "NotFound", isEmpty: undefined },
    );
  }
  assert.equal((await failedHttpPoll(t, influxdb, asked, { body: [] })).failure.isEmpty, true);
});
