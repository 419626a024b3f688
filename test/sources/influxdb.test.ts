import assert from "node:assert/strict";
import { test } from "node:test";
import influxdb from "../../src/sources/influxdb.ts";
import { testSource } from "./conformance.ts";
import { httpStage } from "./http-stage.ts";
import { failureOf, readOnce } from "./look.ts";

const PASSWORD = "infl:x/pass";
const TOKEN = "t0ken==";

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

// InfluxDB 2 and 3 are not in Debian: their answers are as their documentation and recordings show them.
testSource(influxdb, {
  value: 7,
  secrets: [TOKEN],
  stage: httpStage({
    settings: (url) => ({
      url,
      version: "2",
      organization: "shop",
      query: 'from(bucket: "b")',
      bearerToken: TOKEN,
      timeoutSeconds: 1,
    }),
    answer(behaviour, { headers, method, url }, staleAt) {
      if (headers.authorization !== `Token ${TOKEN}`) return { status: 401 };
      if (method !== "POST" || url.pathname !== "/api/v2/query" || url.searchParams.get("org") !== "shop")
        return { status: 404 };
      if (behaviour === "working") return { body: fluxTable([new Date().toISOString(), 7]) };
      if (behaviour === "stale") return { body: fluxTable([new Date(staleAt).toISOString(), 7]) };
      if (behaviour === "missing") return { body: "\r\n" };
      return undefined;
    },
  }),
  wrong: { settings: { version: "2" }, names: ["url", "query", "organization"] },
});

testSource(influxdb, {
  value: 7,
  secrets: [TOKEN],
  stage: httpStage({
    settings: (url) => ({
      url,
      version: "3",
      database: "shop",
      query: "select v from lag",
      bearerToken: TOKEN,
      language: "sql",
      timeoutSeconds: 1,
    }),
    answer(behaviour, { headers, body, url }, staleAt) {
      if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401 };
      if (url.pathname !== "/api/v3/query_sql" || JSON.parse(body).db !== "shop") return { status: 404 };
      const now = new Date().toISOString().replace("Z", "000");
      if (behaviour === "working")
        return {
          body: [
            { time: now, host: "a", v: 3 },
            { time: now, host: "a", v: 7 },
            { time: now, host: "a", v: null },
          ].map(({ host: _host, ...row }) => row),
        };
      if (behaviour === "stale") return { body: [{ time: new Date(staleAt).toISOString().replace("Z", ""), v: 7 }] };
      if (behaviour === "missing") return { body: [] };
      return undefined;
    },
  }),
  wrong: { settings: { version: "3", database: "" }, names: ["url", "query", "database"] },
});

function fluxTable(...rows: [string, number | ""][]): string {
  const lines = rows.map(([time, value]) => `,_result,0,${time},${value},"a ""quoted"", label"`);
  return `${[",result,table,_time,_value,note", ...lines].join("\r\n")}\r\n\r\n`;
}

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
  const reading = await readOnce(
    t,
    influxdb,
    { ...settings, query: "select mean(v) from lag group by time(1s)" },
    { body },
  );
  assert.equal(reading.value, 6);
});

test("an aggregate over a whole range speaks of now, not of the range's beginning", async (t) => {
  const reading = await readOnce(t, influxdb, settings, { body: series([0, 5]) });
  assert.ok(Date.now() - reading.at < 60_000);
});

test("a text is not a value", async (t) => {
  assert.equal((await failureOf(t, influxdb, settings, { body: series([1000, "many"]) })).kind, "Malformed");
});

for (const [error, kind] of [
  ["error parsing query: found EOF", "Malformed"],
  ["authorization failed", "Unauthorized"],
  ["query-timeout limit exceeded", "Unavailable"],
] as const) {
  test(`InfluxDB's "${error}" is ${kind}`, async (t) => {
    assert.equal((await failureOf(t, influxdb, settings, { body: { results: [{ error }] } })).kind, kind);
  });
}

test("Flux reports errors inside of a 200", async (t) => {
  const body = "error,reference\r\nFailed to parse query,897\r\n";
  const failure = await failureOf(t, influxdb, { version: "2", organization: "o", query: "?" }, { body });
  assert.equal(failure.kind, "Malformed");
  assert.match(failure.message, /Failed to parse query/);
});

test("only the first of Flux's tables counts, and in it the newest value", async (t) => {
  const first = fluxTable(["2026-01-01T00:00:00Z", 1], ["2026-01-01T00:00:10Z", 2], ["2026-01-01T00:00:20Z", ""]);
  const body = `${first}${fluxTable(["2026-01-01T00:00:30Z", 3])}`;
  const reading = await readOnce(t, influxdb, { version: "2", organization: "o", query: "x" }, { body });
  assert.deepEqual(reading, { at: Date.parse("2026-01-01T00:00:10Z"), value: 2 });
});
