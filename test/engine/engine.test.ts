import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Autoscaler, FAILURE_KINDS, type FailureKind } from "../../src/core/index.ts";
import type { WriteOutcome } from "../../src/engine/scaler.ts";
import { EngineStage } from "../support/engine-stage.ts";
import { workerPodAutoscaler } from "../support/rehearsals.ts";

/** Without a cool-down, and with steps, it has most chances to scale down too often. */
const AUTOSCALER: Autoscaler = {
  ...workerPodAutoscaler({ maxReplicas: 20 }),
  ...{ coolDownSeconds: 0, maxDisruption: { percent: 50 } },
};
const PER_REPLICA = 5;
/** A change of at most this share is not worth making. */
const TOLERANCE = 0.1;
const PACE = { movingSeconds: 2, steadySeconds: 20 };
const KINDS = ["Conflict", "TimedOut", "Unavailable", "Forbidden", "NotLeading"] as const;
/** No source is left alone for longer than the longest wait for work. */
const LONGEST_REST = 30 * 60_000;

type Value = number | FailureKind;
type Event =
  | { readonly what: "time passes"; readonly milliseconds: number }
  | { readonly what: "answer"; readonly value: Value; readonly ago: number; readonly late: number }
  | { readonly what: "wait ends"; readonly end: "maybe-work" | "unsupported" | "failed" }
  | { readonly what: "write ends"; readonly ago: number; readonly outcome: WriteOutcome; readonly tookEffect: boolean }
  | { readonly what: "set by hand"; readonly replicas: number }
  | { readonly what: "object"; readonly maxReplicas: number }
  | { readonly what: "clock step"; readonly milliseconds: number }
  | { readonly what: Plain };
type Plain = (typeof PLAIN)[number];
const PLAIN = [
  "the watch shows it",
  "lease lost",
  "lease won",
  "no write allowed",
  "writes allowed",
  "the process stood still",
  "an alarm out of turn",
  "a poll out of turn",
] as const;

const value = fc.oneof(fc.constantFrom<Value[]>(0, 0, -1, Number.NaN, ...FAILURE_KINDS), fc.nat(300));
const outcome: fc.Arbitrary<WriteOutcome> = fc.oneof(
  fc.constantFrom<WriteOutcome[]>("ok", "called-off"),
  fc.record({ kind: fc.constantFrom(...KINDS), message: fc.constant("refused") }),
);
const often = <Item>(arbitrary: fc.Arbitrary<Item>) => ({ weight: 4, arbitrary });
const event: fc.Arbitrary<Event> = fc.oneof(
  often(fc.record({ what: fc.constant("time passes" as const), milliseconds: fc.nat(120_000) })),
  often(
    fc.record({
      what: fc.constant("answer" as const),
      ...{ value, ago: fc.constantFrom(0, 0, 0, 1, 2), late: fc.nat(10_000) },
    }),
  ),
  often(
    fc.record({
      what: fc.constant("write ends" as const),
      ...{ ago: fc.constantFrom(0, 0, 0, 1), outcome, tookEffect: fc.boolean() },
    }),
  ),
  fc.record({
    what: fc.constant("wait ends" as const),
    end: fc.constantFrom("maybe-work" as const, "unsupported" as const, "failed" as const),
  }),
  fc.record({ what: fc.constant("set by hand" as const), replicas: fc.nat(20) }),
  fc.record({ what: fc.constant("object" as const), maxReplicas: fc.integer({ min: 1, max: 20 }) }),
  fc.record({
    what: fc.constant("clock step" as const),
    milliseconds: fc.integer({ min: -7_200_000, max: 7_200_000 }),
  }),
  fc.record({ what: fc.constantFrom(...PLAIN) }),
);
const events = fc.array(event, { maxLength: 100, size: "max" });
const runs = { numRuns: 300 };

/** What the last answered poll said, and how it stands to the last gap and the last scaling. */
interface Known {
  readonly value: Value;
  readonly beganAt: number;
}

/** A stage on which anything happens in any order; checks each write as it is begun. */
class Chaos {
  readonly stage: EngineStage;
  known: Known | undefined;
  /** Polls that ended since the last write that succeeded. */
  #pollsSinceWrite = 0;
  #maxReplicas = 20;

