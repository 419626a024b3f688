import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScheduleWindow } from "../../src/core/index.ts";
import { scheduledBounds } from "../../src/formats/schedule.ts";
import { workerAutoscaler } from "../support/worker-autoscalers.ts";

const OFFICE: ScheduleWindow = {
  name: "office",
  start: "0 8 * * MON-FRI",
  end: "0 18 * * MON-FRI",
  timeZone: "Europe/Berlin",
  minReplicas: 5,
};

function at(time: string, ...schedule: readonly ScheduleWindow[]) {
  const bounds = scheduledBounds(workerAutoscaler({ minReplicas: 1, schedule }), Date.parse(time));
  const until = bounds?.until === undefined ? undefined : new Date(bounds.until).toISOString();
  return { min: bounds?.minReplicas, max: bounds?.maxReplicas, until, because: bounds?.because };
}

test("a window holds from its very start to just before its end, in its time zone", () => {
  assert.equal(at("2024-06-03T07:59:59+02:00", OFFICE).min, 1);
  const open = at("2024-06-03T08:00:00+02:00", OFFICE);
  assert.deepEqual([open.min, open.max, open.until], [5, 100, "2024-06-03T16:00:00.000Z"]);
  assert.match(open.because ?? "", /window office .* 5 to 100/);
  assert.equal(at("2024-06-03T17:59:59+02:00", OFFICE).min, 5);
  const closed = at("2024-06-03T18:00:00+02:00", OFFICE);
  assert.deepEqual([closed.min, closed.until], [1, "2024-06-04T06:00:00.000Z"]);
});

test("a weekend is closed", () => {
  assert.equal(at("2024-06-08T12:00:00+02:00", OFFICE).min, 1);
});

test("of overlapping windows the one that began last counts, then the other again", () => {
  const { end: _, ...start } = OFFICE;
  const peak = { ...start, name: "peak", start: "0 12 * * *", durationSeconds: 3600, minReplicas: 20, maxReplicas: 30 };
  assert.deepEqual(at("2024-06-03T12:30:00+02:00", OFFICE, peak).min, 20);
  assert.deepEqual(at("2024-06-03T12:30:00+02:00", peak, OFFICE).max, 30);
  assert.deepEqual(at("2024-06-03T13:00:00+02:00", OFFICE, peak).min, 5);
});

test("a window across midnight, and across the switch to and from daylight-saving time", () => {
  const night = { name: "night", start: "0 22 * * *", end: "0 6 * * *", timeZone: "Europe/Berlin", maxReplicas: 2 };
  assert.equal(at("2024-06-03T23:00:00+02:00", night).max, 2);
  // Clocks go forward on 31 March 2024 at 02:00, and back on 27 October 2024 at 03:00.
  for (const [time, until] of [
    ["2024-03-31T00:30:00Z", "2024-03-31T04:00:00.000Z"],
    ["2024-10-27T00:30:00Z", "2024-10-27T05:00:00.000Z"],
  ] as const) {
    const bounds = at(time, night);
    assert.deepEqual([bounds.max, bounds.until], [2, until]);
  }
});

test("a start in the hour that daylight-saving time skips is not lost", () => {
  const backup = { name: "b", start: "30 2 * * *", durationSeconds: 3600, timeZone: "Europe/Berlin", minReplicas: 9 };
  assert.equal(at("2024-03-31T01:15:00Z", backup).min, 9);
  assert.equal(at("2024-03-31T00:45:00Z", backup).min, 1);
});

test("a start in the hour that comes twice when clocks go back opens one window, and its length is real time", () => {
  // In Berlin 02:30 comes at 00:30 and at 01:30 UTC on 27 October 2024.
  const backup = { name: "b", start: "30 2 * * *", durationSeconds: 1800, timeZone: "Europe/Berlin", minReplicas: 9 };
  const open = [];
  for (let minute = 0; minute < 180; minute += 1) {
    const time = new Date(Date.parse("2024-10-27T00:00:00Z") + minute * 60_000).toISOString();
    if (at(time, backup).min === 9) open.push(minute);
  }
  assert.equal(open.length, 30, String(open));
  assert.equal((open.at(-1) ?? 0) - (open[0] ?? 0), 29, "in one piece");
  assert.ok(open[0] === 30 || open[0] === 90);
});

