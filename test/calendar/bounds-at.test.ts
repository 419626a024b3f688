import assert from "node:assert/strict";
import { test } from "node:test";
import { boundsAt } from "../../src/calendar/bounds-at.ts";
import type { Autoscaler, ScheduleWindow } from "../../src/core/index.ts";

const autoscaler = (...schedule: ScheduleWindow[]) =>
  ({ minReplicas: 1, maxReplicas: 10, schedule }) as unknown as Autoscaler;
const at = (iso: string) => Date.parse(iso);
const night = { name: "night", start: "0 22 * * *", end: "0 6 * * *", timeZone: "Europe/Berlin", maxReplicas: 2 };

test("outside its windows an autoscaler has its own bounds, and knows when that changes", () => {
  const bounds = boundsAt(autoscaler(night), at("2026-01-10T12:00:00Z"));
  assert.deepEqual(bounds, { minReplicas: 1, maxReplicas: 10, windows: [], changesAt: at("2026-01-10T21:00:00Z") });
});

test("a window is open from its first second to the one before its end", () => {
  const open = (iso: string) => boundsAt(autoscaler(night), at(iso)).windows.length === 1;
  assert.equal(open("2026-01-10T20:59:59.999Z"), false);
  assert.equal(open("2026-01-10T21:00:00.000Z"), true);
  assert.equal(open("2026-01-11T04:59:59.999Z"), true);
  assert.equal(open("2026-01-11T05:00:00.000Z"), false);
});

test("of overlapping windows the one listed last has the word, bound by bound", () => {
  const sale = {
    name: "sale",
    start: "0 0 * * *",
    durationSeconds: 86_400,
    timeZone: "UTC",
    minReplicas: 5,
    maxReplicas: 50,
  };
  const quiet = { name: "quiet", start: "0 0 * * *", durationSeconds: 86_400, timeZone: "UTC", maxReplicas: 7 };
  const bounds = boundsAt(autoscaler(sale, quiet), at("2026-01-10T12:00:00Z"));
  assert.deepEqual([bounds.minReplicas, bounds.maxReplicas, bounds.windows], [5, 7, ["sale", "quiet"]]);
});

test("a duration is real time across the change to daylight saving", () => {
  // Clocks in Berlin go from 02:00 to 03:00 on 2026-03-29: six hours from midnight end at 07:00 local time.
  const window = {
    name: "six",
    start: "0 0 * * *",
    durationSeconds: 6 * 3600,
    timeZone: "Europe/Berlin",
    minReplicas: 3,
  };
  const opened = at("2026-03-28T23:00:00Z");
  assert.equal(boundsAt(autoscaler(window), opened + 6 * 3600_000 - 1).minReplicas, 3);
  assert.equal(boundsAt(autoscaler(window), opened + 6 * 3600_000).minReplicas, 1);
});

test("an end written as a time of day keeps to the clock on the wall across daylight saving", () => {
  const open = (iso: string) => boundsAt(autoscaler(night), at(iso)).windows.length === 1;
  assert.equal(open("2026-03-29T03:59:59Z"), true, "05:59:59 summer time");
  assert.equal(open("2026-03-29T04:00:00Z"), false, "06:00 summer time");
});

test("a start that the clocks skip still opens its window that day, and one they repeat opens it once", () => {
  const skipped = {
    name: "gap",
    start: "30 2 * * *",
    durationSeconds: 3600,
    timeZone: "Europe/Berlin",
    minReplicas: 4,
  };
  // 02:30 does not exist on 2026-03-29; 01:00Z is 03:00 summer time.
  assert.equal(boundsAt(autoscaler(skipped), at("2026-03-29T01:15:00Z")).minReplicas, 4);
  // 02:30 comes twice on 2026-10-25: at 00:30Z and 01:30Z. The window must not be open for longer than an hour in all.
  const minutesOpen = Array.from(
    { length: 24 * 60 },
    (_, minute) => at("2026-10-25T00:00:00Z") + minute * 60_000,
  ).filter((moment) => boundsAt(autoscaler(skipped), moment).minReplicas === 4).length;
  assert.equal(minutesOpen, 60);
});

test("windows that span midnight, weekdays and months are found however long ago they opened", () => {
  const weekend = {
    name: "weekend",
    start: "0 18 * * FRI",
    end: "0 6 * * MON",
    timeZone: "America/New_York",
    minReplicas: 0,
    maxReplicas: 1,
  };
  assert.deepEqual(boundsAt(autoscaler(weekend), at("2026-11-22T12:00:00Z")).windows, ["weekend"]);
  assert.deepEqual(boundsAt(autoscaler(weekend), at("2026-11-24T12:00:00Z")).windows, []);
});
