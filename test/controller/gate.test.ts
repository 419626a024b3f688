import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../src/controller/gate.ts";
import { settle } from "../support/virtual-clock.ts";

test("lets so many in at a time, in the order in which they came", async () => {
  const gate = new Gate(2);
  const entered: number[] = [];
  for (let index = 0; index < 5; index += 1) void gate.enter().then(() => entered.push(index));
  await settle();
  assert.deepEqual(entered, [0, 1]);
  gate.leave();
  await settle();
  assert.deepEqual(entered, [0, 1, 2]);
  for (let leaving = 0; leaving < 4; leaving += 1) gate.leave();
  await settle();
  assert.deepEqual(entered, [0, 1, 2, 3, 4]);
  assert.equal(gate.inside, 0);
});

test("never lets more in than it may, however they come and go", async () => {
  const gate = new Gate(3);
  let inside = 0;
  let most = 0;
  const visit = async (turns: number) => {
    await gate.enter();
    inside += 1;
    most = Math.max(most, inside);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    inside -= 1;
    gate.leave();
  };
  await Promise.all(Array.from({ length: 200 }, (_, index) => visit((index * 7) % 11)));
  assert.equal(most, 3);
  assert.equal(gate.inside, 0);
});
