import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drained, someDrain, someDrainMemory } from "../support/drains.ts";

const count = fc.oneof(fc.nat(20), fc.nat(3_000));
const asked = fc.record({
  rule: someDrain,
  waiting: count,
  inFlight: count,
  more: fc.nat(500),
  current: fc.nat(60),
  oldestSeconds: fc.option(fc.nat(900), { nil: undefined }),
  memory: someDrainMemory,
});
type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never;

const NO_BOUNDS = { maxReplicas: 1e9 };
const runs = { numRuns: 3_000 };

function replicas(
  { rule, current, memory, oldestSeconds, waiting, inFlight }: Asked,
  changes: object = NO_BOUNDS,
): number {
  const age = oldestSeconds === undefined ? {} : { oldestSeconds };
  const options = { current, changes, memory: { drains: { queue: memory } } };
  return drained(rule, { waiting, inFlight, ...age }, options).desiredReplicas;
}

test("a longer backlog never asks for fewer replicas while none waits too long", () => {
  fc.assert(
    fc.property(asked, (some) => {
      const one = { ...some, oldestSeconds: 0 };
      const before = replicas(one);
      assert.ok(replicas({ ...one, waiting: one.waiting + one.more }) >= before);
    }),
    runs,
  );
});

test("sends no replica away that has a message, and asks for one while there is anything to do", () => {
  fc.assert(
    fc.property(asked, (one) => {
      const number = replicas(one);
      assert.ok(number >= Math.min(one.current, Math.ceil(one.inFlight / one.rule.concurrency)));
      if (one.waiting + one.inFlight > 0) assert.ok(number >= 1);
      assert.ok(Number.isInteger(number));
    }),
    runs,
  );
});

test("none is asked for where there is nothing to do, nothing arrives and no age holds: and only there", () => {
  fc.assert(
    fc.property(asked, ({ memory: { flow: _, grown: __, ...memory }, oldestSeconds: ___, ...one }) => {
      const number = replicas({ ...one, oldestSeconds: undefined, memory });
      assert.equal(number === 0, one.waiting + one.inFlight === 0);
    }),
    runs,
  );
});

test("bounds hold, whatever is remembered", () => {
  fc.assert(
    fc.property(asked, fc.nat(10), fc.integer({ min: 10, max: 50 }), (one, minReplicas, maxReplicas) => {
      const number = replicas(one, { minReplicas, maxReplicas });
      assert.ok(number >= minReplicas && number <= maxReplicas);
    }),
    runs,
  );
});

test("a longer time a message never asks for fewer, more headroom neither", () => {
  fc.assert(
    fc.property(asked, ({ memory: { learned: _, ...memory }, ...one }) => {
      const at = (secondsPerMessage: number, headroom: number) =>
        replicas({ ...one, oldestSeconds: 0, memory, rule: { ...one.rule, secondsPerMessage, headroom } });
      const seconds = one.rule.secondsPerMessage ?? 1;
      assert.ok(at(seconds * 2, 1) >= at(seconds, 1));
      assert.ok(at(seconds, 2) >= at(seconds, 1));
    }),
    runs,
  );
});
