import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { arrivalsFromSeries } from "../../../src/lab/recordings/arrivals-of-series.ts";
import type { RecordedSeries } from "../../../src/lab/recordings/recorded-series.ts";
import { countMessages } from "../../../src/lab/traffic/traffic.ts";

const START = Date.UTC(2024, 5, 1);
const MINUTE = 60_000;

/** Values minute by minute; undefined where there is none, and null where the point itself is missing. */
function series(values: readonly (number | undefined | null)[]): RecordedSeries {
  const points = values.flatMap((value, index) => (value === null ? [] : [{ at: START + index * MINUTE, value }]));
  return {
    name: "mails",
    at: Float64Array.from(points, ({ at }) => at),
    values: Float64Array.from(points, ({ value }) => value ?? Number.NaN),
    spans: Float64Array.from(points, () => MINUTE),
    remarks: [],
  };
}

const played = (values: Parameters<typeof series>[0], kind: "count" | "rate" | "counter", share = 1) => {
  const traffic = arrivalsFromSeries(series(values), kind, share);
  const { at, counts, spans, binMs, remarks, durationMs } = traffic;
  const bins = [...at].map((from, index) => [from / MINUTE, (spans?.[index] ?? binMs) / MINUTE, counts?.[index]]);
  return { bins, remarks, minutes: durationMs / MINUTE, messages: countMessages(traffic) };
};

test("plays counts as they are, rates times the seconds of their step, and a share of both", () => {
  assert.deepEqual(played([3, 0, 5], "count").bins, [
    [0, 1, 3],
    [1, 1, 0],
    [2, 1, 5],
  ]);
  assert.deepEqual(played([0.5, 2], "rate").bins, [
    [0, 1, 30],
    [1, 1, 120],
  ]);
  const { messages, remarks } = played([100], "count", 0.1);
  assert.equal(messages, 10);
  assert.deepEqual(remarks, ["0.1 of the recorded messages are played."]);
});

test("a counter plays its growth, and from 0 after a reset", () => {
  const { bins, remarks, minutes } = played([100, 103, 103, 4, 10], "counter");
  assert.deepEqual(bins, [
    [0, 1, 3],
    [1, 1, 0],
    [2, 1, 4],
    [3, 1, 6],
  ]);
  assert.equal(minutes, 4);
  assert.deepEqual(remarks, ["The counter began anew once: from 0, as far as one can tell."]);
});

test("missing points have no messages, with a remark", () => {
  for (const hole of [undefined, null]) {
    const { bins, remarks } = played([3, hole, hole, 5], "count");
    assert.deepEqual(bins, [
      [0, 1, 3],
      [3, 1, 5],
    ]);
    assert.deepEqual(remarks, ["There is a gap of 2 min from 2024-06-01T00:01:00Z on: no messages then."]);
  }
});

test("spreads the growth of a counter over a gap", () => {
  const { bins, remarks } = played([3, 4, undefined, null, 10], "counter");
  assert.deepEqual(bins, [
    [0, 1, 1],
    [1, 3, 6],
  ]);
  assert.match(
    remarks.join(),
    /a gap of 2 min from .*00:02:00Z on: what the counter grew by then is spread evenly over it/,
  );
});

test("refuses no points, a single point of a counter, and negative or gigantic numbers with their time", () => {
  assert.throws(() => played([], "count"), /^UserError: mails: expected points, got none$/);
  assert.throws(() => played([undefined], "rate"), /expected points, got none/);
  assert.throws(() => played([7], "counter"), /expected at least two points, got one/);
  assert.throws(
    () => played([7, -1], "count"),
    /expected a number of messages, 0 or more, got -1 at 2024-06-01T00:01:00Z/,
  );
  assert.throws(() => played([Number.POSITIVE_INFINITY], "count"), /got Infinity at/);
});

test("no message of a counter is lost, at any scrape times and resets", () => {
  const step = fc.record({ grown: fc.nat(50), isReset: fc.boolean(), isSeen: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const { values, expected } = scraped(steps);
      if (values.filter((value) => value !== undefined).length < 2) return;
      assert.equal(played(values, "counter").messages, expected);
    }),
  );
});

interface Scrape {
  readonly grown: number;
  readonly isReset: boolean;
  readonly isSeen: boolean;
}

/** What a counter shows when it is seen, and how much of its growth that tells. */
function scraped(steps: readonly Scrape[]): { readonly values: (number | undefined)[]; readonly expected: number } {
  let counter = 0;
  let expected = 0;
  let last = 0;
  const values: (number | undefined)[] = [0];
  for (const { grown, isReset, isSeen } of steps) {
    counter = isReset ? grown : counter + grown;
    values.push(isSeen ? counter : undefined);
    if (!isSeen) continue;
    expected += counter >= last ? counter - last : counter;
    last = counter;
  }
  return { values, expected };
}
