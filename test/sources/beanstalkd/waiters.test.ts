import assert from "node:assert/strict";
import { test } from "node:test";
import { Waiters } from "../../../src/sources/beanstalkd/poll-waiting.ts";
import { SourceError } from "../../../src/sources/shared/source-error.ts";

function recorded() {
  const heard: string[] = [];
  const waiters = new Waiters({
    wanted: (tube) => heard.push(`+${tube}`),
    unwanted: (tube) => heard.push(`-${tube}`),
  });
  const listen = (tube: string, name: string, then: () => void = () => undefined) =>
    waiters.add(tube, {
      heard: (end) => {
        heard.push(`${name} ${end}`);
        then();
      },
      failed: (error) => heard.push(`${name} ${(error as SourceError).kind}`),
    });
  return { heard, waiters, listen };
}

test("reports when a tube gets its first waiter and loses its last", () => {
  const { heard, waiters, listen } = recorded();
  listen("a", "stays");
  const leaving = [listen("a", "leaves"), listen("b", "leaves")];
  for (const listening of leaving) listening.stop();
  waiters.wake("a");
  assert.deepEqual(heard, ["+a", "+b", "-b", "-a", "stays maybe-work"]);
  assert.equal(waiters.size, 0);
});

test("waking or failing a tube without waiters does nothing", () => {
  const { heard, waiters } = recorded();
  waiters.wake("a");
  waiters.fail("a", new SourceError("Unavailable", "gone"));
  assert.deepEqual(heard, []);
});

test("a failure reaches all waiters, and stopping afterwards changes nothing", () => {
  const { heard, waiters, listen } = recorded();
  const listening = [listen("a", "one"), listen("a", "other"), listen("b", "third")];
  waiters.failAll(new SourceError("Unavailable", "gone"));
  for (const one of listening) one.stop();
  assert.deepEqual(heard, ["+a", "+b", "-a", "one Unavailable", "other Unavailable", "-b", "third Unavailable"]);
});

test("a listener that stopped long ago takes nothing from new ones", () => {
  const { heard, waiters, listen } = recorded();
  const early = listen("a", "early");
  waiters.wake("a");
  listen("a", "late");
  early.stop();
  waiters.wake("a");
  assert.deepEqual(heard, ["+a", "-a", "early maybe-work", "+a", "-a", "late maybe-work"]);
});

test("a wait that begins while its tube is woken is a new one", () => {
  const { heard, waiters, listen } = recorded();
  listen("a", "first", () => listen("a", "again"));
  waiters.wake("a");
  waiters.wake("a");
  assert.deepEqual(heard, ["+a", "-a", "first maybe-work", "+a", "-a", "again maybe-work"]);
});
