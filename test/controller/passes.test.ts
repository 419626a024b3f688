import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

test("thousands of passes leave the event loop its turns in between", async () => {
  const world = controllerWorld();
  for (let index = 0; index < 1_000; index += 1) world.controller.keep(parsedAutoscaler(`mail-${index}`));
  const passes = () => [...world.controller.views()].filter(({ passes: { count } }) => count > 0).length;
  const elected = world.elect();
  while (passes() === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(passes() < 1_000, `${passes()} passes in the first turn`);
  await elected;
  while (world.controller.load.queued > 0) await settle();
  assert.equal(passes(), 1_000);
  await world.stop();
});