  constructor(canWait: boolean) {
    this.stage = new EngineStage(AUTOSCALER, { pace: PACE, canWait, replicas: 4 });
  }

  get autoscaler(): Autoscaler {
    return { ...AUTOSCALER, maxReplicas: this.#maxReplicas };
  }

  happen(happened: Event): void {
    const { stage } = this;
    const writes = stage.writes.length;
    const decisions = stage.decisions.length;
    this.#play(happened);
    const begun = stage.writes.slice(writes);
    for (const write of begun) {
      const { from, to } = write.change;
      assert.deepEqual([write.duty, write.mayWrite], ["act", true], "writes without the lease");
      assert.equal(write.openBefore, 0, "writes twice at once");
      if (to < from) this.#checkFall(from, to);
    }
    const asked = stage.decisions.slice(decisions).filter(({ direction }) => direction !== "none");
    assert.ok(begun.length <= asked.length, "two writes for one decision");
    this.#checkWaits();
  }

  /** Every poll is answered with this, every write succeeds and is shown, and this process leads. */
  settleDown(reads: number, milliseconds: number): void {
    const { stage } = this;
    stage.mayWrite = true;
    if (stage.engine.duty !== "act") this.happen({ what: "lease won" });
    stage.step({ type: "reconsider" });
    stage.turn();
    for (const end = stage.monotonic + milliseconds; stage.monotonic < end; ) {
      for (const { poller, activity } of [...stage.pollers.values()]) {
        if (activity === "polling") this.#answer(poller.poll, reads, 0);
        if (activity === "waiting" && reads > 0) this.happen({ what: "wait ends", end: "maybe-work" });
      }
      for (const number of [...stage.open.keys()]) this.#endWrite(number, "ok", true);
      stage.show();
      const next = Math.max(Math.min(stage.dueAt, stage.monotonic + 20_000) - stage.monotonic, 1);
      stage.pass(next);
    }
  }

  #play(happened: Event): void {
    const play = this.#plays[happened.what] as (event: Event) => void;
    play(happened);
    if (happened.what !== "set by hand" && happened.what !== "the process stood still") this.stage.turn();
  }

