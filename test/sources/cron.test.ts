import assert from "node:assert/strict";
import { test } from "node:test";
import cron from "../../src/sources/cron.ts";
import { sourceTools } from "../support/source-tools.ts";
import { testSource } from "./conformance.ts";
import { ASKS_NOBODY, noServer } from "./no-server.ts";
import { poll } from "./poll.ts";

testSource(cron, {
  value: 3,
  // A window that is open for a day of each day.
  stage: noServer({ start: "0 0 * * *", durationSeconds: 86_400, value: 3 }),
  excused: ASKS_NOBODY,
  wrong: {
    settings: { start: "often", end: "* *", durationSeconds: -1, timeZone: "Mars/Olympus", value: "3" },
    names: ["start", "end", "durationSeconds", "timeZone", "value"],
  },
});

test("exactly one of end and durationSeconds is asked", () => {
  const base = { start: "0 8 * * *", value: 1 };
  assert.equal(cron.settings.safeParse(base).success, false);
  assert.equal(cron.settings.safeParse({ ...base, end: "0 9 * * *", durationSeconds: 5 }).success, false);
});

const at = async (time: string, settings: Record<string, unknown>) => {
  const now = () => Date.parse(time);
  return (await poll(cron, { value: 5, ...settings }, sourceTools({ now }))).value;
};
const office = { start: "0 8 * * *", end: "0 17 * * *", valueOutside: 1 };

for (const [time, value] of [
  ["2026-03-05T07:59:59.999Z", 1],
  ["2026-03-05T08:00:00.000Z", 5],
  ["2026-03-05T08:00:00.500Z", 5],
  ["2026-03-05T16:59:59.999Z", 5],
  ["2026-03-05T17:00:00.000Z", 1],
] as const) {
  test(`the value at ${time} is ${value}`, async () => assert.equal(await at(time, office), value));
}

test("a window may last past midnight", async () => {
  const night = { start: "0 22 * * *", durationSeconds: 8 * 3600 };
  assert.equal(await at("2026-03-05T23:00:00Z", night), 5);
  assert.equal(await at("2026-03-06T05:59:59Z", night), 5);
  assert.equal(await at("2026-03-06T06:00:00Z", night), 0);
});

test("the clock on the wall counts, also on the day it changes", async () => {
  const berlin = { ...office, timeZone: "Europe/Berlin" };
  assert.equal(await at("2026-03-28T07:00:00Z", berlin), 5);
  assert.equal(await at("2026-03-29T06:00:00Z", berlin), 5);
  assert.equal(await at("2026-03-29T05:59:59Z", berlin), 1);
});

test("a window that never began is not open", async () => {
  assert.equal(await at("2026-03-05T00:00:00Z", { start: "0 0 31 2 *", durationSeconds: 60 }), 0);
});
