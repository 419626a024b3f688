import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Completions } from "../../src/core/index.ts";
import { steppedBy } from "../../src/engine/memory.ts";
import { drainRule, learningRule, Watch } from "../support/drains.ts";
import { lateQueue } from "../support/late-queue.ts";

const MINUTE = 60_000;

function isNear(watch: Watch, seconds: number, share = 0.1): void {
  const { learned = Number.NaN } = watch;
  assert.ok(Math.abs(learned / seconds - 1) < share, `${learned} instead of ${seconds}`);
}

test("completions that come five minutes late teach the true time, however looks are spread", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 20, noNaN: true }),
      fc.integer({ min: 10, max: 40 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 100_000 }),
      (mean, workers, every, seed) => {
        const watch = new Watch(learningRule());
        lateQueue(watch, { seed }).work({ workers, mean, minutes: 30, every });
        isNear(watch, mean);
      },
    ),
    { numRuns: 60 },
  );
});

test("hands that are full now and empty then teach no less", () => {
  const watch = new Watch(learningRule());
  const queue = lateQueue(watch);
  for (let round = 0; round < 8; round++) {
    queue.work({ workers: 12, mean: 3, minutes: 2, every: 4 });
    queue.work({ workers: 0, mean: 3, minutes: 1, every: 4 });
  }
  queue.work({ workers: 1, mean: 3, minutes: 6, every: 4 });
  isNear(watch, 3);
});

test("a change of the time is followed", () => {
  const watch = new Watch(learningRule());
  const queue = lateQueue(watch);
  queue.work({ workers: 10, mean: 2, minutes: 15, every: 5 });
  isNear(watch, 2);
  queue.work({ workers: 10, mean: 6, minutes: 30, every: 5 });
  isNear(watch, 6);
});

test("what is learned is as old as the minutes it is learned from, and says of how many messages", () => {
  const watch = new Watch(learningRule());
  lateQueue(watch).work({ workers: 10, mean: 2, minutes: 15, every: 5 });
  const { at = 0, messages = 0 } = watch.memory.drains?.queue?.learned ?? {};
  assert.ok(watch.now - at >= 5 * MINUTE && watch.now - at <= 6.1 * MINUTE, `${watch.now - at}`);
  assert.match(watch.because, new RegExp(`\\(learned from ${messages} messages, 3\\d\\d s ago\\)`));
});

test("a minute without looks is left out, and so is what it would have been added to", () => {
  const watch = new Watch(learningRule());
  const queue = lateQueue(watch);
  queue.work({ workers: 10, mean: 2, minutes: 12, every: 5 });
  for (let round = 0; round < 4; round++) {
    queue.work({ workers: 40, mean: 2, minutes: 2, every: 5, isUnseen: true });
    queue.work({ workers: 10, mean: 2, minutes: 3, every: 5 });
  }
  queue.work({ workers: 10, mean: 2, minutes: 6, every: 5 });
  isNear(watch, 2);
});

test("minutes that CloudWatch lacks, or whose count cannot be right, teach nothing wrong", () => {
  const watch = new Watch(learningRule());
  const odd = (minutes: readonly Completions[]) =>
    minutes
      .filter(({ from }) => (from / MINUTE) % 4 !== 0)
      .map((one) =>
        (one.from / MINUTE) % 4 === 2 ? { ...one, messages: (one.from / MINUTE) % 8 === 2 ? -1 : 1e300 } : one,
      );
  lateQueue(watch, { told: odd }).work({ workers: 10, mean: 2, minutes: 40, every: 5 });
  isNear(watch, 2);
});

test("a source that knows no completions yet teaches nothing, and what it could not find out is said", () => {
  const watch = new Watch(learningRule());
  const doubts = [{ kind: "Unauthorized" as const, message: "allow cloudwatch:GetMetricData" }];
  for (let look = 0; look < 200; look++) watch.look(5, { waiting: 10, inFlight: 3, completions: [], doubts });
  assert.equal(watch.learned, undefined);
  assert.match(
    watch.because,
    /counts as all of 60 s.*cannot be learned now \(Unauthorized: allow cloudwatch:GetMetricData\)/,
  );
  assert.equal(watch.decision?.desiredReplicas, 13);
});

test("what is stated begins it, and what is learned corrects that", () => {
  const watch = new Watch(drainRule({ secondsPerMessage: 4 }));
  lateQueue(watch).work({ workers: 10, mean: 2, minutes: 15, every: 5 });
  isNear(watch, 2);
  assert.match(watch.because, /: \d+ waiting, 10 in flight, (1\.9|2|2\.1) s a message \(learned/);
});

test("no rate is made of what comes late", () => {
  const watch = new Watch(learningRule());
  lateQueue(watch).work({ workers: 10, mean: 2, minutes: 15, every: 5 });
  assert.equal(watch.memory.drains?.queue?.flow, undefined);
  assert.doesNotMatch(watch.because, /arriving/);
});

test("what is remembered stays small, and a step of the clock leaves only what was learned", () => {
  const watch = new Watch(learningRule());
  const queue = lateQueue(watch);
  queue.work({ workers: 10, mean: 2, minutes: 120, every: 1 });
  assert.ok((watch.memory.drains?.queue?.hands?.minutes.length ?? 99) <= 15);
  const { queue: stepped } = steppedBy(3_600_000, watch.memory).drains ?? {};
  assert.equal(stepped?.hands, undefined);
  assert.equal(stepped?.learned?.secondsPerMessage, watch.learned);
});

test("while nobody works at an empty queue nothing needs to be looked at, and what was worked before it teaches when it wakes", () => {
  const watch = new Watch(learningRule());
  const queue = lateQueue(watch);
  for (let round = 0; round < 6; round++) {
    queue.work({ workers: 10, mean: 2, minutes: 7, every: 5 });
    queue.work({ workers: 0, mean: 2, minutes: 8, every: 60, isUnseen: true });
    queue.work({ workers: 0, mean: 2, minutes: 0.05, every: 5 });
  }
  isNear(watch, 2);
});
