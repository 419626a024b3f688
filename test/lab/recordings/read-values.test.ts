import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readValues, type ValuesTerms } from "../../../src/lab/recordings/read-values.ts";
import { replicasAt, valueAt } from "../../../src/lab/recordings/recorded-series.ts";
import { anyRows } from "../../support/any-rows.ts";

const TERMS: ValuesTerms = { file: "lag.csv", columns: {}, now: Date.UTC(2026, 0, 1), start: Date.UTC(2020, 0, 1) };
const NOON = Date.UTC(2024, 5, 1, 12);
const MINUTE = 60_000;

function read(text: string, changes: Partial<ValuesTerms> = {}) {
  const lines = async function* () {
    yield text.split("\n");
  };
  return readValues(lines(), { ...TERMS, ...changes });
}

test("reads times, values and workers by usual names, by order or by given names", async () => {
  for (const [text, columns] of [
    ["time,lag,replicas\n2024-06-01 12:00:00,5,2\n2024-06-01 12:01:00,7,3", {}],
    ["2024-06-01 12:00:00;5;2\n2024-06-01 12:01:00;7;3", {}],
    ["at,kafka_consumergroup_lag,pods\n1717243200,5,2\n1717243260,7,3", {}],
    ["ts,a,b,c\n1717243200,9,5,2\n1717243260,9,7,3", { value: "b", replicas: "c" }],
    ['{"time":1717243200000,"value":5,"workers":2}\n{"time":1717243260000,"value":7,"workers":3}', {}],
  ] as const) {
    const values = await read(text, { columns });
    assert.deepEqual([...values.values], [5, 7], text);
    assert.deepEqual([...(values.replicas ?? [])], [2, 3], text);
    assert.equal(values.at[0], NOON);
    assert.deepEqual(
      values.remarks.filter((remark) => !remark.startsWith("Read with")),
      [],
    );
  }
  assert.equal((await read("0,5\n60,6")).at[0], TERMS.start);
  assert.equal((await read("0,5\n60,6")).replicas, undefined);
});

test("a value holds until the next one, at most one and a half steps", async () => {
  const values = await read("0,5\n60,6\n120,7\n600,8", { start: 0 });
  const at = (second: number) => valueAt(values, second * 1000);
  assert.deepEqual([at(-1), at(0), at(59), at(60), at(130)], [undefined, 5, 5, 6, 7]);
  assert.deepEqual([at(209), at(210), at(599), at(600)], [7, undefined, undefined, 8]);
  assert.deepEqual(values.remarks, ["There is a gap of 7 min before line 4: looks fail then, as they would live."]);
});

test("an empty cell, NaN, null and Inf are missing values, not zeros", async () => {
  const values = await read("time,lag\n0,5\n60,\n120,NaN\n180,null\n240,+Inf\n300,0", { start: 0 });
  assert.deepEqual(
    [0, 60, 120, 180, 240, 300].map((second) => valueAt(values, second * 1000)),
    [5, undefined, undefined, undefined, undefined, 0],
  );
  assert.deepEqual(values.remarks, ["4 of 6 rows have no value: looks fail then, as they would live."]);
  const json = await read('{"time":0,"value":null}\n{"time":60,"value":-3}', { start: 0 });
  assert.deepEqual([valueAt(json, 0), valueAt(json, MINUTE)], [undefined, -3]);
});

test("the last row of a time counts, with a remark; missing workers are those of the row before", async () => {
  const values = await read("time,lag,replicas\n0,5,2\n60,6,\n60,9,", { start: 0 });
  assert.deepEqual([...values.values], [5, 9]);
  assert.equal(replicasAt(values, 90_000), 2);
  assert.equal(replicasAt(values, -1), undefined);
  assert.match(values.remarks.join(), /^Line 4 repeats the time of the row before: the last one counts\./);
});

test("reads a part of the time, in a time zone", async () => {
  const text = "time,lag\n2024-06-01 12:00:00,5\n2024-06-01 12:01:00,6";
  assert.deepEqual([...(await read(text, { from: NOON + MINUTE })).values], [6]);
  assert.equal((await read(text, { timeZone: "Europe/Berlin" })).at[0], NOON - 120 * MINUTE);
});

for (const [what, text, expected] of [
  ["an empty file", "", /^lag\.csv: expected rows with a time and a value each, got an empty file$/],
  ["a header alone", "time,lag\n", /got a header alone$/],
  ["times alone", "time\n2024-06-01\n", /^lag\.csv:2: expected a time and a value, got a time alone$/],
  ["a word", "time,lag\n0,5\n60,lots", /^lag\.csv:3: expected a number, or nothing where there was none, got "lots"$/],
  [
    "unsorted rows",
    "time,lag\n60,5\n0,5",
    /^lag\.csv:3: expected times in their order, got "0" after "60": sort the file first$/,
  ],
  [
    "mixed zones",
    "time,lag\n2024-06-01 12:00:00,5\n2024-06-01T12:01:00Z,5",
    /^lag\.csv:3: expected dates without a zone/,
  ],
  ["the future", "time,lag\n2031-01-01,5", /^lag\.csv:2: expected a time that has been/],
  [
    "half a worker",
    "time,lag,replicas\n0,5,1.5",
    /^lag\.csv:2: expected a number of replicas from 0 to 1000000, got "1\.5"$/,
  ],
  ["a short row", "time,lag,replicas\n0,5", /^lag\.csv:2: expected 3 columns, got 2$/],
  ["broken JSON", '{"time":0,"value":1}\n{"ti', /^lag\.csv:2: expected a JSON object on each line/],
] as const) {
  test(`${what} is refused with its line`, async () => {
    await assert.rejects(read(text), { name: "UserError", message: expected });
  });
}

test("refuses too many rows, so that memory is bounded", async () => {
  await assert.rejects(read("0,1\n1,1\n2,1", { mostRows: 2 }), /lag\.csv:3: expected at most 2 values, got more/);
});

test("whatever is in a file, it is read or refused with a line, and never with anything else", async () => {
  await fc.assert(
    fc.asyncProperty(anyRows("NaN"), async (text) => {
      try {
        const { at, spans } = await read(text);
        assert.ok(at.length > 0 && spans.every((span) => span > 0));
        assert.ok(at.every((moment, index) => index === 0 || moment > (at[index - 1] as number)));
      } catch (error) {
        assert.equal((error as Error).name, "UserError", String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test("names unused columns, with the option that selects another", async () => {
  assert.deepEqual((await read("ts,mean,p95\n1717243200,5,9\n1717243260,7,12")).remarks, [
    "Read with times from ts; values from mean; not used: p95 (--value-column or --replicas-column takes another).",
  ]);
});
