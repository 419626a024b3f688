import assert from "node:assert/strict";
import { test } from "node:test";
import { scheduledBounds } from "../../src/config/scheduled-bounds.ts";
import type { ScheduleWindow } from "../../src/core/index.ts";
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
