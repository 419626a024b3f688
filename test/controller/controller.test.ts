import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

test("scales up the moment a reading says that there is work", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 45;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  assert.equal(world.workloads.replicas("mail"), 5);
  assert.deepEqual(world.reporter.reasons("mail"), ["SuccessfulRescale"]);
  await world.stop();
});

test("looks at nothing and writes nothing while another process leads", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 45;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.clock.advance(60_000);
  assert.equal(world.queue("mail").reads, 0);
  assert.equal(world.workloads.scalings.length, 0);
  assert.equal(world.reporter.reports, 0);
});

test("wakes a workload without waiting for any interval when the source says that there may be work", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").waits = "well";
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  await world.clock.advance(3_600_000);
  const before = world.clock.monotonic();
  world.queue("mail").put(1);
  await settle();
  assert.equal(world.workloads.replicas("mail"), 1);
  assert.equal(world.clock.monotonic(), before);
  await world.stop();
});

test("scales down once the cool-down is over, without a reading or an event to remind it", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 5);
  const lastScaleAt = world.clock.wall() - 595_001;
  world.queue("mail").answer = { value: 0, idleWorkers: "all" };
  world.controller.keep(parsedAutoscaler("mail", { memory: { lastScaleAt } }));
  await world.elect();
  assert.equal(world.workloads.replicas("mail"), 5);
  await world.clock.advance(5_100);
  assert.equal(world.workloads.replicas("mail"), 0);
  await world.stop();
});

test("ends with nothing left behind", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  await world.clock.advance(30_000);
  world.controller.forget("WorkerPodAutoScaler/shop/mail");
  await settle();
  assert.deepEqual(world.controller.load, { reconcilers: 0, observations: 0, claims: 0, queued: 0 });
  assert.equal(world.workloads.followers, 0);
  assert.equal(world.clock.pending, 0);
  assert.equal(world.queue("mail").closed, 1);
  await world.stop();
});
