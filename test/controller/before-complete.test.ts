import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

/** A controller that was elected before all objects are known, with one that has work waiting. */
async function elected() {
  const world = controllerWorld();
  const leading = new AbortController();
  let complete: () => void = () => undefined;
  const known = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const ran = world.controller.run(leading.signal, undefined, known);
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 30;
  world.controller.keep(parsedAutoscaler("mail"));
  await settle();
  const end = async () => {
    leading.abort();
    await world.clock.advance(0);
    await ran;
  };
  return { ...world, complete, end };
}

test("until all objects are known it looks, but neither scales nor says anything", async () => {
  const world = await elected();
  assert.equal(world.queue("mail").reads, 1);
  assert.equal(world.workloads.replicas("mail"), 0);
  assert.equal(world.reporter.accounts.size, 0);
  assert.equal(world.controller.isLeading, false);
  world.complete();
  await settle();
  assert.equal(world.workloads.replicas("mail"), 3);
  assert.equal(world.controller.isLeading, true);
  await world.end();
});

test("what loses its lease before all objects are known never acts, and stops looking", async () => {
  const world = await elected();
  await world.end();
  world.complete();
  await settle();
  assert.equal(world.workloads.replicas("mail"), 0);
  assert.equal(world.controller.load.observations, 0);
  assert.equal(world.clock.pending, 0);
});
