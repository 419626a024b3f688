import assert from "node:assert/strict";
import { test } from "node:test";
import { ReconcileQueue } from "../../src/controller/reconcile-queue.ts";
import { settle } from "../support/virtual-clock.ts";

test("one pass serves all who asked for it before it began", async () => {
  const passes: string[] = [];
  const queue = new ReconcileQueue<string>((item) => void passes.push(item));
  for (const item of ["a", "b", "a", "a"]) queue.add(item);
  assert.deepEqual(passes, []);
  await settle();
  assert.deepEqual(passes, ["a", "b"]);
});

test("a pass that asks for another one of its kind gets it", async () => {
  let passes = 0;
  const queue = new ReconcileQueue<string>((item) => {
    passes += 1;
    if (passes < 3) queue.add(item);
  });
  queue.add("a");
  await settle();
  assert.equal(passes, 3);
});

test("thousands of passes leave the event loop its turns in between", async () => {
  let passes = 0;
  const queue = new ReconcileQueue<number>(() => {
    passes += 1;
  });
  for (let item = 0; item < 1_000; item += 1) queue.add(item);
  await Promise.resolve();
  await Promise.resolve();
  assert.ok(passes > 0 && passes < 1_000, `${passes} passes in the first turn`);
  while (queue.size > 0) await settle();
  assert.equal(passes, 1_000);
});

test("what is taken out gets no pass", async () => {
  const passes: string[] = [];
  const queue = new ReconcileQueue<string>((item) => void passes.push(item));
  queue.add("a");
  queue.add("b");
  queue.delete("a");
  await settle();
  assert.deepEqual(passes, ["b"]);
});
