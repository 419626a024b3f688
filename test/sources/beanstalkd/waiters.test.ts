import assert from "node:assert/strict";
import { test } from "node:test";
import { Waiters } from "../../../src/sources/beanstalkd/waiters.ts";
import { SourceError } from "../../../src/sources/shared/source-error.ts";

function recorded() {
  const heard: string[] = [];
  const waiters = new Waiters({
    wanted: (tube) => heard.push(`+${tube}`),
    unwanted: (tube) => heard.push(`-${tube}`),
  });
  return { heard, waiters };
}

const stays = () => new AbortController().signal;

test("tells when a tube gets its first waiter and loses its last", async () => {
  const { heard, waiters } = recorded();
  const left = new AbortController();
  const waits = [waiters.add("a", stays()), waiters.add("a", left.signal), waiters.add("b", left.signal)];
  left.abort();
  waiters.wake("a");
  const outcomes = await Promise.allSettled(waits);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected", "rejected"],
  );
  assert.deepEqual(heard, ["+a", "+b", "-b", "-a"]);
  assert.equal(waiters.size, 0);
});

test("an aborted signal never gets a place", async () => {
  const { heard, waiters } = recorded();
  await assert.rejects(waiters.add("a", AbortSignal.abort()), { name: "SourceError", kind: "TimedOut" });
  assert.deepEqual(heard, []);
});

test("waking or failing a tube that nobody waits on does nothing", () => {
  const { heard, waiters } = recorded();
  waiters.wake("a");
  waiters.fail("a", new SourceError("Unavailable", "gone"));
  assert.deepEqual(heard, []);
});

test("a failure reaches everybody, and an abort afterwards changes nothing", async () => {
  const { heard, waiters } = recorded();
  const left = new AbortController();
  const waits = [waiters.add("a", left.signal), waiters.add("b", left.signal)];
  waiters.failAll(new SourceError("Unavailable", "gone"));
  left.abort();
  for (const wait of waits) await assert.rejects(wait, { kind: "Unavailable", message: "gone" });
  assert.deepEqual(heard, ["+a", "+b", "-a", "-b"]);
});

test("whoever waits again from within being woken is a new waiter", async () => {
  const { heard, waiters } = recorded();
  const again = waiters.add("a", stays()).then(() => waiters.add("a", stays()));
  waiters.wake("a");
  await new Promise(setImmediate);
  assert.deepEqual(heard, ["+a", "-a", "+a"]);
  waiters.wake("a");
  await again;
});
