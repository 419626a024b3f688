import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drained, drainRule, someDrain, someDrainMemory } from "../support/drains.ts";
import { NOW } from "../support/situations.ts";

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

test("in a steady state a longer objective never asks for more", () => {
  const steady = fc.record({
    perSecond: fc.double({ min: 0.05, max: 50, noNaN: true }),
    seconds: fc.double({ min: 0.1, max: 20, noNaN: true }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    headroom: fc.constantFrom(0, 1),
    prefer: fc.constantFrom("Cost" as const, "Wait" as const),
  });
  fc.assert(
    fc.property(steady, ({ perSecond, seconds, factor, headroom, prefer }) => {
      const hands = Math.ceil(perSecond * seconds);
      const points = [600, 300, 120, 60, 30, 15, 5, 0].map((ago) => ({
        at: NOW - ago * 1_000,
        arrived: (1_000 - ago) * perSecond,
        completed: (1_000 - ago) * perSecond,
      }));
      const at = (withinSeconds: number) => {
        const rule = drainRule({ withinSeconds, headroom, prefer, secondsPerMessage: seconds });
        const options = { current: hands, changes: NO_BOUNDS, memory: { drains: { queue: { flow: points } } } };
        return drained(rule, { waiting: 0, inFlight: hands }, options).desiredReplicas;
      };
      assert.ok(at(60 * factor) <= at(60), `${at(60 * factor)} within ${60 * factor} s, ${at(60)} within 60 s`);
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
