import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

const COOL_DOWN_SECONDS = 100;

/** Five workers with nothing to do, whose cool-down ends 100 s after the election; looked at every 50 s. */
async function cooling(confirm: () => Promise<boolean> = async () => true) {
  const gap = { endedAt: Number.NEGATIVE_INFINITY };
  const permit: { left: number; granted: () => void } = { left: 60_000, granted: () => undefined };
  const world = controllerWorld({
    pace: { movingSeconds: 50, steadySeconds: 50 },
    gapEndedAt: () => gap.endedAt,
    confirm,
    permit: {
      leftMs: () => permit.left,
      onGranted: (callback) => {
        permit.granted = callback;
      },
    },
  });
  world.workloads.set("mail", 5);
  world.queue("mail").answer = 0;
  const memory = { lastScaleAt: world.clock.wall() };
  world.controller.keep(parsedAutoscaler("mail", { coolDownSeconds: COOL_DOWN_SECONDS, memory }));
  await world.elect();
  return { ...world, gap, permit };
}

/** Numbers that were written. */
function written({ workloads }: Awaited<ReturnType<typeof cooling>>): readonly number[] {
  return workloads.scalings.map(({ to }) => to);
}

test("lowers nothing on a reading from before a gap, but reads again at once", async () => {
  const world = await cooling();
  await world.clock.advance(99_000);
  const readsBefore = world.queue("mail").reads;
  world.gap.endedAt = world.clock.monotonic();
  world.queue("mail").answer = 100;
  await world.clock.advance(1_500);
  assert.ok(world.queue("mail").reads > readsBefore, "it was read again before the decision");
  await world.clock.advance(60_000);
  assert.deepEqual(written(world), [10], "the work that came during the gap raises, and nothing lowered");
  await world.stop();
});

test("lowers after a gap once a new reading agrees", async () => {
  const world = await cooling();
  await world.clock.advance(99_000);
  world.gap.endedAt = world.clock.monotonic();
  await world.clock.advance(5_000);
  assert.deepEqual(written(world), [0]);
  await world.stop();
});

test("a read that was under way during a gap does not count as a new one", async () => {
  const world = await cooling();
  await world.clock.advance(40_000);
  const queue = world.queue("mail");
  const before = queue.reads;
  queue.answer = "hang";
  await world.clock.advance(59_500);
  assert.ok(queue.reads > before);
  world.gap.endedAt = world.clock.monotonic();
  queue.answer = 100;
  await world.clock.advance(30_000);
  assert.ok(
    written(world).every((replicas) => replicas >= 5),
    String(written(world)),
  );
  await world.stop();
});

test("a lowering that was decided on before a gap, and not sent yet, is decided on again", async () => {
  let release: () => void = () => undefined;
  const held = new Promise<boolean>((resolve) => {
    release = () => resolve(true);
  });
  const world = await cooling(() => held);
  await world.clock.advance(101_000);
  world.gap.endedAt = world.clock.monotonic();
  world.queue("mail").answer = 100;
  release();
  await world.clock.advance(60_000);
  assert.deepEqual(written(world), [10], "nothing was lowered on the old decision");
  await world.stop();
});

test("begins no write while the lease does not allow it, and decides again when it does", async () => {
  const world = await cooling();
  world.permit.left = 0;
  world.queue("mail").answer = 100;
  await world.clock.advance(60_000);
  assert.deepEqual(written(world), []);
  assert.equal(world.workloads.writing, 0);
  world.queue("mail").answer = 80;
  await world.clock.advance(60_000);
  world.permit.left = 60_000;
  world.permit.granted();
  await settle();
  assert.deepEqual(written(world), [8]);
  await world.stop();
});

test("what waits to be reported is dropped with the lease, and kept at a stop", async () => {
  const lost = await cooling();
  await lost.depose();
  assert.equal(lost.reporter.discarded, 1);
  const stopped = await cooling();
  await stopped.stop();
  assert.deepEqual([stopped.reporter.discarded, stopped.reporter.flushed], [0, 1]);
});
