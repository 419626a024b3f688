import assert from "node:assert/strict";
import { test } from "node:test";
import influxdb from "../../../src/sources/influxdb.ts";
import { testSource } from "../conformance.ts";
import { httpStage } from "../http-stage.ts";
import { failedHttpPoll, pollHttp } from "../poll.ts";

// No server of InfluxDB 2 is to be had here: these answers are written after its documentation, not recorded from one:
// https://docs.influxdata.com/influxdb/v2.7/reference/syntax/annotated-csv/ (tables, and errors as tables),
// https://docs.influxdata.com/influxdb/v2.7/api/ (statuses, and errors as `code` and `message`).

const TOKEN = "t0ken==";
const asked = { version: "2", organization: "shop", query: 'from(bucket: "b")' };

testSource(influxdb, {
  value: 7,
  secrets: [TOKEN],
  stage: httpStage({
    settings: (url) => ({ url, ...asked, bearerToken: TOKEN, timeoutSeconds: 1 }),
    answer(behaviour, { headers, method, url }, staleAt) {
      if (headers.authorization !== `Token ${TOKEN}`) return refusal(401, "unauthorized", "unauthorized access");
      if (method !== "POST" || url.pathname !== "/api/v2/query" || url.searchParams.get("org") !== "shop")
        return refusal(500, "internal error", "the source asked otherwise than InfluxDB 2 wants it");
      if (behaviour === "working") return csv(table([new Date().toISOString(), 7]));
      if (behaviour === "stale") return csv(table([new Date(staleAt).toISOString(), 7]));
      if (behaviour === "missing") return csv("\r\n");
      if (behaviour === "unauthorized") return refusal(401, "unauthorized", "unauthorized access");
      if (behaviour === "notFound")
        return refusal(404, "not found", 'failed to initialize execute state: could not find bucket "b"');
      return undefined;
    },
  }),
  wrong: { settings: { version: "2" }, names: ["url", "query", "organization"] },
});

function refusal(status: number, code: string, message: string) {
  return { status, body: { code, message } };
}

function csv(body: string) {
  return { headers: { "content-type": "text/csv; charset=utf-8" }, body };
}

function table(...rows: [string, number | ""][]): string {
  const lines = rows.map(
    ([time, value]) => `,,0,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,${time},${value},lag,"a ""quoted"", tag"`,
  );
  return [
    "#group,false,false,true,true,false,false,true,true",
    "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string",
    "#default,_result,,,,,,,",
    ",result,table,_start,_stop,_time,_value,_field,queue",
    ...lines,
    "\r\n",
  ].join("\r\n");
}

test("a query that cannot be understood is Malformed, in InfluxDB's words", async (t) => {
  const refused = refusal(400, "invalid", "compilation failed: error @1:1-1:2: invalid expression");
  const failure = await failedHttpPoll(t, influxdb, asked, refused);
  assert.equal(failure.kind, "Malformed");
  assert.match(failure.message, /compilation failed/);
});

const ERROR = "#datatype,string,long\r\n,error,reference\r\n,Failed to parse query,897\r\n";

for (const [form, body] of [
  ["inside of a 200", ERROR],
  ["without annotations", "error,reference\r\nFailed to parse query,897\r\n"],
  ["after its first table", `${table(["2026-01-01T00:00:00Z", 1])}${ERROR}`],
] as const) {
  test(`Flux's error ${form} is Malformed`, async (t) => {
    const failure = await failedHttpPoll(t, influxdb, asked, csv(body));
    assert.equal(failure.kind, "Malformed");
    assert.match(failure.message, /Failed to parse query/);
  });
}

test("a column that is named error is data", async (t) => {
  const body = table(["2026-01-01T00:00:10Z", 2]).replace(",queue", ",error");
  assert.equal((await pollHttp(t, influxdb, asked, csv(body))).value, 2);
});

test("a table without annotations, as it comes unasked, is understood", async (t) => {
  const body = ",result,table,_time,_value\r\n,_result,0,2026-01-01T00:00:10Z,2\r\n\r\n";
  const reading = await pollHttp(t, influxdb, asked, csv(body));
  assert.deepEqual(reading, { at: Date.parse("2026-01-01T00:00:10Z"), value: 2 });
});

test("only the first of Flux's tables counts, and in it the newest value", async (t) => {
  const first = table(["2026-01-01T00:00:00Z", 1], ["2026-01-01T00:00:10Z", 2], ["2026-01-01T00:00:20Z", ""]);
  const body = `${first}${table(["2026-01-01T00:00:30Z", 3])}`;
  const reading = await pollHttp(t, influxdb, asked, csv(body));
  assert.deepEqual(reading, { at: Date.parse("2026-01-01T00:00:10Z"), value: 2 });
});