  get #poller() {
    const [polled] = this.stage.pollers.values();
    return polled?.poller;
  }

  readonly #plays: { readonly [What in Event["what"]]: (event: Extract<Event, { what: What }>) => void } = {
    "time passes": ({ milliseconds }) => this.stage.pass(milliseconds),
    answer: ({ value: said, ago, late }) => this.#answer((this.#poller?.poll ?? 0) - ago, said, late),
    "wait ends": ({ end }) => {
      if (this.#poller !== undefined) this.stage.step({ type: "wait ended", poller: this.#poller, end });
    },
    "write ends": ({ ago, outcome: ended, tookEffect }) =>
      this.#endWrite((this.stage.writes.at(-1)?.number ?? 0) - ago, ended, tookEffect),
    "set by hand": ({ replicas }) => {
      this.stage.replicas = replicas;
    },
    object: ({ maxReplicas }) => {
      this.#maxReplicas = maxReplicas;
      this.stage.keep(this.autoscaler);
    },
    "clock step": ({ milliseconds }) => {
      this.stage.ahead += milliseconds;
      this.stage.step({ type: "clock stepped", milliseconds });
    },
    "the watch shows it": () => this.stage.show(),
    "lease lost": () => this.#loseLease(),
    "lease won": () => this.stage.duty("act"),
    "no write allowed": () => {
      this.stage.mayWrite = false;
    },
    "writes allowed": () => {
      this.stage.mayWrite = true;
      this.stage.step({ type: "reconsider" });
    },
    "the process stood still": () => {
      this.stage.gapEndedAt = this.stage.monotonic;
    },
    "an alarm out of turn": () => this.stage.alarm(),
    "a poll out of turn": () => {
      if (this.#poller !== undefined) this.stage.step({ type: "poll due", poller: this.#poller });
    },
  };

  #answer(poll: number, said: Value, late: number): void {
    const { stage } = this;
    const [polled] = stage.pollers.values();
    if (polled === undefined) return;
    const { poller, activity } = polled;
    const counts = activity === "polling" && poll === poller.poll;
    const beganAt = stage.monotonic - late;
    if (counts) {
      this.known = { value: said, beganAt };
      this.#pollsSinceWrite += 1;
    }
    const outcome =
      typeof said === "number"
        ? { reading: { at: stage.now.wall - late, value: said, idleWorkers: 0 } }
        : { failure: { kind: said, message: "refused" } };
    stage.answer(poller, outcome, poll, beganAt);
  }

  #endWrite(number: number, ended: WriteOutcome, tookEffect: boolean): void {
    const { stage } = this;
    const write = stage.open.get(number);
    if (write !== undefined && (ended === "ok" || tookEffect)) stage.replicas = write.change.to;
    if (write !== undefined && ended === "ok") this.#pollsSinceWrite = 0;
    stage.endWrite(number, ended);
  }

  #loseLease(): void {
    const { stage } = this;
    stage.duty("rest");
    this.known = undefined;
    assert.equal(stage.open.size, 0, "a write goes on after the lease was lost");
    assert.equal(stage.pollers.size, 0, "polls go on after the lease was lost");
    assert.equal(stage.alarmAt, Number.POSITIVE_INFINITY, "an alarm is left after the lease was lost");
  }

  #checkFall(from: number, to: number): void {
    const { stage, known } = this;
    // A lower maximum is the user's own wish: no reading is asked.
    if (to >= this.#maxReplicas) return;
    const because = `${from} -> ${to} after ${JSON.stringify(known)}`;
    assert.ok(typeof known?.value === "number" && known.value >= 0, `scales down on doubt: ${because}`);
    assert.ok(known.beganAt > stage.gapEndedAt, `scales down on a reading from before a gap: ${because}`);
    assert.ok(this.#pollsSinceWrite > 0, `scales down twice for one poll: ${because}`);
  }

  #checkWaits(): void {
    const { stage } = this;
    if (stage.engine.duty === "rest") return;
    assert.equal(stage.pollers.size, 1, "a signal without a poller");
    assert.equal(stage.engine.next, undefined, "a pass that never comes");
    for (const { poller, activity } of stage.pollers.values()) {
      const rest = poller.wakeAt - stage.monotonic;
      if (activity !== "polling") assert.ok(rest > 0 && rest <= LONGEST_REST, `${activity} for ${rest} ms`);
    }
  }
}

test("never writes without the lease, on doubt, twice at once or twice for one decision, and never waits without an end", () => {
  fc.assert(
    fc.property(events, fc.boolean(), (all, canWait) => {
      const chaos = new Chaos(canWait);
      for (const happened of all) chaos.happen(happened);
    }),
    runs,
  );
});

test("whatever happened before, the workload comes to the number that the queue asks for", () => {
  fc.assert(
    fc.property(events, fc.boolean(), fc.constantFrom(0, 5, 45, 120), (all, canWait, messages) => {
      const chaos = new Chaos(canWait);
      for (const happened of all) chaos.happen(happened);
      chaos.settleDown(messages, 3 * 3_600_000);
      const asked = Math.min(Math.ceil(messages / PER_REPLICA), chaos.autoscaler.maxReplicas);
      const { replicas } = chaos.stage;
      assert.ok(Math.abs(replicas - asked) <= TOLERANCE * replicas, `${replicas} replicas, asked for ${asked}`);
    }),
    { numRuns: 100 },
  );
});

test("an autoscaler that is gone leaves nothing behind, whatever happened before", () => {
  fc.assert(
    fc.property(events, fc.boolean(), (all, canWait) => {
      const chaos = new Chaos(canWait);
      for (const happened of all) chaos.happen(happened);
      const { stage } = chaos;
      stage.step({ type: "forgotten", id: AUTOSCALER.id });
      stage.turn();
      assert.deepEqual(stage.engine.load, { reconcilers: 0, observations: 0, claims: 0, queued: 0 });
      assert.deepEqual([stage.pollers.size, stage.open.size, stage.alarmAt], [0, 0, Number.POSITIVE_INFINITY]);
    }),
    runs,
  );
});
