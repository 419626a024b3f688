import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Scaler, takesSteps } from "../../src/engine/scaler.ts";
import { phpa, workerPodAutoscaler } from "../support/rehearsals.ts";

const KINDS = ["Conflict", "TimedOut", "Unavailable", "Forbidden", "NotLeading"] as const;
const AUTOSCALER = workerPodAutoscaler({ maxReplicas: 20 });

test("takes the answer to the write under way, and to no other, once", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1, -1), { minLength: 1 }), (agos) => {
      const scaler = new Scaler(() => 0.5);
      for (const ago of agos) {
        const write = scaler.begin({ from: 1, to: 2 });
        assert.equal(scaler.ended(write + ago, "ok", 0) === undefined, ago !== 0);
        scaler.ended(write, "ok", 0);
        assert.equal(scaler.ended(write, "ok", 0), undefined);
      }
    }),
  );
});

test("scales down once for each poll", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), fc.nat(100), (polls, value) => {
      const scaler = new Scaler(() => 0);
      scaler.ended(scaler.begin({ from: value + 1, to: value }), "ok", 0);
      scaler.seen(value, 0);
      for (const [index, isPolled] of polls.entries()) {
        if (isPolled) scaler.polled();
        assert.equal(scaler.pauseBefore("down", true, 3_000) === 0, polls.slice(0, index + 1).includes(true));
      }
    }),
  );
});

test("a failed write is tried again after a pause that ends, and conflicts sooner", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 40 }), fc.nat(30), (kinds, asked) => {
      const scaler = new Scaler(() => 1);
      let now = 0;
      for (const kind of kinds) {
        const write = scaler.begin({ from: 1, to: 2 });
        scaler.ended(write, { kind, message: "refused", retryAfterSeconds: kind === "Conflict" ? 0 : asked }, now);
        const pause = scaler.pauseBefore("up", true, now);
        const most = kind === "Conflict" ? 5_000 : 30_000;
        if (kind !== "NotLeading") assert.ok(pause >= 50 && pause <= most, `${pause} ms after ${kind}`);
        now += pause;
        assert.equal(scaler.pauseBefore("up", true, now), 0);
      }
    }),
  );
});

test("until the watch shows our write, the workload counts as the write left it, but not for ever", () => {
  const scaler = new Scaler(() => 0);
  const write = scaler.begin({ from: 5, to: 2 });
  assert.equal(scaler.seen(2, 0), 5, "the answer is not there yet");
  assert.equal(scaler.ended(write, "ok", 0), "ok");
  assert.equal(scaler.ended(write, "ok", 0), undefined, "the same answer twice");
  assert.equal(scaler.seen(5, 100), 2);
  assert.equal(scaler.seen(5, 2_000), 5);
});

test("a step is not repeated while the signal that takes it can be read, whatever the others say", () => {
  const [band] = phpa().signals;
  const [backlog] = AUTOSCALER.signals;
  assert.ok(band !== undefined && backlog !== undefined);
  const both = { ...phpa(), signals: [band, backlog] };
  const failure = { kind: "Unavailable", message: "refused" } as const;
  const takes = (failing: string) => takesSteps(both, { [failing]: { failure } });
  assert.equal(takes(band.name), false);
  assert.equal(takes(backlog.name), true);
});
