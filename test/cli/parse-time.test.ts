import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInstant } from "../../src/cli/shared/parse-time.ts";

const NOW = Date.UTC(2026, 0, 2, 12);
const iso = (text: string) => new Date(parseInstant("--at", text, NOW)).toISOString();

test("a time is understood however it is written; without a zone it is one of UTC", () => {
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

test("how long ago may be said with a minus, with ago, in several units", () => {
  for (const text of ["90m", "-90m", "1h30m", "-1h30m", "90 min ago", "1.5h", "1h 30m ago", "5400s"]) {
    assert.equal(iso(text), "2026-01-02T10:30:00.000Z", text);
  }
  assert.equal(iso("2d"), "2025-12-31T12:00:00.000Z");
  assert.equal(iso("now"), "2026-01-02T12:00:00.000Z");
});

test("what is no time is refused, and never taken for one of another year", () => {
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
