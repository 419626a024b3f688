import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

const HOUR = 3_600_000;

/** Scaled up at the start; then the queue is empty, and the cool-down of 600 s runs. */
async function coolingDown() {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  const queue = world.queue("mail");
  queue.answer = 50;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  assert.equal(world.workloads.replicas("mail"), 5);
  queue.answer = { value: 0, idleWorkers: "all" };
  await world.clock.advance(100_000);
  return { world, queue };
}

for (const [what, step] of [
  ["back", -HOUR],
  ["forth", HOUR],
  ["back by a year", -365 * 24 * HOUR],
] as const) {
  test(`a system clock that steps ${what} neither shortens a cool-down nor lengthens it`, async () => {
    const { world } = await coolingDown();
    world.clock.stepWall(step);
    await world.clock.advance(490_000);
    assert.equal(world.workloads.replicas("mail"), 5);
    await world.clock.advance(30_000);
    assert.equal(world.workloads.replicas("mail"), 0);
    await world.stop();
  });

  test(`a system clock that steps ${what} does not change the pace of looks, but for one look to see how things stand`, async () => {
    const { world, queue } = await coolingDown();
    const before = queue.reads;
    world.clock.stepWall(step);
    await world.clock.advance(300_000);
    const looks = queue.reads - before;
    assert.ok(looks >= 14 && looks <= 20, `${looks} looks in five minutes`);
    await world.stop();
  });
}

test("a clock that steps back and forth all the time does not freeze anything", async () => {
  const { world, queue } = await coolingDown();
  for (let step = 0; step < 50; step += 1) {
    world.clock.stepWall(step % 2 === 0 ? -HOUR : HOUR);
    await world.clock.advance(1_000);
  }
  assert.ok(queue.reads < 120, `${queue.reads} looks`);
  queue.answer = 90;
  await world.clock.advance(25_000);
  assert.equal(world.workloads.replicas("mail"), 9);
  await world.stop();
});

test("slow drift is followed without being taken for a step", async () => {
  const { world } = await coolingDown();
  for (let second = 0; second < 450; second += 1) {
    world.clock.stepWall(1);
    await world.clock.advance(1_000);
  }
  assert.equal(world.workloads.replicas("mail"), 5);
  assert.ok(!world.lines.some((line) => line.includes("clock was stepped")));
  await world.stop();
});

test("a wait for work goes on through a step and still wakes at once", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").waits = "well";
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  world.clock.stepWall(-HOUR);
  await world.clock.advance(60_000);
  assert.equal(world.queue("mail").waitsBegun, 1);
  world.queue("mail").put(10);
  await settle();
  assert.equal(world.workloads.replicas("mail"), 1);
  await world.stop();
});
