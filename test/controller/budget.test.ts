import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

const MINUTE = 60_000;

/** Looks at the queue in each minute of ten, after the first one. */
async function looksAMinute(
  world: ReturnType<typeof controllerWorld>,
  name: string,
  each: () => void = () => undefined,
): Promise<number[]> {
  await world.elect();
  await world.clock.advance(2 * MINUTE);
  const looks: number[] = [];
  for (let minute = 0; minute < 10; minute += 1) {
    const before = world.queue(name).reads;
    for (let step = 0; step < 12; step += 1) {
      each();
      await world.clock.advance(MINUTE / 12);
    }
    looks.push(world.queue(name).reads - before);
  }
  await world.stop();
  return looks;
}

/** SQS's pace. */
const SLOW = { pace: { movingSeconds: 5, steadySeconds: 20 } };

test("an idle queue that cannot be waited on costs at most three looks a minute", async () => {
  const world = controllerWorld(SLOW);
  world.workloads.set("mail", 0);
  world.controller.keep(parsedAutoscaler("mail"));
  const looks = await looksAMinute(world, "mail");
  assert.ok(Math.max(...looks) <= 3, String(looks));
});

test("a steady queue with workers costs at most three looks a minute, and no write", async () => {
  const world = controllerWorld(SLOW);
  world.workloads.set("mail", 5);
  world.queue("mail").answer = 50;
  world.controller.keep(parsedAutoscaler("mail"));
  const looks = await looksAMinute(world, "mail");
  assert.ok(Math.max(...looks) <= 3, String(looks));
  assert.equal(world.workloads.scalings.length, 0);
  assert.equal(world.reporter.reports, 1);
});

test("a backlog that jitters without changing any decision costs at most three looks a minute after a while", async () => {
  const world = controllerWorld(SLOW);
  world.workloads.set("mail", 1);
  let value = 3;
  world.controller.keep(parsedAutoscaler("mail", { minReplicas: 1 }));
  const looks = await looksAMinute(world, "mail", () => {
    value = 11 - value;
    world.queue("mail").answer = value;
  });
  assert.ok(Math.max(...looks.slice(2)) <= 3, String(looks));
});

test("an interval that a user set is kept to the second", async () => {
  const world = controllerWorld(SLOW);
  world.workloads.set("mail", 1);
  world.controller.keep(parsedAutoscaler("mail", { minReplicas: 1, pollIntervalSeconds: 1 }));
  const looks = await looksAMinute(world, "mail");
  assert.ok(Math.min(...looks) >= 54 && Math.max(...looks) <= 60, String(looks));
});

test("a dead source is asked at most three times a minute", async () => {
  const world = controllerWorld(SLOW);
  world.workloads.set("mail", 1);
  world.queue("mail").answer = new Error("dead");
  world.controller.keep(parsedAutoscaler("mail"));
  const looks = await looksAMinute(world, "mail");
  assert.ok(Math.max(...looks) <= 3, String(looks));
});

test("a source with a quick pace is looked at each second while it has work", async () => {
  const world = controllerWorld({ pace: { movingSeconds: 0.25, steadySeconds: 1 } });
  world.workloads.set("mail", 5);
  world.queue("mail").answer = 50;
  world.controller.keep(parsedAutoscaler("mail"));
  const looks = await looksAMinute(world, "mail");
  assert.ok(Math.min(...looks) >= 54 && Math.max(...looks) <= 60, String(looks));
});

test("a thousand objects are all looked at as soon as the process leads, 256 at a time", async () => {
  const world = controllerWorld();
  let inFlight = 0;
  let most = 0;
  const read = async () => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    await new Promise<void>((resolve) => world.clock.after(100, resolve));
    inFlight -= 1;
    return { at: world.clock.wall(), value: 10 };
  };
  for (let index = 0; index < 1_000; index += 1) {
    const name = `mail-${index}`;
    world.workloads.set(name, 0);
    world.queue(name).read = read;
    world.controller.keep(parsedAutoscaler(name));
  }
  await world.elect();
  await world.clock.advance(450);
  assert.equal(world.workloads.scalings.length, 1_000);
  assert.equal(most, 256);
  await world.stop(1_000);
});

test("looks of many objects drift apart after the start instead of coming all at once each time", async () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const world = controllerWorld({ ...SLOW, random });
  const names = Array.from({ length: 200 }, (_, index) => `mail-${index}`);
  for (const name of names) {
    world.workloads.set(name, 1);
    world.controller.keep(parsedAutoscaler(name, { minReplicas: 1, pollIntervalSeconds: 60 }));
  }
  const reads = () => names.reduce((sum, name) => sum + world.queue(name).reads, 0);
  await world.elect();
  const perSecond: number[] = [];
  for (let second = 0; second < 60; second += 1) {
    const before = reads();
    await world.clock.advance(1_000);
    perSecond.push(reads() - before);
  }
  assert.ok(Math.max(...perSecond) <= 30, String(perSecond));
  await world.stop();
});

test("an idle object costs no pass at all while its queue is waited on", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").waits = "well";
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  await world.clock.advance(2 * MINUTE);
  const passes = () => world.controller.find("WorkerPodAutoScaler/shop/mail")?.passes.count;
  const before = passes();
  await world.clock.advance(10 * MINUTE);
  await settle();
  assert.equal(passes(), before);
  await world.stop();
});
