import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Effect, type EffectTerms } from "../../../src/lab/values/value-plant.ts";

const MINUTE = 60_000;
const SHIFT: EffectTerms = { kind: "shift", perReplica: -10, afterSeconds: 0, settleSeconds: 0, floor: 0 };

function effect(terms: Partial<EffectTerms>, value: (at: number) => number | undefined = () => 100): Effect {
  return new Effect({ ...SHIFT, ...terms }, 4, { replicas: () => 4, value });
}

test("the recorded number of workers leaves the value unchanged, to the last digit", () => {
  const recorded = effect({}, () => 1234567.891);
  assert.equal(recorded.valueAt(MINUTE), 1234567.891);
});

test("each additional worker shifts the value, at once, delayed or gradually, and never below the floor", () => {
  const atOnce = effect({});
  atOnce.scaled(MINUTE, 6);
  assert.equal(atOnce.valueAt(MINUTE), 80);
  atOnce.scaled(2 * MINUTE, 50);
  assert.equal(atOnce.valueAt(2 * MINUTE), 0);
  const later = effect({ afterSeconds: 90 });
  later.scaled(0, 6);
  assert.equal(later.valueAt(89_000), 100);
  assert.equal(later.valueAt(90_000), 80);
  const gradual = effect({ settleSeconds: 60 });
  gradual.scaled(0, 6);
  assert.ok(Math.abs((gradual.valueAt(MINUTE) ?? 0) - (100 - 20 * (1 - Math.exp(-1)))) < 1e-4);
  assert.ok(Math.abs((gradual.valueAt(20 * MINUTE) ?? 0) - 80) < 1e-4);
});

test("fewer workers than recorded raise the value", () => {
  const fewer = effect({});
  fewer.scaled(0, 1);
  assert.equal(fewer.valueAt(0), 130);
});

test("a backlog drifts per minute and worker; idle workers do not accumulate their effect", () => {
  let recorded = 100;
  const drift = effect({ kind: "drift" }, () => recorded);
  drift.scaled(0, 6);
  assert.equal(drift.valueAt(3 * MINUTE), 40);
  assert.equal(drift.valueAt(60 * MINUTE), 0);
  recorded = 150;
  assert.equal(drift.valueAt(60 * MINUTE), 50);
  drift.scaled(60 * MINUTE, 4);
  assert.equal(drift.valueAt(70 * MINUTE), 50, "as many workers as there were keep what has been won");
});

test("there is no value if none was recorded", () => {
  assert.equal(effect({}, () => undefined).valueAt(MINUTE), undefined);
});

test("the value does not depend on how often it is read", () => {
  const moments = fc.array(fc.integer({ min: 0, max: 120 * MINUTE }), { maxLength: 40 });
  const kind = fc.constantFrom("shift", "drift" as const);
  fc.assert(
    fc.property(moments, kind, fc.constantFrom(0, 45), (asked, which, settleSeconds) => {
      const terms = { kind: which as "shift", afterSeconds: 30, settleSeconds, floor: Number.NEGATIVE_INFINITY };
      const [often, once] = [effect(terms), effect(terms)];
      for (const each of [often, once])
        for (const [at, replicas] of [
          [0, 7],
          [40 * MINUTE, 2],
        ] as const)
          each.scaled(at, replicas);
      for (const at of asked.toSorted((one, other) => one - other)) often.valueAt(at);
      const [one = 0, other = 0] = [often.valueAt(120 * MINUTE), once.valueAt(120 * MINUTE)];
      assert.ok(Math.abs(one - other) <= 1e-3 * Math.max(1, Math.abs(one)), `${one} ${other}`);
    }),
  );
});
