import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, type Reading, type Situation } from "../../src/core/index.ts";
import { anySituation, doubtfulSituation, NOW, someBacklog, trustedSituation } from "../support/situations.ts";

test("steps lead from current to desired without a gap, and each says why", () => {
  fc.assert(
    fc.property(anySituation, (situation) => {
      const { steps, desiredReplicas, direction } = decide(situation);
      let replicas = situation.currentReplicas;
      for (const step of steps) {
        assert.equal(step.from, replicas);
        assert.match(step.because, /\d/);
        assert.doesNotMatch(step.because, /NaN replicas|undefined|null/);
        replicas = step.to;
      }
      assert.equal(replicas, desiredReplicas);
      const change = Math.sign(desiredReplicas - situation.currentReplicas);
      assert.equal(direction, change > 0 ? "up" : change < 0 ? "down" : "none");
    }),
    { numRuns: 5_000 },
  );
});

test("a change stays within the bounds", () => {
  fc.assert(
    fc.property(anySituation, (situation) => {
      const { desiredReplicas, direction } = decide(situation);
      const { minReplicas, maxReplicas } = situation.autoscaler;
      assert.ok(Number.isInteger(desiredReplicas));
      if (direction === "up") assert.ok(desiredReplicas <= maxReplicas);
      if (direction === "down") assert.ok(desiredReplicas >= Math.min(minReplicas, maxReplicas));
    }),
    { numRuns: 5_000 },
  );
});

test("doubt never lowers", () => {
  fc.assert(
    fc.property(doubtfulSituation, (situation) => {
      const { desiredReplicas } = decide(situation);
      assert.ok(desiredReplicas >= situation.currentReplicas);
    }),
    { numRuns: 5_000 },
  );
});

test("doubt still raises to minReplicas", () => {
  fc.assert(
    fc.property(doubtfulSituation, (situation) => {
      const { minReplicas, maxReplicas } = situation.autoscaler;
      assert.ok(decide(situation).desiredReplicas >= Math.min(minReplicas, maxReplicas));
    }),
    { numRuns: 5_000 },
  );
});

test("a larger backlog never asks for fewer replicas, while no cool-down and no idleness differ", () => {
  fc.assert(
    fc.property(trustedSituation, someBacklog, (situation, more) => {
      const { idleWorkers: _, ...reading } = situation.signals.queue?.reading ?? ({} as Reading);
      const at = (value: number): Situation => ({
        ...situation,
        signals: { queue: { reading: { ...reading, value } } },
      });
      const [less, greater] = [reading.value, reading.value + more];
      if (less === 0) return; // An empty queue follows other rules: with a floor of its own and no tolerance.
      assert.ok(decide(at(greater)).desiredReplicas >= decide(at(less)).desiredReplicas);
    }),
    { numRuns: 5_000 },
  );
});

test("the same situation gives the same decision, and is left as it was", () => {
  fc.assert(
    fc.property(anySituation, (situation) => {
      const before = structuredClone(situation);
      assert.deepEqual(decide(situation), decide(structuredClone(situation)));
      assert.deepEqual(situation, before);
    }),
    { numRuns: 2_000 },
  );
});

test("once scaled and out of the cool-down, the same reading asks for nothing more, unless disruption came in slices", () => {
  fc.assert(
    fc.property(trustedSituation, (situation) => {
      const { maxDisruption: _, ...autoscaler } = situation.autoscaler;
      const reading = situation.signals.queue?.reading;
      if (reading === undefined) return;
      const { idleWorkers: __, ...busy } = reading;
      const unlimited = { ...situation, autoscaler, memory: {}, signals: { queue: { reading: busy } } };
      const first = decide(unlimited);
      const second = decide({ ...unlimited, currentReplicas: first.desiredReplicas });
      assert.equal(second.direction, "none");
    }),
    { numRuns: 5_000 },
  );
});

test("reconsiderAt lies in the future, and before it time alone changes nothing", () => {
  fc.assert(
    fc.property(anySituation, fc.double({ min: 0, max: 0.999, noNaN: true }), (situation, share) => {
      const first = decide(situation);
      const end = first.reconsiderAt ?? NOW + 3_600_000;
      assert.ok(end > NOW);
      const later = { ...situation, memory: first.memory, now: Math.floor(NOW + (end - NOW) * share) };
      assert.equal(decide(later).desiredReplicas, first.desiredReplicas);
    }),
    { numRuns: 5_000 },
  );
});
