import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";

const OWN = { profile: "worker-autoscaler", maxReplicas: 50, coolDownSeconds: 0, pollIntervalSeconds: 30 } as const;

async function atFifty(fields: Parameters<typeof parsedAutoscaler>[1] = {}) {
  const world = controllerWorld();
  world.workloads.set("lag", 50);
  world.queue("lag").answer = 40_000_000;
  world.controller.keep(parsedAutoscaler("lag", { ...OWN, ...fields }));
  await world.elect();
  await world.clock.advance(120_000);
  assert.equal(world.workloads.scalings.length, 0);
  return world;
}

test("a lag that is zero for one look scales nothing down", async () => {
  const world = await atFifty();
  world.queue("lag").answer = 0;
  const { reads } = world.queue("lag");
  while (world.queue("lag").reads === reads) await world.clock.advance(1_000);
  assert.equal(world.reporter.conditions("lag")[2], "ScalingLimited=True UnconfirmedFall");
  world.queue("lag").answer = 40_000_000;
  await world.clock.advance(120_000);
  assert.equal(world.workloads.scalings.length, 0);
  await world.stop();
});

test("a lag that is zero for two looks has been worked off: it costs no more than one poll interval", async () => {
  const world = await atFifty();
  world.queue("lag").answer = 0;
  await world.clock.advance(70_000);
  assert.equal(world.workloads.replicas("lag"), 0);
  await world.stop();
});

test("between the two looks nothing else that asks for a pass lowers the number either", async () => {
  const world = await atFifty({ pollIntervalSeconds: 300, signal: { freshnessSeconds: 600 } });
  world.queue("lag").answer = 0;
  const { reads } = world.queue("lag");
  while (world.queue("lag").reads === reads) await world.clock.advance(1_000);
  world.workloads.set("lag", 49);
  await world.clock.advance(60_000);
  assert.equal(world.workloads.replicas("lag"), 49);
  assert.equal(world.workloads.scalings.length, 0);
  await world.stop();
});
