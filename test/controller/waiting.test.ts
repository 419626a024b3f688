import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

const HOUR = 3_600_000;

/** An autoscaler at zero that scaled down just now, so that a replica which somebody adds stays for a while. */
async function asleep(waits: "well" | "unsupported" | Error) {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").waits = waits;
  world.controller.keep(parsedAutoscaler("mail", { memory: { lastScaleAt: world.clock.wall() } }));
  await world.elect();
  return { world, queue: world.queue("mail") };
}

test("waits on an empty queue without workers, and neither polls nor lets the reading grow stale meanwhile", async () => {
  const { world, queue } = await asleep("well");
  await world.clock.advance(HOUR);
  assert.ok(queue.reads <= 4, `${queue.reads} looks in an hour`);
  const passes = world.controller.find("WorkerPodAutoScaler/shop/mail")?.passes.count ?? 0;
  assert.ok(passes < 12, `${passes} passes in an hour`);
  world.controller.keep(parsedAutoscaler("mail"));
  await settle();
  const signal = world.controller.find("WorkerPodAutoScaler/shop/mail")?.account?.decision?.signals[0];
  assert.equal(signal?.trust, "zero");
  await world.stop();
});

test("stops waiting as soon as the workload has replicas again", async () => {
  const { world, queue } = await asleep("well");
  assert.equal(queue.waiting, 1);
  world.workloads.set("mail", 1);
  await settle();
  assert.equal(queue.waiting, 0);
  assert.equal(queue.reads, 2);
  await world.stop();
});

test("stops waiting when the autoscaler turns to a workload that has replicas", async () => {
  const { world, queue } = await asleep("well");
  world.workloads.set("other", 2);
  const target = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "other" };
  world.controller.keep(parsedAutoscaler("mail", { target, minReplicas: 2 }));
  await settle();
  assert.equal(queue.waiting, 0);
  await world.stop();
});

test("begins to wait the moment the last replica goes, without another look", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 1);
  const queue = world.queue("mail");
  queue.waits = "well";
  queue.answer = { value: 0, idleWorkers: "all" };
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  assert.equal(world.workloads.replicas("mail"), 0);
  assert.equal(queue.waiting, 1);
  assert.equal(queue.reads, 1);
  await world.stop();
});

test("waits only while the workloads of all who share the queue sleep", async () => {
  const world = controllerWorld();
  const queue = world.queue("shared");
  queue.waits = "well";
  for (const [name, replicas] of [
    ["a", 0],
    ["b", 1],
  ] as const) {
    world.workloads.set(name, replicas);
    world.controller.keep(parsedAutoscaler(name, { queue: "shared", minReplicas: replicas }));
  }
  await world.elect();
  await world.clock.advance(60_000);
  assert.equal(queue.waitsBegun, 0);
  world.controller.forget("WorkerPodAutoScaler/shop/b");
  await settle();
  assert.equal(queue.waiting, 1);
  await world.stop();
});

test("polls at the steady pace where waiting is not supported, and asks again after each reading", async () => {
  const { world, queue } = await asleep("unsupported");
  await world.clock.advance(10 * 60_000);
  assert.ok(queue.reads >= 27 && queue.reads <= 32, `${queue.reads} looks in ten minutes`);
  assert.equal(queue.waitsBegun, queue.reads);
  await world.stop();
});

test("when a wait fails, looks soon, believes the look and goes on, without a report of trouble that is none", async () => {
  const { world, queue } = await asleep(new SourceError("Unauthorized", "may not receive"));
  await world.clock.advance(10 * 60_000);
  assert.ok(queue.reads >= 25 && queue.reads <= 50, `${queue.reads} looks in ten minutes`);
  assert.deepEqual(world.reporter.conditions("mail")[1], "ScalingActive=True ValidMetricFound");
  assert.ok((world.counts.get("failed Source/Unauthorized") ?? 0) > 0);
  queue.answer = 10;
  await world.clock.advance(25_000);
  assert.equal(world.workloads.replicas("mail"), 1);
  await world.stop();
});

test("reports at once when the server that is waited on dies", async () => {
  const { world, queue } = await asleep("well");
  queue.answer = new SourceError("Unavailable", "connection refused");
  queue.put(queue.answer);
  await settle();
  assert.deepEqual(world.reporter.conditions("mail")[1], "ScalingActive=False QueueUnreadable");
  await world.stop();
});

test("a source that says without end that there may be work does not make the process spin", async () => {
  const { world, queue } = await asleep("well");
  for (let second = 0; second < 600; second += 1) {
    queue.put(0);
    await world.clock.advance(100);
  }
  assert.ok(queue.reads < 80, `${queue.reads} looks in a minute`);
  await world.stop();
});

test("a wait that holds for ever is renewed now and then, should its connection have died unnoticed", async () => {
  const { world, queue } = await asleep("well");
  const { waitsBegun } = queue;
  queue.answer = 7;
  await world.clock.advance(HOUR);
  assert.equal(queue.waitsBegun, waitsBegun);
  assert.equal(world.workloads.replicas("mail"), 1);
  await world.stop();
});
