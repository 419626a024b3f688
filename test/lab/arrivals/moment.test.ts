import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { momentOf } from "../../../src/lab/recordings/moment.ts";

const MINUTE = 60_000;
const LAST = Date.UTC(2200, 0, 1);

test("a date is read in each of its spellings, whatever its zone", () => {
  const spelling = fc.record({
    at: fc.integer({ min: 0, max: LAST }),
    joint: fc.constantFrom("T", " ", "t"),
    digits: fc.integer({ min: 0, max: 9 }),
    point: fc.constantFrom(".", ","),
    gap: fc.constantFrom("", " "),
    zone: fc.oneof(fc.constantFrom("", "Z", "UTC", "z"), fc.integer({ min: -14 * 60, max: 14 * 60 })),
    colon: fc.constantFrom(":", ""),
  });
  fc.assert(
    fc.property(spelling, ({ at, joint, digits, point, gap, zone, colon }) => {
      const offset = typeof zone === "number" ? zone : 0;
      const shown = new Date(at + offset * MINUTE).toISOString().replace("T", joint);
      const fraction = `${shown.slice(20, 23)}000000`.slice(0, digits);
      const text = `${shown.slice(0, 19)}${digits === 0 ? "" : point}${fraction}`;
      const clock = (minutes: number) =>
        `${String(Math.floor(minutes / 60)).padStart(2, "0")}${colon}${String(minutes % 60).padStart(2, "0")}`;
      const named = typeof zone === "number" ? `${zone < 0 ? "-" : "+"}${clock(Math.abs(zone))}` : zone;
      const moment = momentOf(` ${text}${named === "" ? "" : gap}${named} `);
      const lost = (at % 1000) - Number(`0.${fraction || "0"}`) * 1000;
      assert.ok(
        Math.abs((moment?.at ?? Number.NaN) - (at - lost)) < 1e-3,
        `${text}${named}: ${moment?.at}, not ${at - lost}`,
      );
      assert.equal(moment?.notation, named === "" ? "dates without a zone" : "dates with a zone");
    }),
    { numRuns: 2_000 },
  );
});

test("days, hours and minutes alone are dates too", () => {
  for (const [text, at] of [
    ["2024-06-01", Date.UTC(2024, 5, 1)],
    ["2024-06-01Z", Date.UTC(2024, 5, 1)],
    ["2024-06-01+05:30", Date.UTC(2024, 4, 31, 18, 30)],
    ["2024-06-01 -0800", Date.UTC(2024, 5, 1, 8)],
    ["2024-06-01T12:34", Date.UTC(2024, 5, 1, 12, 34)],
    ["2024-06-01T12:34+01:00", Date.UTC(2024, 5, 1, 11, 34)],
    ["2016-12-31 23:59:60", Date.UTC(2017, 0, 1)],
  ] as const) {
    assert.equal(momentOf(text)?.at, at, text);
  }
});

test("a day is one of its month's, and all others are refused", () => {
  const date = fc.record({
    year: fc.integer({ min: 1970, max: 2105 }),
    month: fc.integer({ min: 0, max: 13 }),
    day: fc.integer({ min: 0, max: 32 }),
  });
  fc.assert(
    fc.property(date, ({ year, month, day }) => {
      const at = new Date(Date.UTC(year, month - 1, day));
      const isDay = at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
      const two = (number: number) => String(number).padStart(2, "0");
      assert.equal(momentOf(`${year}-${two(month)}-${two(day)}`)?.at, isDay ? at.getTime() : undefined);
    }),
    { numRuns: 2_000 },
  );
  for (const text of [
    "2024-06-01 24:00",
    "2024-06-01 12:60",
    "2024-06-01 12:00:61",
    "2024-6-1",
    "2024-06-01 12",
    "noon",
  ]) {
    assert.equal(momentOf(text), undefined, text);
  }
});