test("an end in the hour that daylight-saving time skips still ends the window, within that hour", () => {
  const night = { name: "n", start: "0 0 * * *", end: "30 2 * * *", timeZone: "Europe/Berlin", maxReplicas: 2 };
  assert.equal(at("2024-03-31T00:59:00Z", night).max, 2);
  assert.equal(at("2024-03-31T01:59:00Z", night).max, 100);
});

test("a working day keeps its local hours on both sides of a switch, in zones that switch by half an hour too", () => {
  for (const [time, min] of [
    ["2024-03-29T07:00:00Z", 5],
    ["2024-03-29T06:59:00Z", 1],
    ["2024-04-01T06:00:00Z", 5],
    ["2024-04-01T05:59:00Z", 1],
    ["2024-10-28T07:00:00Z", 5],
    ["2024-10-28T06:59:00Z", 1],
  ] as const) {
    assert.equal(at(time, OFFICE).min, min, time);
  }
  const island = { ...OFFICE, start: "0 8 * * *", end: "0 18 * * *", timeZone: "Australia/Lord_Howe" };
  assert.equal(at("2024-01-10T21:00:00Z", island).min, 5, "+11:00");
  assert.equal(at("2024-01-10T20:59:00Z", island).min, 1);
  assert.equal(at("2024-06-10T21:30:00Z", island).min, 5, "+10:30");
  assert.equal(at("2024-06-10T21:29:00Z", island).min, 1);
});

test("of windows that began at the same moment the first one written counts; each sets what it states alone", () => {
  const low = { ...OFFICE, name: "low", minReplicas: 2 };
  assert.equal(at("2024-06-03T12:00:00+02:00", OFFICE, low).min, 5);
  assert.equal(at("2024-06-03T12:00:00+02:00", low, OFFICE).min, 2);
  const { minReplicas: _, ...hours } = OFFICE;
  const capped = at("2024-06-03T12:00:00+02:00", { ...hours, maxReplicas: 7 });
  assert.deepEqual([capped.min, capped.max], [1, 7]);
});

test("a window that lasts longer than until it begins again is open always, and one that ends before the other goes on after it", () => {
  const always = { name: "a", start: "0 * * * *", durationSeconds: 7200, timeZone: "UTC", minReplicas: 3 };
  for (const time of ["2024-06-03T00:00:00Z", "2024-06-03T00:59:59Z", "2024-06-03T01:00:00Z"]) {
    assert.equal(at(time, always).min, 3, time);
  }
  const short = { name: "s", start: "0 9 * * *", durationSeconds: 600, timeZone: "UTC", minReplicas: 8 };
  const long = { name: "l", start: "0 8 * * *", durationSeconds: 4 * 3600, timeZone: "UTC", minReplicas: 6 };
  const seen = ["08:59", "09:00", "09:09", "09:10", "11:59", "12:00"].map(
    (time) => at(`2024-06-03T${time}:00Z`, short, long).min,
  );
  assert.deepEqual(seen, [6, 8, 8, 6, 6, 1]);
});

test("whenever it is asked, nothing changes before the moment that it names, and the bounds are one window's or its own", () => {
  const night = { name: "night", start: "0 22 * * *", end: "0 6 * * *", timeZone: "America/New_York", maxReplicas: 9 };
  const peak = { name: "peak", start: "30 1 * * *", durationSeconds: 5400, timeZone: "Europe/Berlin", minReplicas: 4 };
  const begin = Date.parse("2024-03-01T00:00:00Z");
  for (let step = 0; step < 600; step += 1) {
    const now = begin + step * 37 * 60_000;
    const seen = at(new Date(now).toISOString(), night, peak, OFFICE);
    const until = Date.parse(seen.until ?? "");
    assert.ok(until > now);
    const later = at(new Date(until - 1).toISOString(), night, peak, OFFICE);
    assert.deepEqual([later.min, later.max], [seen.min, seen.max], new Date(now).toISOString());
  }
});
