import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide } from "../../src/core/index.ts";
import { NOW } from "../support/situations.ts";
import { someSituation } from "../support/worker-situations.ts";

const runs = { numRuns: 4_000 };

test("steps lead from current to desired without a gap, and each says why", () => {
  fc.assert(
    fc.property(someSituation, (one) => {
      const { steps, desiredReplicas } = decide(one);
      let replicas = one.currentReplicas;
      for (const step of steps) {
        assert.equal(step.from, replicas);
        assert.match(step.because, /\S/);
        assert.doesNotMatch(step.because, /undefined|null|Infinity/);
        replicas = step.to;
      }
      assert.equal(replicas, desiredReplicas);
      assert.ok(Number.isInteger(desiredReplicas) && desiredReplicas >= 0);
    }),
    runs,
  );
});

test("a change ends within the bounds, unless it was limited on its way there", () => {
  fc.assert(
    fc.property(someSituation, (one) => {
      const { desiredReplicas, direction } = decide(one);
      if (direction === "up") assert.ok(desiredReplicas <= one.autoscaler.maxReplicas);
      if (direction === "down") assert.ok(desiredReplicas >= one.autoscaler.minReplicas);
    }),
    runs,
  );
});

test("while any signal is in doubt nothing is lowered, but by a fallback that was asked for", () => {
  fc.assert(
    fc.property(someSituation, (one) => {
      const decision = decide(one);
      const doubtful = decision.signals.filter(({ trust }) => trust !== "ok" && trust !== "zero");
      const whenMissing = (name: string) => one.autoscaler.signals.find((signal) => signal.name === name)?.whenMissing;
      if (!doubtful.some(({ name }) => whenMissing(name) !== "Zero")) return;
      if (decision.steps.some(({ rule: name, from, to }) => name === "fallBack" && from !== to)) return;
      assert.ok(decision.desiredReplicas >= one.currentReplicas);
    }),
    runs,
  );
});

test("before reconsiderAt time alone changes nothing", () => {
  fc.assert(
    fc.property(someSituation, fc.double({ min: 0, max: 0.999, noNaN: true }), (one, share) => {
      const first = decide(one);
      const end = first.reconsiderAt ?? NOW + 3_600_000;
      assert.ok(end > NOW);
      const now = Math.floor(NOW + (end - NOW) * share);
      assert.equal(decide({ ...one, memory: first.memory, now }).desiredReplicas, first.desiredReplicas);
    }),
    runs,
  );
});
