import assert from "node:assert/strict";
import { test } from "node:test";
import type { FailureKind } from "../../src/core/index.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";

const READERS = 200;

/** Autoscalers of idle workloads, each with a queue of its own on one server. */
async function worldOnOneServer() {
  const world = controllerWorld();
  const names = Array.from({ length: READERS }, (_, index) => `worker-${index}`);
  for (const name of names) {
    world.workloads.set(name, 0);
    world.queue(name).answer = 0;
    const source = { type: "scripted", settings: { queue: name, host: "queues", port: 1 } };
    world.controller.keep(parsedAutoscaler(name, { signal: { source } }));
  }
  await world.elect();
  const reads = () => names.reduce((sum, name) => sum + world.queue(name).reads, 0);
  const answer = (answers: number | FailureKind) => {
    const given = typeof answers === "number" ? answers : new SourceError(answers, "as the test says");
    for (const name of names) world.queue(name).answer = given;
  };
  return { world, names, reads, answer };
}

for (const failure of ["Unavailable", "TimedOut"] as const) {
  test(`of a server that fails as ${failure} one try a second is made for all, and all scale within a second of its return`, async () => {
    const { world, names, reads, answer } = await worldOnOneServer();
    answer(failure);
    await world.clock.advance(300_000);
    const before = reads();
    await world.clock.advance(60_000);
    const perSecond = (reads() - before) / 60;
    assert.ok(perSecond >= 1 && perSecond <= 3, `${perSecond} reads a second`);
    answer(25);
    await world.clock.advance(1_100);
    assert.deepEqual(
      names.filter((name) => world.workloads.replicas(name) !== 3),
      [],
    );
    await world.stop();
  });
}

test("when the one that tries goes, another one tries", async () => {
  const { world, names, answer } = await worldOnOneServer();
  answer("Unavailable");
  await world.clock.advance(60_000);
  for (const name of names.slice(0, READERS / 2)) world.controller.forget(`WorkerPodAutoScaler/shop/${name}`);
  answer(25);
  await world.clock.advance(1_100);
  assert.equal(world.workloads.replicas(names.at(-1) ?? ""), 3);
  await world.stop();
});

test("a failure that is an answer is tried again more and more rarely", async () => {
  const { world, reads, answer } = await worldOnOneServer();
  answer("Unauthorized");
  await world.clock.advance(300_000);
  const before = reads();
  await world.clock.advance(60_000);
  assert.ok(reads() - before <= (READERS * 60) / 15 + READERS, `${reads() - before} reads in a minute`);
  await world.stop();
});
