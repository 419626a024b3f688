import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateMean } from "../../src/lab/comparison.ts";
import { formatDuration } from "../../src/lab/duration.ts";
import { WaitHistogram } from "../../src/lab/plant/ledger.ts";
import { poisson, power, Random, serviceTimes } from "../../src/lab/random.ts";
import { parseDuration } from "../../src/shared/parse-time.ts";

const DRAWS = 200_000;

function momentsOf(draw: () => number): { readonly mean: number; readonly deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let count = 0; count < DRAWS; count += 1) {
    const value = draw();
    sum += value;
    squares += value * value;
  }
  const mean = sum / DRAWS;
  return { mean, deviation: Math.sqrt(squares / DRAWS - mean * mean) };
}

test("random numbers are uniform, and depend on seed and stream only", () => {
  const random = new Random(1, "a");
  const { mean, deviation } = momentsOf(() => random.next());
  assert.ok(Math.abs(mean - 0.5) < 0.005 && Math.abs(deviation - Math.sqrt(1 / 12)) < 0.005, `${mean} ${deviation}`);
  const first = (seed: number, stream: string) => new Random(seed, stream).next();
  assert.equal(first(3, "x"), first(3, "x"));
  assert.equal(new Set([first(1, "a"), first(2, "a"), first(1, "b"), first(12, ""), first(1, "2")]).size, 5);
});

test("Poisson numbers have a variance equal to their mean", () => {
  for (const expected of [0.3, 5, 63, 400]) {
    const random = new Random(1, "p");
    const { mean, deviation } = momentsOf(() => poisson(expected, random));
    assert.ok(Math.abs(mean - expected) < 0.02 * expected, `${mean} is not ${expected}`);
    assert.ok(Math.abs(deviation ** 2 - expected) < 0.03 * expected, `${deviation ** 2} is not ${expected}`);
  }
  assert.equal(poisson(0, new Random(1, "p")), 0);
});

test("service times have the requested mean and variation", () => {
  for (const [shape, cv] of [
    ["fixed", 0],
    ["exponential", 1],
    ["lognormal", 0.5],
    ["lognormal", 1.5],
  ] as const) {
    const { mean, deviation } = momentsOf(serviceTimes({ meanSeconds: 3, shape, cv }, new Random(5, "s")));
    assert.ok(Math.abs(mean - 3_000) < 60, `${shape}: ${mean} ms`);
    assert.ok(Math.abs(deviation / mean - cv) < 0.05, `${shape}: CV ${deviation / mean}`);
  }
});

test("percentiles are within half a percent of the exact ones, and memory does not grow", () => {
  const waits = new WaitHistogram();
  const random = new Random(1, "w");
  const exact = Array.from({ length: 20_000 }, () => 10 ** (random.next() * 8 - 1));
  for (const wait of exact) waits.add(wait);
  exact.sort((one, other) => one - other);
  for (const share of [0.2, 0.5, 0.95, 0.99, 0.999]) {
    const expected = exact[Math.ceil(share * exact.length) - 1] ?? Number.NaN;
    const got = waits.percentile(share);
    assert.ok(Math.abs(got - expected) <= WaitHistogram.relativeError * expected * 1.01, `${got} is not ${expected}`);
  }
  assert.equal(waits.max, exact.at(-1));
  assert.equal(new WaitHistogram().percentile(0.99), 0);
});

test("an interval of ten runs covers the true mean nineteen times in twenty", () => {
  const random = new Random(2, "c");
  let covered = 0;
  for (let trial = 0; trial < 2_000; trial += 1) {
    const { mean, plusMinus = 0 } = estimateMean(Array.from({ length: 10 }, () => random.next()));
    if (Math.abs(mean - 0.5) <= plusMinus) covered += 1;
  }
  assert.ok(covered > 1_860 && covered < 1_940, `${covered} of 2000`);
  assert.deepEqual(estimateMean([4]), { mean: 4 });
  // Student's t with 30, 31 and 120 degrees of freedom: 2.042, 2.0395, 1.9799.
  for (const [count, t] of [
    [31, 2.042],
    [32, 2.0395],
    [121, 1.9799],
  ] as const) {
    const values = Array.from({ length: count }, (_, index) => index);
    const variance = (count * (count + 1)) / 12;
    assert.ok(Math.abs((estimateMean(values).plusMinus ?? 0) / Math.sqrt(variance / count) - t) < 2e-4, `${count}`);
  }
  // What rounding leaves of values that are all alike is no deviation.
  assert.deepEqual(estimateMean([0.1 + 0.2, 0.3, 0.3]).plusMinus, 0);
});

test("formats and parses durations", () => {
  const read = ["90s", "10m", "1.5h", "2d", "1w", "500ms", "7"].map(parseDuration);
  assert.deepEqual(read, [90, 600, 5400, 172_800, 604_800, 0.5, 7]);
  assert.deepEqual(["", "-1s", "ten", "1y", "1h30m", "1e3"].map(parseDuration), new Array(6).fill(undefined));
  const told = [0, 0.0421, 3.14, 61, 200, 3_600, 7_500, 200_000].map(formatDuration);
  assert.deepEqual(told, ["0 s", "0.042 s", "3.1 s", "61 s", "3 min 20 s", "1 h", "2 h 5 min", "2 d 8 h"]);
});

test("a power has the same digits on every version of Node", () => {
  let digest = 0;
  let seed = 1;
  for (let index = 0; index < 100_000; index += 1) {
    seed = (seed * 16_807) % 2_147_483_647;
    digest = (digest * 31 + power(seed / 2_147_483_647, 1 / (1 + (index % 50)))) % 1e9;
  }
  assert.deepEqual([power(0.5, 3.7), digest], [0.07694652583405728, 389876047.0301609]);
});
