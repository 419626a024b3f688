import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import type { Answer } from "../support/scripted-source.ts";

const DOWN = new SourceError("Unavailable", "connection refused");
const FIELDS = {
  profile: "phpa",
  coolDownSeconds: 0,
  pollIntervalSeconds: 10,
  fallback: { replicas: 8, approach: "AtOnce", afterSeconds: 60 },
  signal: {
    rule: { kind: "band", low: 90, high: 110, direction: "HighIsBusy", stepUp: 1, stepDown: 1 },
    whenMissing: "Fallback",
    freshnessSeconds: 600,
  },
} as const;

/** A workload of five, whose metric is inside the band. */
async function atFive(profile: "phpa" | "worker-autoscaler" = "phpa") {
  const world = controllerWorld();
  world.workloads.set("lag", 5);
  world.queue("lag").answer = 100;
  world.controller.keep(parsedAutoscaler("lag", { ...FIELDS, profile }));
  await world.elect();
  await world.clock.advance(120_000);
  assert.equal(world.workloads.replicas("lag"), 5);
  return world;
}

type World = Awaited<ReturnType<typeof atFive>>;

const hourAhead = (world: World): Answer => ({ value: 0, at: world.clock.wall() + 3_600_000 });

/** Lets time pass, with an answer that is made anew each second. */
async function pass(world: World, seconds: number, answer: (second: number) => Answer): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    world.queue("lag").answer = answer(second);
    await world.clock.advance(1_000);
  }
}

const ODD: Readonly<Record<string, (world: World) => (second: number) => Answer>> = {
  "are no number, each at its own time": () => () => ({ value: Number.NaN }),
  "are an hour ahead of time, each a second more": (world) => () => hourAhead(world),
  "are no number now, and cannot be had then": () => (second) =>
    Math.floor(second / 20) % 2 === 0 ? { value: Number.NaN } : DOWN,
};

for (const [what, odd] of Object.entries(ODD)) {
  for (const profile of ["phpa", "worker-autoscaler"] as const) {
    test(`readings that ${what}, lead to the fallback once its time has come: ${profile}`, async () => {
      const world = await atFive(profile);
      await pass(world, 50, odd(world));
      assert.equal(world.workloads.replicas("lag"), 5);
      await pass(world, 60, odd(world));
      assert.equal(world.workloads.replicas("lag"), 8);
      await world.stop();
    });
  }
}

test("a reading that can be trusted ends the doubt: the next one has its whole time again", async () => {
  const world = await atFive();
  await pass(world, 50, () => ({ value: Number.NaN }));
  await pass(world, 30, () => 100);
  await pass(world, 50, () => ({ value: Number.NaN }));
  assert.equal(world.workloads.replicas("lag"), 5);
  await pass(world, 60, () => ({ value: Number.NaN }));
  assert.equal(world.workloads.replicas("lag"), 8);
  await world.stop();
});

test("who asks something else is not in doubt of it for what was asked before", async () => {
  const world = await atFive();
  await pass(world, 50, () => ({ value: Number.NaN }));
  world.queue("other").answer = { value: Number.NaN };
  world.controller.keep(parsedAutoscaler("lag", { ...FIELDS, queue: "other" }));
  await world.clock.advance(40_000);
  assert.equal(world.workloads.replicas("lag"), 5);
  await world.clock.advance(60_000);
  assert.equal(world.workloads.replicas("lag"), 8);
  await world.stop();
});

test("a clock that steps neither brings the fallback nor keeps it away", async () => {
  for (const step of [-3_600_000, 3_600_000]) {
    const world = await atFive();
    await pass(world, 40, () => ({ value: Number.NaN }));
    world.clock.stepWall(step);
    await pass(world, 10, () => ({ value: Number.NaN }));
    assert.equal(world.workloads.replicas("lag"), 5);
    await pass(world, 60, () => ({ value: Number.NaN }));
    assert.equal(world.workloads.replicas("lag"), 8);
    await world.stop();
  }
});

test("a fallback in force is told once, when it begins and when it ends, for files too", async () => {
  for (const profile of ["phpa", "worker-autoscaler"] as const) {
    const world = await atFive(profile);
    const inForce = () => world.controller.find("WorkerPodAutoScaler/shop/lag")?.account?.conditions.at(-1);
    assert.deepEqual([inForce()?.type, inForce()?.status], ["FallbackActive", "False"]);
    await pass(world, 150, () => DOWN);
    assert.equal(inForce()?.status, "True");
    assert.match(inForce()?.message ?? "", /^8 replicas since .*Z, as queue has had no data since .*Z$/);
    await pass(world, 30, () => 100);
    assert.equal(inForce()?.status, "False");
    const told = world.reporter.incidents.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
    assert.equal(told.filter((one) => one.startsWith("Warning FallbackInForce ")).length, 1);
    assert.equal(told.filter((one) => one.startsWith("Normal Recovered FallbackInForce is over")).length, 1);
    await world.stop();
  }
});
