import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { scaleArrivals } from "../../src/core/drain/scale-arrivals.ts";
import { decide, type Reading, type Signal, type Situation, whatWouldChange } from "../../src/core/index.ts";
import { someSituation } from "../support/worker-situations.ts";

/** The answer where one number of one signal was read as another by two looks, the last one now. */
function answerAt(situation: Situation, signal: Signal, of: "value" | "arrivalsPerMinute", number: number): number {
  const reading = situation.signals[signal.name]?.reading;
  assert.ok(reading);
  let changed: Reading = { ...reading, at: situation.now, [of]: number };
  const { rule } = signal;
  const isDrain = rule.kind === "drain";
  const keeps = "concurrency" in rule && rule.concurrency !== undefined && reading.inFlight !== undefined;
  if ((isDrain || keeps) && of === "value") {
    const inFlight = Math.min(number, reading.inFlight ?? 0);
    const parts = reading.inFlight === undefined ? {} : { inFlight };
    changed = { ...changed, ...(isDrain && { at: reading.at }), waiting: number - inFlight, ...parts };
  }
  const signals = { ...situation.signals, [signal.name]: { reading: changed } };
  return decide({ ...situation, signals }).desiredReplicas;
}

/** The same, and what was read can be believed. */
function believed(situation: Situation): Situation {
  const signals = Object.entries(situation.signals).map(([name, { reading }]) => {
    const { value = 0, at = 0, ...parts } = reading ?? {};
    const isOdd = !Number.isFinite(value) || situation.now - at > 119_000 || at > situation.now;
    return [name, { reading: isOdd ? { at: situation.now, value: 0 } : { ...parts, at, value } }];
  });
  return { ...situation, signals: Object.fromEntries(signals) };
}

function withoutDrains(situation: Situation): Situation {
  const { drains: _, ...memory } = situation.memory;
  return { ...situation, memory };
}

const LOOK_MS = 1_000;
const LONG_MS = 900_000;

/** So many steps from what was read are tried one by one; of an age guard, which may go back and forth, these only. */
const NEAR = 32;
const FAR = 200;

type SignalChange = ReturnType<typeof whatWouldChange>["signals"][number];

/** Whether a change was told that way; throws where it is not true, or where a smaller one does it. */
function isChange(situation: Situation, { name, of, now, rise, fall }: SignalChange, way: 1 | -1): boolean {
  const { desiredReplicas } = decide(situation);
  const signal = situation.autoscaler.signals.find((one) => one.name === name);
  assert.ok(signal);
  const { kind } = signal.rule;
  const change = way > 0 ? rise : fall;
  const isCounted = kind === "drain" && of === "arrivalsPerMinute";
  const answer = (number: number) =>
    isCounted
      ? decide({ ...situation, memory: scaleArrivals(situation.memory, name, number / now) }).desiredReplicas
      : answerAt(situation, signal, of, number);
  let room = way > 0 || kind === "band" ? FAR : Math.min(FAR, now);
  if ("by" in change) {
    assert.equal(answer(change.to), change.desiredReplicas);
    assert.notEqual(change.desiredReplicas, desiredReplicas);
    room = Math.abs(change.by) - 0.5;
  }
  // Counted arrivals change by their fourth digit, and so finely that smaller changes are not tried again.
  const most = isCounted ? 0 : Math.min(room, kind === "drain" ? NEAR : FAR);
  const step = of === "value" && kind !== "band" && kind !== "perReplica" ? 1 : 7;
  for (let by = 1; by <= most; by += step)
    assert.equal(answer(now + way * by), desiredReplicas, `${name}: ${way * by}`);
  return "by" in change;
}

test("whatever the rules: each change leads to the answer that is told, and nothing smaller leads to another", () => {
  const told: boolean[] = [];
  fc.assert(
    fc.property(fc.oneof(someSituation, someSituation.map(believed)), (situation) => {
      for (const change of whatWouldChange(situation).signals) {
        told.push(isChange(situation, change, 1), isChange(situation, change, -1));
      }
    }),
    { numRuns: 1_000 },
  );
  const changes = told.filter(Boolean).length;
  assert.ok(changes > 200 && told.length - changes > 200, `${changes} changes of ${told.length}`);
});

test("whatever the rules: while each look says the same, the answer changes when it is told to, not before", () => {
  let changes = 0;
  let nevers = 0;
  fc.assert(
    // What a drain rule remembers of counters fits no reading here; test/core/drain.test.ts has its times.
    fc.property(someSituation.map(believed).map(withoutDrains), (situation) => {
      const { later, desiredReplicas } = whatWouldChange(situation);
      if (later === undefined) nevers += 1;
      else changes += 1;
      const end = Math.min(later?.at ?? Number.POSITIVE_INFINITY, situation.now + LONG_MS);
      const looks = Array.from({ length: LONG_MS / LOOK_MS }, (_, index) => situation.now + index * LOOK_MS);
      let { memory } = situation;
      for (const now of [...looks.filter((at) => at < end), end]) {
        const read = Object.entries(situation.signals).map(([name, { reading }]) => [
          name,
          { reading: { ...reading, at: now } },
        ]);
        const decision = decide({ ...situation, signals: Object.fromEntries(read), memory, now });
        ({ memory } = decision);
        if (now === later?.at) assert.equal(decision.desiredReplicas, later.desiredReplicas);
        // What a window remembers last is the last look before.
        else if (later === undefined || now < later.at - LOOK_MS)
          assert.equal(decision.desiredReplicas, desiredReplicas);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(changes > 10 && nevers > 50, `${changes} changes, ${nevers} nevers`);
});
