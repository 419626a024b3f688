import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { csvTables } from "../../../src/sources/influxdb/flux.ts";
import { excerpt, redact } from "../../../src/sources/shared/safe-text.ts";
import { instantOf, numeric } from "../../../src/sources/shared/values.ts";

test("numbers and their decimal texts are numeric, all else is not", () => {
  for (const [value, number] of [
    [3, 3],
    ["3.5", 3.5],
    [" -2e3 ", -2000],
    [".5", 0.5],
    ["5.", 5],
    [7n, 7],
  ] as const) {
    assert.equal(numeric(value), number);
  }
  for (const value of [
    "",
    " ",
    "1e999",
    "0x10",
    "NaN",
    "Infinity",
    "1,5",
    "3 jobs",
    null,
    undefined,
    true,
    [1],
    {},
    Number.NaN,
  ]) {
    assert.equal(numeric(value), undefined, String(value));
  }
});

test("every finite number survives its text", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => numeric(String(number)) === number),
  );
});

test("times are read in the forms that systems write them in", () => {
  const expected = Date.parse("2026-03-05T08:00:00Z");
  for (const time of [
    expected,
    expected / 1000,
    "2026-03-05T08:00:00Z",
    "2026-03-05T08:00:00",
    "2026-03-05T08:00:00.000000000",
    "2026-03-05T09:00:00+01:00",
    new Date(expected),
  ]) {
    assert.equal(instantOf(time), expected, String(time));
  }
  for (const time of ["soon", "", null, undefined, {}, Number.NaN, "12:00"]) assert.equal(instantOf(time), undefined);
});

test("CSV keeps commas, quotes and line ends inside of quotes, and tables apart", () => {
  const text = '#annotation,x\r\na,b\r\n1,"x, ""y""\nz"\r\n\r\nc\n2\n';
  assert.deepEqual(csvTables(text), [
    [
      ["a", "b"],
      ["1", 'x, "y"\nz'],
    ],
    [["c"], ["2"]],
  ]);
  assert.deepEqual(csvTables(""), []);
});

test("any cells survive being written as CSV", () => {
  const cell = fc.string().map((content) => content.replaceAll("\u0000", ""));
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
      const written = rows
        .map((row) => row.map((content) => `"${content.replaceAll('"', '""')}"`).join(","))
        .join("\n");
      const kept = rows.filter((row) => !row[0]?.startsWith("#"));
      assert.deepEqual(csvTables(written), kept.length === 0 ? [] : [kept]);
    }),
  );
});

test("no secret is left in an excerpt, in any form", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (secret, before, after) => {
      const shown = redact(`${before}${secret} ${encodeURIComponent(secret)}${after}`, [secret]);
      return !shown.includes(secret) || "***".includes(secret);
    }),
  );
});

test("an excerpt is one short line", () => {
  const shown = excerpt(`<html>\r\n\u0007\u202e${"x".repeat(10_000)}`);
  assert.match(shown, /^<html> x+…$/);
  assert.ok(shown.length < 250);
});
