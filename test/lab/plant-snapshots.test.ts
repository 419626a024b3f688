import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Plant } from "../../src/lab/plant/plant.ts";
import { PlantSnapshots } from "../../src/lab/plant-snapshots.ts";

interface Seen {
  readonly at: number;
  readonly waiting: number;
  readonly arrived: number;
}

const KEPT_MS = 10_000;

test("finds snapshots of any moment that is kept, for any number of polls", () => {
  const looks = fc.array(
    fc.record({ pause: fc.integer({ min: 0, max: 3_000 }), waiting: fc.nat(1_000), came: fc.nat(50) }),
    { minLength: 1, maxLength: 600 },
  );
  fc.assert(
    fc.property(looks, fc.integer({ min: 0, max: KEPT_MS }), (pauses, ago) => {
      const snapshots = new PlantSnapshots(KEPT_MS);
      const seen: Seen[] = [];
      for (const { pause, waiting, came } of pauses) {
        const last = seen.at(-1) ?? { at: 0, arrived: 0 };
        const now = { at: last.at + pause, waiting, arrived: last.arrived + came };
        seen.push(now);
        snapshots.add(plantWith(now));
        const moment = now.at - ago;
        const expected = seen.findLast(({ at }) => at <= moment) ?? (seen[0] as Seen);
        const { at, waiting: found, arrived } = snapshots.asOf(moment);
        assert.deepEqual({ at, waiting: found, arrived }, expected);
        assert.equal(snapshots.countAt("arrived", moment), between(seen, moment));
      }
    }),
    { numRuns: 200 },
  );
});

/** Grown evenly from the newest look up to that moment to the oldest one after it. */
function between(seen: readonly Seen[], moment: number): number {
  const before = seen.findLast(({ at }) => at <= moment) ?? (seen[0] as Seen);
  const after = seen.find(({ at }) => at > moment);
  if (after === undefined || moment <= before.at) return before.arrived;
  return before.arrived + ((after.arrived - before.arrived) * (moment - before.at)) / (after.at - before.at);
}

function plantWith({ at, waiting, arrived }: Seen): Plant {
  const counts = { waiting, inFlight: 0, ready: 1, busy: 0, taken: 0 };
  return { now: at, oldestArrival: Number.POSITIVE_INFINITY, ledger: { arrived, served: 0 }, ...counts } as Plant;
}
