import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FirstPolls } from "../../src/engine/poll-budgets.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

/** Of a metric server: not worth looking at every second even while it moves. */
const METRIC = { movingSeconds: 10, steadySeconds: 60 };

/** So that freshness does not make looks come sooner than every minute. */
const FRESH_LONG = { freshnessSeconds: 600 };

function turns(count: number, intervalSeconds: number): number[] {
  const firstPolls = new FirstPolls();
  return Array.from({ length: count }, () => firstPolls.wait(intervalSeconds, 5_000));
}

function busiestSecond(turnsMs: readonly number[]): number {
  const perSecond = new Map<number, number>();
  for (const turn of turnsMs) perSecond.set(Math.floor(turn / 1000), (perSecond.get(Math.floor(turn / 1000)) ?? 0) + 1);
  return Math.max(...perSecond.values());
}

test("fifty may poll at once, the fifty-first has a turn", () => {
  assert.deepEqual(turns(52, 60).slice(48), [0, 0, 50, 100]);
});

test("those that come later, one after the other, poll at once", () => {
  const firstPolls = new FirstPolls();
  for (let index = 0; index < 1_000; index += 1) assert.equal(firstPolls.wait(60, index * 1_000), 0);
});

test("a thousand at an interval of a minute take most of it", () => {
  const all = turns(1_000, 60);
  assert.equal(Math.max(...all), 47_500);
  assert.ok(busiestSecond(all.slice(50)) <= 20);
});

test("every turn comes within the interval, and no second sees many more than another", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 3_600 }), (count, intervalSeconds) => {
      const all = turns(count, intervalSeconds);
      assert.ok(all.every((turn) => turn >= 0 && turn < intervalSeconds * 1000));
      const fair = Math.max(20, Math.ceil(count / Math.max(1, Math.floor(intervalSeconds * 0.8))));
      assert.ok(busiestSecond(all.slice(50)) <= 2 * fair + 1 || count <= 50);
    }),
  );
});

test("a process that starts with a thousand on a metric server does not ask it for all of them at once", async () => {
  const world = controllerWorld({ pace: METRIC });
  const names = Array.from({ length: 1_000 }, (_, index) => `lag-${index}`);
  for (const name of names) {
    world.workloads.set(name, 1);
    world.queue(name).answer = 10;
    world.controller.keep(parsedAutoscaler(name, { minReplicas: 1, pollIntervalSeconds: 60, signal: FRESH_LONG }));
  }
  const seen = () => names.filter((name) => world.queue(name).reads > 0).length;
  await world.elect();
  assert.equal(seen(), 50);
  await world.clock.advance(10_000);
  assert.ok(seen() >= 240 && seen() <= 260, String(seen()));
  await world.clock.advance(38_000);
  assert.equal(seen(), 1_000);
  await world.stop();
});

test("a workload without replicas does not wait for its turn, whether it is known before or after", async () => {
  const world = controllerWorld({ pace: METRIC });
  for (let index = 0; index < 100; index += 1) {
    world.workloads.set(`lag-${index}`, 1);
    world.controller.keep(parsedAutoscaler(`lag-${index}`, { minReplicas: 1 }));
  }
  world.workloads.set("known", 0);
  world.workloads.set("set-to-zero", 1);
  for (const name of ["known", "set-to-zero"]) {
    world.queue(name).answer = 30;
    world.controller.keep(parsedAutoscaler(name));
  }
  await world.elect();
  assert.equal(world.workloads.replicas("known"), 3);
  assert.equal(world.queue("set-to-zero").reads, 0);
  world.workloads.set("set-to-zero", 0);
  await settle();
  await world.clock.advance(20);
  assert.equal(world.workloads.replicas("set-to-zero"), 3);
  await world.stop();
});

test("while it waits for its turn no fallback begins, and afterwards only after its time", async () => {
  const world = controllerWorld({ pace: METRIC });
  for (let index = 0; index < 900; index += 1) {
    world.workloads.set(`lag-${index}`, 1);
    world.controller.keep(parsedAutoscaler(`lag-${index}`, { minReplicas: 1, signal: FRESH_LONG }));
  }
  world.workloads.set("last", 2);
  world.queue("last").answer = new Error("dead");
  const fallback = { replicas: 8, approach: "AtOnce", afterSeconds: 10 } as const;
  const signal = { ...FRESH_LONG, whenMissing: "Fallback" } as const;
  const own = { profile: "worker-autoscaler", coolDownSeconds: 0, fallback, signal } as const;
  world.controller.keep(parsedAutoscaler("last", own));
  await world.elect();
  await world.clock.advance(42_000);
  assert.equal(world.queue("last").reads, 0);
  assert.equal(world.workloads.replicas("last"), 2);
  await world.clock.advance(1_000);
  assert.ok(world.queue("last").reads > 0);
  assert.equal(world.workloads.replicas("last"), 2);
  await world.clock.advance(10_000);
  assert.equal(world.workloads.replicas("last"), 8);
  await world.stop();
});

test("one that is deleted while it waits for its turn is never looked at and leaves no timer", async () => {
  const world = controllerWorld({ pace: METRIC });
  for (let index = 0; index < 200; index += 1) {
    world.workloads.set(`lag-${index}`, 1);
    world.controller.keep(parsedAutoscaler(`lag-${index}`, { minReplicas: 1 }));
  }
  await world.elect();
  for (let index = 0; index < 200; index += 1) world.controller.forget(`WorkerPodAutoScaler/shop/lag-${index}`);
  await settle();
  assert.equal(world.queue("lag-199").reads, 0);
  assert.equal(world.clock.pending, 0);
  await world.stop();
});
