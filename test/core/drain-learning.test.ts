import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drained, drainRule, learningRule, Watch } from "../support/drains.ts";
import { NOW } from "../support/situations.ts";

/** A pseudo-random number from 0 to 1 after the other, the same for the same seed. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Workers that are never without work, each message with its own exponential service time; looked at each second. */
function work(
  watch: Watch,
  {
    workers,
    seconds,
    mean,
    seed = 1,
    told = true,
  }: { workers: number; seconds: number; mean: number; seed?: number; told?: boolean },
): void {
  const random = chance(seed);
  const next = () => -mean * Math.log(1 - random());
  const ends = Array.from({ length: workers }, next);
  let completed = 0;
  for (let second = 1; second <= seconds; second++) {
    for (let worker = 0; worker < workers; worker++) {
      while ((ends[worker] ?? 0) <= second) {
        completed += 1;
        ends[worker] = (ends[worker] ?? 0) + next();
      }
    }
    watch.replicas = workers;
    const counts = told ? { waiting: 1_000, inFlight: workers } : { waiting: 1_000 + workers };
    watch.look(1, { ...counts, completed, arrived: completed + 1_000 + workers });
  }
}

test("what is learned comes within a quarter of the true time, whatever it is", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.05, max: 40, noNaN: true }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      (mean, workers, seed) => {
        const watch = new Watch(learningRule());
        // Time for two hundred messages at least.
        work(watch, { workers, mean, seed, seconds: Math.ceil(Math.max(60, (200 * mean) / workers)) });
        const { learned = Number.NaN } = watch;
        assert.ok(Math.abs(learned / mean - 1) < 0.35, `${learned} instead of ${mean}`);
      },
    ),
    { numRuns: 60 },
  );
});

test("a source that does not tell what is in hands teaches by full hands", () => {
  const watch = new Watch(learningRule());
  work(watch, { workers: 6, mean: 3, seconds: 300, told: false });
  assert.ok(Math.abs((watch.learned ?? 0) / 3 - 1) < 0.2, `${watch.learned}`);
});

test("a change of the time is followed", () => {
  const watch = new Watch(learningRule());
  work(watch, { workers: 10, mean: 2, seconds: 100 });
  const before = watch.learned ?? 0;
  work(watch, { workers: 10, mean: 6, seconds: 300 });
  assert.ok(Math.abs(before / 2 - 1) < 0.25, `${before}`);
  assert.ok(Math.abs((watch.learned ?? 0) / 6 - 1) < 0.25, `${watch.learned}`);
});

test("two estimates that are wide of the mark move nothing", () => {
  const watch = new Watch(learningRule());
  work(watch, { workers: 10, mean: 2, seconds: 200 });
  const before = watch.learned ?? 0;
  const at = watch.memory.drains?.queue?.flow?.at(-1)?.completed ?? 0;
  // For a minute and a half hardly anything is finished, as one message holds each worker up.
  for (let second = 1; second <= 90; second++) {
    watch.look(1, { waiting: 1_000, inFlight: 10, completed: 1e6 + at + (second === 90 ? 40 : 0), arrived: 2e6 + at });
  }
  assert.ok(Math.abs((watch.learned ?? 0) / before - 1) < 0.2, `${watch.learned} after ${before}`);
});

test("it takes no sample while nobody had to work, and none over a pause", () => {
  const watch = new Watch(learningRule());
  for (let look = 0; look < 100; look++) watch.look(5, { waiting: 0, inFlight: 0, arrived: 7, completed: 7 });
  assert.equal(watch.learned, undefined);
  assert.equal(watch.memory.drains?.queue?.tally, undefined);
  watch.look(5, { waiting: 100, inFlight: 5, arrived: 112, completed: 7 });
  watch.look(900, { waiting: 0, inFlight: 5, arrived: 112, completed: 107 });
  assert.equal(watch.learned, undefined);
});

test("the number follows the learned time, held to a quarter or four times of a stated one", () => {
  for (const [stated, used] of [
    [0.1, 0.4],
    [1, 2],
    [40, 10],
  ] as const) {
    const watch = new Watch(drainRule({ secondsPerMessage: stated }), { changes: { maxReplicas: 1_000 } });
    work(watch, { workers: 4, mean: 2, seconds: 400 });
    const [, said] = /, ([\d.]+) s a message/.exec(watch.because) ?? [];
    assert.ok(Math.abs(Number(said) / used - 1) < 0.2, `${said} instead of ${used}`);
  }
});

test("what is remembered is bounded, and the same reading twice teaches nothing", () => {
  const watch = new Watch(learningRule({ withinSeconds: 3_600 }));
  work(watch, { workers: 3, mean: 1, seconds: 9_000 });
  const { drains } = watch.memory;
  assert.ok((drains?.queue?.flow?.length ?? 0) < 80, `${drains?.queue?.flow?.length}`);
  assert.equal(drains?.queue?.estimates?.length, 5);
  const { last } = drains?.queue ?? {};
  const counts = {
    waiting: 1_000,
    inFlight: 3,
    completed: last?.completedCount ?? 0,
    arrived: last?.arrivedCount ?? 0,
  };
  watch.look(0, counts);
  assert.equal(watch.memory.drains, drains);
});

test("while the time of a message is not known, it decides again as soon as the last replicas have started", () => {
  const memory = { lastScaleAt: NOW - 10_000, drains: { queue: { flow: [] } } };
  const { desiredReplicas, reconsiderAt } = drained(learningRule(), { waiting: 50 }, { current: 4, memory });
  assert.deepEqual([desiredReplicas, reconsiderAt], [4, NOW + 20_000]);
});
