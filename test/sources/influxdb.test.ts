import assert from "node:assert/strict";
import { test } from "node:test";
import influxdb from "../../src/sources/influxdb.ts";
import { testSource } from "./conformance.ts";
import { httpStage } from "./http-stage.ts";
import { failedHttpPoll, pollHttp } from "./poll.ts";

const PASSWORD = "infl:x/pass";

const series = (...values: unknown[][]) => ({
  results: [{ statement_id: 0, series: [{ name: "lag", columns: ["time", "last"], values }] }],
});

testSource(influxdb, {
  value: 12.5,
  secrets: [PASSWORD],
  stage: httpStage({
    settings: (url) => ({
      url,
      database: "metrics",
      query: "select last(v) from lag",
      username: "u",
      password: PASSWORD,
      timeoutSeconds: 1,
    }),
    answer(behaviour, _request, staleAt) {
      if (behaviour === "working") return { body: series([1, 3], [Date.now(), 12.5]) };
      if (behaviour === "stale") return { body: series([staleAt, 12.5]) };
      if (behaviour === "missing") return { body: { results: [{ statement_id: 0 }] } };
      // InfluxDB 1.x answers errors of the query with 200.
      if (behaviour === "notFound") return { body: { results: [{ error: "database not found: metrics" }] } };
      return undefined;
    },
  }),
  wrong: {
    settings: { url: 8086, version: "4", query: " ", language: "flux", password: "" },
    names: ["url", "version", "query", "language", "password"],
  },
});

const settings = { database: "d", query: "select mean(v) from lag where time > now() - 5m" };

test("the newest row that is not null counts, of the first series", async (t) => {
  const body = {
    results: [
      {
        series: [
          {
            columns: ["time", "mean"],
            values: [
              [1000, 5],
              [2000, 6],
              [3000, null],
            ],
          },
          { columns: ["time", "mean"], values: [[4000, 9]] },
        ],
      },
    ],
  };
  const reading = await pollHttp(
    t,
    influxdb,
    { ...settings, query: "select mean(v) from lag group by time(1s)" },
    { body },
  );
  assert.equal(reading.value, 6);
});

test("an aggregate over a whole range speaks of now, not of the range's beginning", async (t) => {
  const reading = await pollHttp(t, influxdb, settings, { body: series([0, 5]) });
  assert.ok(Date.now() - reading.at < 60_000);
});

test("a text is not a value", async (t) => {
  assert.equal((await failedHttpPoll(t, influxdb, settings, { body: series([1000, "many"]) })).kind, "Malformed");
});

for (const [error, kind] of [
  ["error parsing query: found EOF", "Malformed"],
  ["authorization failed", "Unauthorized"],
  ["query-timeout limit exceeded", "Unavailable"],
] as const) {
  test(`InfluxDB's "${error}" is ${kind}`, async (t) => {
    assert.equal((await failedHttpPoll(t, influxdb, settings, { body: { results: [{ error }] } })).kind, kind);
  });
}
