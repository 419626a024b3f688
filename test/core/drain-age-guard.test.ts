import assert from "node:assert/strict";
import { test } from "node:test";
import { drainRule, Watch } from "../support/drains.ts";

/** Four workers, twelve waiting, one message finished and one come each second: the queue does not get shorter. */
function steady(watch: Watch, seconds: number, more: object = {}): void {
  for (let second = 0; second < seconds; second++) {
    finished += 1;
    watch.look(1, { waiting: 12, inFlight: 4, arrived: finished + 16, completed: finished, ...more });
  }
}
let finished = 0;

test("messages that wait too long although something gets done bring more replicas, once until those work", () => {
  const watch = new Watch(drainRule(), { replicas: 5 });
  steady(watch, 100);
  assert.equal(watch.decision?.desiredReplicas, 5, watch.because);
  steady(watch, 1, { oldestSeconds: 90 });
  assert.equal(watch.decision?.desiredReplicas, 8, "5 x 90 / 60");
  assert.match(watch.because, /5 drain them within 60 s \(.*\); the oldest has waited 90 s, longer than 60 s, so 8$/);
  assert.equal(watch.decision?.reconsiderAt, watch.now + 30_000);
  watch.replicas = 8;
  steady(watch, 28, { oldestSeconds: 90 });
  assert.equal(watch.decision?.desiredReplicas, 8);
  assert.match(watch.because, /stays at 8 until they all work/);
  for (let second = 0; second < 3; second++) steady(watch, 1, { oldestSeconds: 200 - 3 * second });
  assert.equal(watch.decision?.desiredReplicas, 16, "twice at most");
});

test("once nothing waits too long the number is the formula's again", () => {
  const watch = new Watch(drainRule(), { replicas: 5 });
  steady(watch, 100);
  steady(watch, 1, { oldestSeconds: 120 });
  assert.equal(watch.decision?.desiredReplicas, 10);
  watch.replicas = 10;
  steady(watch, 1, { oldestSeconds: 10 });
  assert.equal(watch.decision?.desiredReplicas, 4, "those that have a message");
});

test("a low age alone lowers nothing below the formula, and no guard goes beyond maxReplicas", () => {
  const watch = new Watch(drainRule(), { replicas: 5, changes: { maxReplicas: 6 } });
  steady(watch, 100, { oldestSeconds: 0.1 });
  assert.equal(watch.decision?.desiredReplicas, 5);
  steady(watch, 1, { oldestSeconds: 600 });
  assert.equal(watch.decision?.desiredReplicas, 6);
});

test("where nothing is finished it refuses to grow, and says so", () => {
  const watch = new Watch(drainRule(), { replicas: 5 });
  steady(watch, 100);
  const completed = finished;
  for (let second = 0; second < 200; second++) {
    watch.look(1, { waiting: 12 + second, inFlight: 5, arrived: completed + 17 + second, completed });
  }
  assert.equal(watch.decision?.desiredReplicas, 5, watch.because);
  assert.match(
    watch.because,
    /the oldest has waited 211 s, but none was finished for 200 s \(messages that no worker can finish, or stalled workers\), so more workers would not help$/,
  );
  assert.equal(watch.decision?.limited?.reason, "Stalled");
});

test("the same oldest message while others are finished is one that nobody finishes", () => {
  const watch = new Watch(drainRule(), { replicas: 5 });
  steady(watch, 100);
  for (let second = 0; second < 90; second++) steady(watch, 1, { oldestSeconds: 61 + second });
  assert.equal(watch.decision?.limited?.reason, "Stalled");
  assert.match(watch.because, /it has been the same one for \d+ s while \d+ others were finished/);
});

test("without an age from the source it is reckoned from what came and what waits", () => {
  const watch = new Watch(drainRule({ secondsPerMessage: 0.1 }), { replicas: 9 });
  // One comes each second and 12 wait at first, then they are served slower.
  for (let second = 0; second < 200; second++) {
    const completed = Math.floor(second / 2);
    watch.look(1, { waiting: second - completed, inFlight: 0, arrived: second, completed });
  }
  assert.match(watch.because, /the oldest has waited (99|100) s, so it stays at 5 until they all work/);
});

test("workers that were just called up are not stalled", () => {
  const watch = new Watch(drainRule(), { replicas: 0 });
  for (let second = 0; second < 100; second++) watch.look(1, { waiting: 50, inFlight: 0, arrived: 50, completed: 0 });
  assert.equal(watch.decision?.desiredReplicas, 4, "50 messages of 2 s in the half minute that starting leaves");
  watch.replicas = 4;
  for (let second = 0; second < 60; second++) watch.look(1, { waiting: 46, inFlight: 4, arrived: 50, completed: 0 });
  assert.equal(watch.decision?.limited, undefined, watch.because);
});
