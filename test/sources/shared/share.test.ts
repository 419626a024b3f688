import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedThings } from "../../../src/sources/shared/share.ts";

class Thing {
  disposed = 0;
  dispose(): void {
    this.disposed++;
  }
}

test("one thing is made for a key, however many hold it, and disposed of when the last lets go", async () => {
  const things = new SharedThings();
  const first = things.share("a", () => new Thing());
  const second = things.share("a", (): Thing => assert.fail("made twice"));
  assert.equal(first.value, second.value);
  await first.release();
  assert.equal(first.value.disposed, 0);
  await second.release();
  assert.equal(first.value.disposed, 1);
});

test("releasing twice lets go once", async () => {
  const things = new SharedThings();
  const first = things.share("a", () => new Thing());
  const second = things.share("a", () => new Thing());
  await first.release();
  await first.release();
  assert.equal(second.value.disposed, 0);
});

test("a key let go and asked for again gets a new thing, also while the old one is being disposed of", async () => {
  const things = new SharedThings();
  let finish: () => void = () => assert.fail("not disposing");
  const slow = things.share("a", () => ({ dispose: () => new Promise<void>((resolve) => (finish = resolve)) }));
  const released = slow.release();
  const next = things.share("a", () => new Thing());
  assert.notEqual(next.value, slow.value);
  finish();
  await released;
  assert.equal(next.value.disposed, 0);
  await next.release();
  assert.equal(next.value.disposed, 1);
});

test("different keys have different things", () => {
  const things = new SharedThings();
  assert.notEqual(things.share("a", () => new Thing()).value, things.share("b", () => new Thing()).value);
});

test("a thing that could not be made is tried again by the next who asks", () => {
  const things = new SharedThings();
  const fail = (): Thing => {
    throw new Error("no");
  };
  assert.throws(() => things.share("a", fail), /no/);
  assert.ok(things.share("a", () => new Thing()).value);
});

test("close disposes of everything once, also of what is made later", async () => {
  const things = new SharedThings();
  const old = things.share("a", () => new Thing());
  await things.close();
  assert.equal(old.value.disposed, 1);
  const late = things.share("a", () => new Thing());
  assert.equal(late.value.disposed, 1);
  await Promise.all([old.release(), late.release()]);
  assert.deepEqual([old.value.disposed, late.value.disposed], [1, 1]);
});
