import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Pacer, sharedPace } from "../../src/engine/pacing.ts";

const PACE = { movingSeconds: 2, steadySeconds: 20 };
const pace = fc
  .tuple(fc.double({ min: 0.1, max: 60, noNaN: true }), fc.double({ min: 0, max: 600, noNaN: true }))
  .map(([moving, more]) => ({ movingSeconds: moving, steadySeconds: moving + more }));

test("never pauses for less than the moving pace, nor for more than the steady pace and its jitter", () => {
  fc.assert(
    fc.property(
      pace,
      fc.array(fc.oneof(fc.nat(), fc.constant("hurry" as const))),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (paces, events, random) => {
        const pacer = new Pacer();
        for (const event of events) {
          if (event === "hurry") pacer.hurry();
          else pacer.noteValue(event, paces);
          const pause = pacer.pauseSeconds(paces, () => random);
          assert.ok(pause >= paces.movingSeconds && pause <= paces.steadySeconds * 1.1, String(pause));
        }
      },
    ),
  );
});

test("backs off to the steady pace while nothing changes, whatever happened before", () => {
  fc.assert(
    fc.property(pace, fc.array(fc.nat()), fc.nat(), (paces, before, value) => {
      const pacer = new Pacer();
      pacer.hurry();
      for (const earlier of before) pacer.noteValue(earlier, paces);
      for (let look = 0; look < 30; look += 1) {
        pacer.noteValue(value, paces);
        pacer.pauseSeconds(paces, () => 0);
      }
      assert.equal(
        pacer.pauseSeconds(paces, () => 0),
        paces.steadySeconds,
      );
    }),
  );
});

test("begins at the steady pace, so that thousands of idle queues cost no burst of looks", () => {
  const pacer = new Pacer();
  pacer.noteValue(0, PACE);
  assert.equal(
    pacer.pauseSeconds(PACE, () => 0),
    20,
  );
});

test("looks soon again when the value moved by more than the tolerance, and not when it only trembles", () => {
  const pacer = new Pacer();
  pacer.noteValue(100, PACE);
  pacer.noteValue(109, PACE);
  assert.equal(
    pacer.pauseSeconds(PACE, () => 0),
    20,
  );
  pacer.noteValue(150, PACE);
  assert.equal(
    pacer.pauseSeconds(PACE, () => 0),
    2,
  );
});

test("pauses double each time", () => {
  const pacer = new Pacer();
  pacer.hurry();
  const pauses = [0, 1, 2, 3].map((_, index) => {
    if (index > 0) pacer.noteValue(5, PACE);
    return pacer.pauseSeconds(PACE, () => 0);
  });
  assert.deepEqual(pauses, [2, 4, 8, 16]);
});

test("does not spend more than a few quick looks on a value that jitters without any decision coming of it", () => {
  const pacer = new Pacer();
  let quick = 0;
  for (let look = 0; look < 200; look += 1) {
    pacer.noteValue(look % 2 === 0 ? 3 : 5, PACE);
    if (pacer.pauseSeconds(PACE, () => 0) < 20) quick += 1;
  }
  assert.ok(quick <= 16, `${quick} looks before the steady pace`);
  pacer.hurry();
  assert.equal(
    pacer.pauseSeconds(PACE, () => 0),
    2,
  );
});

test("a shared look is paced for the fastest of those who share it", () => {
  const wishes = [
    { pollIntervalSeconds: undefined, freshnessSeconds: 600 },
    { pollIntervalSeconds: 5, freshnessSeconds: 600 },
  ];
  assert.deepEqual(sharedPace(PACE, wishes), { movingSeconds: 2, steadySeconds: 5 });
});

test("an interval that a user set is kept, whether or not the value moves", () => {
  assert.deepEqual(sharedPace(PACE, [{ pollIntervalSeconds: 60, freshnessSeconds: 180 }]), {
    movingSeconds: 60,
    steadySeconds: 60,
  });
});

test("looks come before the last reading turns stale", () => {
  assert.deepEqual(sharedPace(PACE, [{ pollIntervalSeconds: undefined, freshnessSeconds: 10 }]), {
    movingSeconds: 2,
    steadySeconds: 8,
  });
});
