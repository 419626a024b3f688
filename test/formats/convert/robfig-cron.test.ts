import assert from "node:assert/strict";
import { test } from "node:test";
import { Cron } from "croner";
import { robfigCron } from "../../../src/formats/convert/cron-trigger.ts";

test("reads expressions as robfig/cron does, and writes them so that everybody reads them the same", () => {
  const read: Readonly<Record<string, string>> = {
    "0 8 * * *": "0 8 * * *",
    "0/30 * * * *": "0-59/30 * * * *",
    "15/30 * * * *": "15-59/30 * * * *",
    "0 0/30 * * *": "0 0 * * *",
    "*/7 * * * *": "0-59/7 * * * *",
    "*/1 */1 * * *": "* * * * *",
    "5-20/5 ? * ? MON-fri": "5-20/5 * * * 1-5",
    "1,2,,30-40 * 1-31 jan,DEC sun": "1,2,30-40 * 1-31 1,12 0",
    "  0   8 * * 6 ": "0 8 * * 6",
  };
  for (const [stated, expected] of Object.entries(read)) {
    assert.deepEqual(robfigCron(stated), { text: expected }, stated);
    assert.ok(new Cron(expected).nextRun(), expected);
  }
  assert.deepEqual(robfigCron("CRON_TZ=Asia/Tokyo 0 6 * * *"), { text: "0 6 * * *", timeZone: "Asia/Tokyo" });
});

test("refuses what robfig/cron refuses, and says which part", () => {
  const refused: Readonly<Record<string, RegExp>> = {
    "0 8 * *": /^expected five fields, got "0 8 \* \*"$/,
    "0 0 8 * * *": /^expected five fields/,
    "@daily": /^expected five fields, got "@daily": KEDA reads no @-words$/,
    "@every 1h": /^expected five fields/,
    "60 8 * * *": /^expected minutes from 0 to 59, .*got "60" in "60 8 \* \* \*"$/,
    "0 24 * * *": /^expected hours from 0 to 23/,
    "0 8 0 * *": /^expected day of the months from 1 to 31/,
    "0 8 L * *": /got "L"/,
    "0 8 * 13 *": /got "13"/,
    "0 8 * * 7": /got "7"/,
    "0 8 * * sat-sun": /got "sat-sun"/,
    "0 8 * * 1#2": /got "1#2"/,
    "0/0 8 * * *": /got "0\/0"/,
    "5-1 8 * * *": /got "5-1"/,
    "*-5 8 * * *": /got "\*-5"/,
    "": /^expected five fields/,
  };
  for (const [stated, expected] of Object.entries(refused)) {
    const said = robfigCron(stated);
    assert.ok(typeof said === "string", stated);
    assert.match(said, expected);
  }
});
