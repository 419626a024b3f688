import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../src/controller/gate.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

test("lets so many in at a time, in the order in which they came", async () => {
  const gate = new Gate(2, new VirtualClock());
  const entered: number[] = [];
  const leaves: (() => void)[] = [];
  for (let index = 0; index < 5; index += 1) {
    void gate.pass("shop", () => {
      entered.push(index);
      return new Promise((resolve) => leaves.push(resolve));
    });
  }
  await settle();
  assert.deepEqual(entered, [0, 1]);
  leaves.shift()?.();
  await settle();
  assert.deepEqual(entered, [0, 1, 2]);
  while (leaves.length > 0) {
    leaves.shift()?.();
    await settle();
  }
  assert.deepEqual(entered, [0, 1, 2, 3, 4]);
  assert.equal(gate.inside, 0);
});

test("never lets more in than it may, however they come and go, and whether or not they fail", async () => {
  const gate = new Gate(3, new VirtualClock());
  let inside = 0;
  let most = 0;
  const visit = (turns: number) =>
    gate.pass("shop", async () => {
      inside += 1;
      most = Math.max(most, inside);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      inside -= 1;
      if (turns % 3 === 0) throw new Error("failed inside");
    });
  await Promise.allSettled(Array.from({ length: 200 }, (_, index) => visit((index * 7) % 11)));
  assert.equal(most, 3);
  assert.equal(gate.inside, 0);
});

test("those who stay long stop counting, so that others get in, and count for nothing when they leave", async () => {
  const clock = new VirtualClock();
  const gate = new Gate(1, clock);
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const hung = gate.pass("shop", () => released);
  let hasEntered = false;
  const next = gate.pass("shop", async () => {
    hasEntered = true;
  });
  await clock.advance(900);
  assert.equal(hasEntered, false);
  await clock.advance(200);
  assert.equal(hasEntered, true);
  release();
  await Promise.all([hung, next]);
  assert.equal(gate.inside, 0);
  assert.equal(clock.pending, 0);
});

test("namespaces take turns: one with a thousand reads delays another's by one of them", async () => {
  const gate = new Gate(1, new VirtualClock());
  const order: string[] = [];
  const visits = [
    ...Array.from({ length: 1_000 }, () => gate.pass("crowded", async () => void order.push("crowded"))),
    gate.pass("shop", async () => void order.push("shop")),
  ];
  await Promise.all(visits);
  assert.ok(order.indexOf("shop") <= 2, `its turn was ${order.indexOf("shop")}`);
  assert.equal(order.length, 1_001);
  assert.equal(gate.inside, 0);
});
