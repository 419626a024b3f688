import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import {
  type Autoscaler,
  decide,
  type Memory,
  type Reading,
  type SignalState,
  withReading,
  withScaling,
} from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import { replayPolicy } from "../../src/lab/replay.ts";
import { NOW } from "../support/situations.ts";
import { someSituation } from "../support/worker-situations.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-replay-same-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** How a queue moves from one look to the next; `isSame`: only time passes. */
const move = fc.record({
  seconds: fc.constantFrom(1, 2, 10, 31),
  came: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(400)),
  finished: fc.oneof(fc.constant(0), fc.nat(60)),
  isSame: fc.boolean(),
  isEarly: fc.boolean(),
});
type Move = typeof move extends fc.Arbitrary<infer Value> ? Value : never;

/** A queue with counters, of which eight messages at most are in hands. */
class Queue {
  #arrived = 100;
  #completed = 90;

  look(at: number, { came, finished, isSame }: Move): Reading {
    if (!isSame) {
      this.#arrived += came;
      this.#completed = Math.min(this.#arrived, this.#completed + finished);
    }
    const value = this.#arrived - this.#completed;
    const inFlight = Math.min(8, value);
    return { at, value, waiting: value - inFlight, inFlight, arrived: this.#arrived, completed: this.#completed };
  }
}

/** A controller that decides at each look and scales at once; returns what it decided, and writes it to the file. */
function live(autoscaler: Autoscaler, moves: readonly Move[], path: string): readonly number[] {
  const lines: string[] = [];
  const journal = new Journal({ pastKept: 10_000, write: (entry) => lines.push(`${JSON.stringify(entry)}\n`) });
  const queues = autoscaler.signals.map(() => new Queue());
  const signals: Record<string, SignalState> = {};
  let memory: Memory = {};
  let replicas = 3;
  let now = NOW;
  for (const one of moves) {
    now += one.seconds * 1_000;
    autoscaler.signals.forEach(({ name }, index) => {
      const reading = queues[index]?.look(now - 200, one);
      if (reading !== undefined) signals[name] = withReading(signals[name] ?? {}, reading);
    });
    const decision = decide({ autoscaler, currentReplicas: replicas, signals: { ...signals }, memory, now });
    journal.decided({ autoscaler, currentReplicas: replicas, signals: { ...signals }, memory, now }, decision);
    ({ memory } = decision);
    if (decision.desiredReplicas === replicas) continue;
    if (one.isEarly) {
      // The workload's news is here before the answer to the write.
      const soon = {
        autoscaler,
        currentReplicas: decision.desiredReplicas,
        signals: { ...signals },
        memory,
        now: now + 3,
      };
      const next = decide(soon);
      journal.decided(soon, next);
      ({ memory } = next);
    }
    journal.scaled(autoscaler.id, now + 5, replicas, decision.desiredReplicas);
    memory = withScaling(memory, autoscaler, decision.desiredReplicas - replicas, now + 5);
    replicas = decision.desiredReplicas;
  }
  journal.close();
  writeFileSync(path, lines.join(""));
  return journal.entries({ limit: 1_000 }).map(({ desiredReplicas }) => desiredReplicas);
}

test("the live policy decides each time as it did, with all that its rules, windows and limits remember", async () => {
  const path = join(folder, "journal.jsonl");
  const autoscaler = someSituation.map((situation) => situation.autoscaler);
  let changes = 0;
  await fc.assert(
    fc.asyncProperty(autoscaler, fc.array(move, { minLength: 30, maxLength: 60 }), async (policy, moves) => {
      const decided = live(policy, moves, path);
      const { entries } = await readJournal(path, () => true);
      const again = replayPolicy(policy, entries).map(({ desiredReplicas }) => desiredReplicas);
      assert.deepEqual(again, decided);
      changes += entries.filter(({ direction }) => direction !== "none").length;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(changes > 500, `${changes} scalings`);
});
