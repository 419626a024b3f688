import assert from "node:assert/strict";
import { test } from "node:test";
import { pacedClient } from "../../src/kubernetes/pods/paced-client.ts";
import type { ApiCall, ApiClient } from "../../src/kubernetes/transport/api-client.ts";

const FOR_EVER = new AbortController().signal;
const CALL: ApiCall = { method: "GET", path: "/", what: "get", lane: "read" };

function client() {
  const times: number[] = [];
  const plain: ApiClient = {
    features: { watchList: false },
    call: async () => times.push(performance.now()),
    watch: () => Promise.reject(new Error("nobody watches")),
    close: () => Promise.resolve(),
  };
  return { times, paced: pacedClient(plain, 20) };
}

test("makes no more calls in any second than it may, and the first ones at once", async () => {
  const { times, paced } = client();
  const began = performance.now();
  await Promise.all(Array.from({ length: 45 }, () => paced.call(CALL, FOR_EVER)));
  assert.equal(times.length, 45);
  assert.ok((times[19] ?? 0) - began < 200, "the first 20 did not wait");
  // A timer may ring a millisecond early.
  for (const [index, time] of times.entries()) assert.ok((times[index + 20] ?? Number.POSITIVE_INFINITY) - time > 995);
  assert.ok((times[44] ?? 0) - began < 3_000);
});

test("a call that is given up does not wait for its turn", async () => {
  const { paced } = client();
  for (let call = 0; call < 20; call += 1) await paced.call(CALL, FOR_EVER);
  const began = performance.now();
  await paced.call(CALL, AbortSignal.abort());
  assert.ok(performance.now() - began < 200);
});
