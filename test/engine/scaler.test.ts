import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, type Memory, type Reading, type SignalState, withReading, withScaling } from "../../src/core/index.ts";
import { type Change, Scaler, takesSteps, type WriteOutcome } from "../../src/engine/scaler.ts";
import { phpa, workerPodAutoscaler } from "../support/rehearsals.ts";

const START = Date.UTC(2026, 0, 5);
const KINDS = ["Conflict", "TimedOut", "Unavailable", "Forbidden", "NotLeading"] as const;
const AUTOSCALER = workerPodAutoscaler({ maxReplicas: 20 });
const NAME = AUTOSCALER.signals[0]?.name ?? "";

type Event =
  | { readonly what: "time passes"; readonly milliseconds: number }
  | { readonly what: "polled"; readonly value: number | "failed" }
  | { readonly what: "write ends"; readonly ago: number; readonly outcome: WriteOutcome; readonly tookEffect: boolean }
  | { readonly what: "set by hand"; readonly replicas: number }
  | { readonly what: "the watch shows it" | "lease lost" | "lease won" };

const outcome: fc.Arbitrary<WriteOutcome> = fc.oneof(
  fc.constant("ok" as const),
  fc.constant("called-off" as const),
  fc.record({ kind: fc.constantFrom(...KINDS), message: fc.constant("refused") }),
);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ what: fc.constant("time passes" as const), milliseconds: fc.nat(120_000) }),
  fc.record({
    what: fc.constant("polled" as const),
    value: fc.oneof(fc.nat(100), fc.constantFrom<(number | "failed")[]>(0, 0, "failed")),
  }),
  fc.record({
    what: fc.constant("write ends" as const),
    ago: fc.constantFrom(0, 0, 0, 1, 2),
    outcome,
    tookEffect: fc.boolean(),
  }),
  fc.record({ what: fc.constant("set by hand" as const), replicas: fc.nat(20) }),
  fc.record({ what: fc.constantFrom("the watch shows it" as const, "lease lost" as const, "lease won" as const) }),
);
const events = fc.array(event, { maxLength: 100, size: "max" });

interface Write extends Change {
  readonly number: number;
  /** How many polls had ended when it began. */
  readonly polls: number;
  readonly at: number;
  readonly isLeading: boolean;
  readonly isDoubtful: boolean;
}

/** The engine's loop for one workload: what is known, what is decided, what is written. Nothing in it is live. */
class Loop {
  readonly scaler = new Scaler(() => 0.5);
  readonly writes: Write[] = [];
  now = 1_000;
  #isLeading = true;
  #actual = 4;
  #shown = 4;
  #state: SignalState = { doubtSince: START };
  #memory: Memory = {};
  #polls = 0;
  #open: Write | undefined;
  /** How many polls had ended when the last write that succeeded began. */
  #doneAtPoll = -1;

  step(happened: Event): void {
    if (happened.what === "time passes") this.now += happened.milliseconds;
    else if (happened.what === "polled") this.#poll(happened.value);
    else if (happened.what === "write ends") this.#end(happened);
    else if (happened.what === "set by hand") this.#actual = happened.replicas;
    else if (happened.what === "the watch shows it") this.#shown = this.#actual;
    else this.#isLeading = happened.what === "lease won";
    this.#pass();
  }

  #poll(value: number | "failed"): void {
    this.#polls += 1;
    this.scaler.polled();
    const at = START + this.now;
    const reading: Reading = { at, value: value === "failed" ? 0 : value, idleWorkers: 0 };
    if (value !== "failed") this.#state = withReading(this.#state, reading);
    else this.#state = { ...this.#state, failure: { kind: "Unavailable", message: "refused" } };
  }

  #end({ ago, outcome, tookEffect }: Event & { what: "write ends" }): void {
    const write = this.writes.at(-1);
    if (write === undefined) return;
    const known = this.scaler.ended(write.number - ago, outcome, this.now);
    assert.equal(known === undefined, ago > 0 || this.#open === undefined, "only the write under way can end");
    if (known === undefined) return;
    this.#open = undefined;
    if (known === "ok") this.#doneAtPoll = write.polls;
    if (known === "ok" || tookEffect) this.#actual = write.to;
    if (known === "ok") this.#memory = withScaling(this.#memory, AUTOSCALER, write.to - write.from, START + this.now);
  }

  #pass(): void {
    const currentReplicas = this.scaler.seen(this.#shown, this.now) ?? 0;
    const signals = { [NAME]: this.#state };
    const { now } = this;
    const decision = decide({
      autoscaler: AUTOSCALER,
      currentReplicas,
      signals,
      memory: this.#memory,
      now: START + now,
    });
    this.#memory = decision.memory;
    const { direction, desiredReplicas: to } = decision;
    if (direction === "none" || this.scaler.pauseBefore(direction, this.#isLeading, now) > 0) return;
    assert.equal(this.#open, undefined, "two writes at once");
    assert.ok(direction === "up" || this.#polls > this.#doneAtPoll, "two steps down for one poll");
    const { reading, failure } = this.#state;
    this.#open = {
      ...{ number: this.scaler.begin({ from: currentReplicas, to }), from: currentReplicas, to },
      ...{ polls: this.#polls, at: now, isLeading: this.#isLeading },
      isDoubtful: reading === undefined || failure !== undefined,
    };
    this.writes.push(this.#open);
  }
}

function loopAfter(all: readonly Event[]): Loop {
  const loop = new Loop();
  for (const happened of all) loop.step(happened);
  return loop;
}

test("writes nothing while another process may lead, and one thing at a time", () => {
  fc.assert(
    fc.property(events, (all) => {
      for (const { isLeading } of loopAfter(all).writes) assert.ok(isLeading);
    }),
  );
});

test("never scales down on doubt, whatever fails in whatever order", () => {
  fc.assert(
    fc.property(events, (all) => {
      for (const { from, to, isDoubtful } of loopAfter(all).writes) {
        assert.ok(to > from || !isDoubtful, `${from} -> ${to} on doubt`);
      }
    }),
  );
});

test("scales down once for each poll", () => {
  fc.assert(
    fc.property(events, fc.nat(100), (all, value) => {
      const scaler = new Scaler(() => 0);
      // Whatever happened before, a write that took effect was the last on what is known.
      scaler.ended(scaler.begin({ from: value + 1, to: value }), "ok", 0);
      scaler.seen(value, 0);
      for (const happened of all) {
        if (happened.what === "polled") scaler.polled();
        const isPolled = all.slice(0, all.indexOf(happened) + 1).some(({ what }) => what === "polled");
        assert.equal(scaler.pauseBefore("down", true, 3_000) === 0, isPolled);
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
