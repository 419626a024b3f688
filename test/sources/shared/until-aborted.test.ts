import assert from "node:assert/strict";
import { test } from "node:test";
import { untilAborted } from "../../../src/sources/shared/until-aborted.ts";

test("gives the promise's outcome and stops listening to the signal", async () => {
  const signal = new AbortController().signal;
  let listening = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...rest: Parameters<typeof add>) => {
    listening++;
    add(...rest);
  };
  signal.removeEventListener = (...rest: Parameters<typeof remove>) => {
    listening--;
    remove(...rest);
  };
  assert.equal(await untilAborted(Promise.resolve(5), signal, "it"), 5);
  await assert.rejects(untilAborted(Promise.reject(new Error("no")), signal, "it"), /no/);
  await new Promise(setImmediate);
  assert.equal(listening, 0);
});

test("rejects as soon as the signal aborts, and lets the promise fail later in peace", async () => {
  const cut = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const never = new Promise((_, reject) => {
    fail = reject;
  });
  const outcome = untilAborted(never, cut.signal, "the server");
  cut.abort();
  const expected = { name: "SourceError", kind: "TimedOut", message: /^the server had not answered/ };
  await assert.rejects(outcome, expected);
  await assert.rejects(untilAborted(never, cut.signal, "the server"), expected);
  fail(new Error("later"));
});
