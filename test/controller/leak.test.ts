import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

const ROUNDS = 10_000;
/** Until compiled code and its notes stop growing. */
const WARM_UP_ROUNDS = 2_000;
/** One autoscaler's state is more than a kilobyte; measured over 40,000 rounds: 2. */
const MOST_BYTES_A_ROUND = 100;
const MOST_COLLECTIONS = 50;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test(`nothing is left behind by ${ROUNDS} objects that come and go in every state`, async () => {
  const world = controllerWorld();
  await world.elect();
  const round = async (index: number) => {
    const name = `mail-${index % 7}`;
    const queue = world.queue(name);
    queue.waits = index % 2 === 0 ? "well" : "unsupported";
    queue.answer = [0, 30, "hang" as const, new Error("dead")][index % 4] ?? 0;
    if (index % 5 > 0) world.workloads.set(name, index % 3);
    else world.workloads.show(name, { state: "missing" });
    const parsed = parsedAutoscaler(name);
    world.controller.keep(parsed);
    if (index % 3 > 0) await new Promise((resolve) => setImmediate(resolve));
    world.controller.forget(parsed.autoscaler.id);
  };
  /** What finalizers and aborted signals let go of is only collected the next time: until `enough`, or many times. */
  const heap = async (enough: (bytes: number) => boolean) => {
    await settle();
    // What the scripted ports were told is no part of the controller.
    world.lines.length = 0;
    world.reporter.incidents.length = 0;
    world.reporter.forgotten.length = 0;
    world.workloads.scalings.length = 0;
    for (let index = 0; index < 7; index += 1) world.queue(`mail-${index}`).forgetAbandoned();
    let bytes = Number.POSITIVE_INFINITY;
    for (let pass = 0; pass < MOST_COLLECTIONS && !enough(bytes); pass += 1) {
      collectGarbage();
      await settle();
      bytes = Math.min(bytes, process.memoryUsage().heapUsed);
    }
    return bytes;
  };
  for (let index = 0; index < WARM_UP_ROUNDS; index += 1) await round(index);
  const before = await heap(() => false);
  for (let index = 0; index < ROUNDS; index += 1) await round(index);
  const most = before + ROUNDS * MOST_BYTES_A_ROUND;
  const after = await heap((bytes) => bytes < most);
  await world.clock.advance(0);
  assert.deepEqual(world.controller.load, { reconcilers: 0, observations: 0, claims: 0, queued: 0 });
  assert.equal(world.workloads.followers, 0);
  assert.equal(world.clock.pending, 0);
  const names = Array.from({ length: 7 }, (_, index) => world.queue(`mail-${index}`));
  assert.equal(
    names.reduce((sum, queue) => sum + queue.opened - queue.closed, 0),
    0,
  );
  assert.ok(after < most, `the heap grew by ${after - before} bytes`);
  await world.stop();
});
