import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseInstant, parseMoment } from "../../src/shared/parse-time.ts";

const MINUTE = 60_000;
const LAST = Date.UTC(2200, 0, 1);

test("parses a date in each notation and zone", () => {
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
      const moment = parseMoment(` ${text}${named === "" ? "" : gap}${named} `);
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
    assert.equal(parseMoment(text)?.at, at, text);
  }
});

test("rejects days that a month does not have", () => {
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
      assert.equal(parseMoment(`${year}-${two(month)}-${two(day)}`)?.at, isDay ? at.getTime() : undefined);
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
    assert.equal(parseMoment(text), undefined, text);
  }
});

const NOW = Date.UTC(2026, 0, 2, 12);
const iso = (text: string) => new Date(parseInstant("--at", text, NOW)).toISOString();

test("parses a time in each notation; without a zone as UTC", () => {
  for (const text of [
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05",
    "2026-01-02 03:04:05",
    "2026-01-02T08:34:05+05:30",
    "2026-01-01T22:04:05-0500",
    "1767323045",
    "1767323045000",
  ]) {
    assert.equal(iso(text), "2026-01-02T03:04:05.000Z", text);
  }
  assert.equal(iso("2026-01-02"), "2026-01-02T00:00:00.000Z");
});

test("parses relative times with a minus, with ago, and in several units", () => {
  for (const text of ["90m", "-90m", "1h30m", "-1h30m", "90 min ago", "1.5h", "1h 30m ago", "5400s"]) {
    assert.equal(iso(text), "2026-01-02T10:30:00.000Z", text);
  }
  assert.equal(iso("2d"), "2025-12-31T12:00:00.000Z");
  assert.equal(iso("now"), "2026-01-02T12:00:00.000Z");
});

test("rejects what is not a time, and never takes it for one of another year", () => {
  for (const text of [
    "",
    "5",
    "-1",
    "noon",
    "5 parsecs",
    "2026-02-30",
    "2026-13-01",
    "12:30",
    "abc 1",
    "9000000y",
    "99999999d",
  ]) {
    assert.throws(
      () => iso(text),
      /--at: expected a time such as 2026-01-02T03:04:05Z, or how long ago such as 15m/,
      text,
    );
  }
});
