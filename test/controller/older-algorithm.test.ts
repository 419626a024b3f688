import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { PER_TEN } from "../support/worker-autoscalers.ts";

test("with the older algorithm of HPA each reading allows one step", async () => {
  const world = controllerWorld();
  world.workloads.set("lag", 1);
  const lag = world.queue("lag");
  lag.answer = 10_000;
  const fields = { profile: "worker-autoscaler-v1", maxReplicas: 100, coolDownSeconds: 0 } as const;
  world.controller.keep(parsedAutoscaler("lag", { ...fields, signal: { rule: PER_TEN } }));
  await world.elect();
  const { scalings } = world.workloads;
  for (let seconds = 0; seconds < 120; seconds += 1) {
    assert.ok(scalings.length <= lag.reads, `${scalings.length} scalings after ${lag.reads} reads`);
    await world.clock.advance(1_000);
  }
  assert.deepEqual(
    scalings.map(({ from, to }) => [from, to]),
    [
      [1, 4],
      [4, 8],
      [8, 16],
      [16, 32],
      [32, 64],
      [64, 100],
    ],
  );
  await world.stop();
});
