import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../../../src/lab/simulate.ts";
import { PRESETS } from "../../../src/lab/traffic/presets.ts";
import { countMessages } from "../../../src/lab/traffic/traffic.ts";
import { trafficFromPreset } from "../../../src/lab/traffic/traffic-from-preset.ts";
import { rehearsal } from "../../support/rehearsals.ts";

for (const name of Object.keys(PRESETS)) {
  test(`${name} can be played as it comes, and brings about as many messages as it says`, () => {
    const traffic = trafficFromPreset(name);
    const { messages } = simulate(rehearsal({ traffic }));
    const expected = countMessages(traffic);
    assert.ok(
      Math.abs(messages.arrived - expected) <= 5 * Math.sqrt(expected) + 1,
      `${messages.arrived}, not ${expected}`,
    );
  });
}

/** Messages expected in each minute. */
function minutes(text: string): readonly number[] {
  const { at, counts, durationMs } = trafficFromPreset(text);
  const sums = new Array(Math.ceil(durationMs / 60_000)).fill(0) as number[];
  at.forEach((moment, index) => {
    sums[Math.floor(moment / 60_000)] = (sums[Math.floor(moment / 60_000)] ?? 0) + (counts?.[index] ?? 1);
  });
  return sums.map((sum) => Math.round(sum * 1000) / 1000);
}

test("parameters shape the traffic", () => {
  assert.deepEqual(minutes("step:before=6,after=60,at=2m,for=4m"), [6, 6, 60, 60]);
  assert.deepEqual(minutes("ramp:from=0,to=40,for=4m"), [5, 15, 25, 35]);
  assert.deepEqual(minutes("burst:size=100,every=2m,at=1m,for=5m"), [0, 100, 0, 100, 0]);
  assert.deepEqual(minutes("on-off:rate=12,on=1m,off=2m,for=4m"), [12, 0, 0, 12]);
  const day = minutes("daily:low=10,high=50");
  assert.deepEqual([Math.round(day[4 * 60] ?? 0), Math.round(day[16 * 60] ?? 0)], [10, 50]);
  const week = minutes("weekly:low=10,high=50,weekend=0.5");
  assert.equal(Math.round(week[5 * 1440 + 16 * 60] ?? 0), 25);
});

test("poison messages hold workers and cause a stall", () => {
  const plain = simulate(rehearsal({ preset: "steady:rate=60,for=2h" }));
  const poisoned = simulate(rehearsal({ preset: "poison-stall:rate=60,poison=40,hold=20m,for=2h" }));
  assert.ok(poisoned.waitSeconds.max > plain.waitSeconds.max);
  assert.ok(poisoned.workerHours.total > plain.workerHours.total);
});

for (const [text, expected] of [
  ["sawtooth", /expected one of steady, ramp, .*got "sawtooth"/],
  ["constructor", /got "constructor"/],
  ["step:early=3", /expected step to have one of before, after, at, for, got "early"/],
  ["step:before=1,before=2", /step:before: expected it once, got it twice/],
  ["flash-crowd:at=3h", /flash-crowd:at: expected a time before the end, which comes after 3 h, got 3 h/],
  ["step:before=-3", /step:before: expected a number from 0 to 10000000000, got "-3"/],
  ["steady:rate=1e30", /steady:rate: expected a number from 0 to 10000000000, got "1e30"/],
  ["burst:size=Infinity", /got "Infinity"/],
  ["step:before=many", /got "many"/],
  ["step:before=", /got ""/],
  ["step:at=soon", /step:at: expected a duration such as .*got "soon"/],
  ["steady:for=0s", /steady:for: expected a duration .*more than 0, got "0s"/],
  ["steady:for=999999w", /at most 1600000 minutes/],
] as const) {
  test(`traffic "${text}" is refused with what was expected`, () => {
    assert.throws(() => trafficFromPreset(text), expected);
  });
}
