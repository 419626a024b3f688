import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FAILURE_KINDS, type FailureKind } from "../../src/core/index.ts";
import type { Activity } from "../../src/engine/poller.ts";
import { Poller } from "../../src/engine/poller.ts";
import { type Demand, PollerLimits } from "../../src/engine/poller-terms.ts";

const PACES = [
  { movingSeconds: 2, steadySeconds: 20 },
  { movingSeconds: 0.5, steadySeconds: 10, asleepSeconds: 0.2 },
  { movingSeconds: 60, steadySeconds: 60 },
] as const;
/** A failing source is polled after 5 minutes at the latest, and one that can be read after the longest pace. */
const LONGEST_REST = 300_000;
const LONGEST_WAIT = 30 * 60_000;
/** Half of the first retry. */
const SHORTEST_RETRY = 500;
const START = Date.UTC(2026, 0, 5);

type Event =
  | { readonly what: "time passes"; readonly milliseconds: number }
  | { readonly what: "the newest poll is answered"; readonly value: number | FailureKind; readonly spent: number }
  | { readonly what: "an old poll is answered"; readonly ago: number; readonly value: number | FailureKind }
  | { readonly what: "demand"; readonly pace: number; readonly asleep: Demand["asleep"] }
  | { readonly what: "the wait ends"; readonly end: "maybe-work" | "unsupported" | "failed" }
  | { readonly what: "the clock is stepped"; readonly milliseconds: number }
  | { readonly what: "hurry" | "poll now" | "close" };

const value = fc.oneof(fc.constantFrom<(number | FailureKind)[]>(0, 0, 1, ...FAILURE_KINDS), fc.nat(1_000));
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant("time passes" as const), milliseconds: fc.nat(120_000) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant("the newest poll is answered" as const),
      value,
      spent: fc.constantFrom(0, 0, 0, 30),
    }),
  },
  fc.record({ what: fc.constant("an old poll is answered" as const), ago: fc.integer({ min: 1, max: 3 }), value }),
  fc.record({
    what: fc.constant("demand" as const),
    pace: fc.nat(PACES.length - 1),
    asleep: fc.constantFrom("none" as const, "some" as const, "all" as const, "all" as const),
  }),
  fc.record({
    what: fc.constant("the wait ends" as const),
    end: fc.constantFrom("maybe-work" as const, "unsupported" as const, "failed" as const),
  }),
  fc.record({
    what: fc.constant("the clock is stepped" as const),
    milliseconds: fc.integer({ min: -7_200_000, max: 7_200_000 }),
  }),
  fc.record({ what: fc.constantFrom("hurry" as const, "poll now" as const) }),
);
const events = fc.array(event, { maxLength: 80, size: "max" });
const seed = fc.nat(1_000_000);

/** A poller, and a driver that reports to it what a test says. */
class Stage {
  now = 1_000;
  wall = START;
  canWait = true;
  readonly poller: Poller;
  #demand: Demand = { pace: PACES[0], asleep: "none", namespace: "shop" };

  constructor(random: () => number, turn = 0) {
    const terms = { limits: new PollerLimits(), random, server: "queue:1", outage: "queue:1" };
    this.poller = new Poller(terms, this.#demand, {
      monotonic: this.now + turn,
      wall: this.wall + turn,
      ahead: this.wall - this.now,
    });
  }

  settle() {
    return this.poller.settle(this.now);
  }

  /** Lets time pass, not beyond the moment at which the poller wants to be woken. */
  pass(milliseconds: number): void {
    const passed = Math.max(0, Math.min(milliseconds, this.poller.wakeAt - this.now));
    this.now += passed;
    this.wall += passed;
  }

  answer(poll: number, said: number | FailureKind, spent = 0): number | undefined {
    this.poller.canWait = this.canWait;
    const { now, wall } = this;
    if (typeof said === "number") return this.poller.read(poll, { at: wall, value: said }, now, now, spent);
    return this.poller.failed(poll, { kind: said, message: "refused" }, wall, now, now, spent);
  }

  demand(demand: Partial<Demand>): void {
    this.#demand = { ...this.#demand, ...demand };
    this.poller.demanded(this.#demand, this.now);
  }

  step(happened: Event): void {
    const { poller } = this;
    if (happened.what === "time passes") this.pass(happened.milliseconds);
    else if (happened.what === "the newest poll is answered") this.answer(poller.poll, happened.value, happened.spent);
    else if (happened.what === "an old poll is answered") this.answer(poller.poll - happened.ago, happened.value);
    else if (happened.what === "demand")
      this.demand({ pace: PACES[happened.pace] ?? PACES[0], asleep: happened.asleep });
    else if (happened.what === "the wait ends") poller.waitEnded(happened.end, this.now);
    else if (happened.what === "the clock is stepped") {
      this.wall += happened.milliseconds;
      poller.timeStepped(happened.milliseconds);
    } else if (happened.what === "hurry") poller.hurry();
    else if (happened.what === "poll now") poller.pollNow(this.now);
    else poller.close(this.now);
  }
}

function randomOf(first: number): () => number {
  let state = first;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test("never polls twice at once, whatever happens in whatever order", () => {
  fc.assert(
    fc.property(events, seed, fc.boolean(), (all, first, canWait) => {
      const stage = new Stage(randomOf(first));
      stage.canWait = canWait;
      let underWay: number | undefined;
      for (const happened of all) {
        const ends = happened.what === "the newest poll is answered";
        stage.step(happened);
        if (ends) underWay = undefined;
        const activity = stage.settle();
        if (underWay !== undefined) assert.deepEqual([activity, stage.poller.poll], ["polling", underWay]);
        underWay = activity === "polling" ? stage.poller.poll : undefined;
        assert.equal(stage.settle(), activity, "settling again changes nothing");
      }
    }),
  );
});

test("every pause and every wait has an end", () => {
  fc.assert(
    fc.property(events, seed, (all, first) => {
      const stage = new Stage(randomOf(first));
      for (const happened of all) {
        stage.step(happened);
        const activity = stage.settle();
        const left = stage.poller.wakeAt - stage.now;
        if (activity === "resting") assert.ok(left > 0 && left <= LONGEST_REST, `rests for ${left} ms`);
        else if (activity === "waiting") assert.ok(left > 0 && left <= LONGEST_WAIT, `waits for ${left} ms`);
        else assert.equal(activity, "polling");
      }
      // With nothing but time and answers, polls go on.
      const before = stage.poller.poll;
      for (let turn = 0; turn < 8; turn += 1) {
        stage.pass(Number.MAX_SAFE_INTEGER);
        if (stage.settle() === "polling") stage.answer(stage.poller.poll, 1);
        stage.settle();
      }
      assert.ok(stage.poller.poll >= before + 3, `${stage.poller.poll - before} polls`);
    }),
  );
});

/** One event, and how the poller stood before it and after. */
interface Played {
  readonly happened: Event;
  readonly stage: Stage;
  readonly before: Activity;
  readonly poll: number;
  readonly after: Activity;
}

function* play(all: readonly Event[], first: number): Generator<Played> {
  const stage = new Stage(randomOf(first));
  for (const happened of all) {
    const [before, { poll }] = [stage.settle(), stage.poller];
    stage.step(happened);
    yield { happened, stage, before, poll, after: stage.settle() };
  }
}

function isAnswer({ happened, before }: Played): boolean {
  return happened.what === "the newest poll is answered" && before === "polling";
}

test("never polls sooner than the pace or the retry allows, unless something asks for it", () => {
  fc.assert(
    fc.property(events, seed, (all, first) => {
      let [answers, answeredAt, isAskedFor] = [0, 0, false];
      for (const played of play(all, first)) {
        const { happened, stage, poll } = played;
        if (isAnswer(played)) [answers, answeredAt, isAskedFor] = [answers + 1, stage.now, false];
        isAskedFor ||= ["demand", "the wait ends", "poll now"].includes(happened.what);
        const pause = stage.now - answeredAt;
        if (stage.poller.poll > poll && !isAskedFor && answers > 1) {
          assert.ok(pause >= leastPause(stage.poller), `polls again after ${pause} ms`);
        }
      }
    }),
  );
});

function leastPause({ pace, state }: Poller): number {
  if (state.failure !== undefined) return SHORTEST_RETRY;
  return Math.min(pace.movingSeconds, pace.asleepSeconds ?? 60) * 1000 - 1e-6;
}

test("an answer to a poll that was given up, or the same answer twice, changes nothing", () => {
  fc.assert(
    fc.property(events, seed, value, (all, first, said) => {
      const stage = new Stage(randomOf(first));
      for (const happened of all) {
        stage.step(happened);
        const isPolling = stage.settle() === "polling";
        const before = [stage.poller.state, stage.poller.wakeAt, stage.poller.poll, stage.poller.hasAnswered];
        for (const poll of [stage.poller.poll - 1, stage.poller.poll + 1]) {
          assert.equal(stage.answer(poll, said), undefined);
        }
        if (!isPolling) assert.equal(stage.answer(stage.poller.poll, said), undefined);
        const after = [stage.poller.state, stage.poller.wakeAt, stage.poller.poll, stage.poller.hasAnswered];
        assert.ok(after.every((item, index) => Object.is(item, before[index])));
      }
    }),
  );
});

test("a closed poller does nothing, whatever still comes", () => {
  fc.assert(
    fc.property(events, events, seed, (before, after, first) => {
      const stage = new Stage(randomOf(first));
      for (const happened of [...before, { what: "close" } as const, ...after]) {
        stage.step(happened);
        stage.settle();
      }
      assert.equal(stage.settle(), "closed");
      assert.equal(stage.poller.wakeAt, Number.POSITIVE_INFINITY);
    }),
  );
});

test("waits only at an empty queue of which all workloads sleep, and not after a refusal without a poll", () => {
  fc.assert(
    fc.property(events, seed, (all, first) => {
      let [asleep, isRefused] = ["none" as Demand["asleep"], false];
      for (const played of play(all, first)) {
        const { happened, stage, before, after } = played;
        if (happened.what === "demand") asleep = happened.asleep;
        if (happened.what === "the wait ends" && before === "waiting") isRefused = true;
        if (isAnswer(played)) isRefused = false;
        if (after !== "waiting") continue;
        const { reading, failure } = stage.poller.state;
        assert.deepEqual([asleep, isRefused, reading?.value, failure], ["all", false, 0, undefined]);
      }
    }),
  );
});

/** Answers poll after poll in the same way; the pauses between them in milliseconds. */
function pausesOf(stage: Stage, said: number | FailureKind, polls: number): readonly number[] {
  return Array.from({ length: polls }, () => {
    stage.settle();
    stage.answer(stage.poller.poll, said);
    const pause = stage.poller.wakeAt - stage.now;
    stage.pass(pause);
    return pause;
  });
}

test("spreads the first pause over its whole length", () => {
  assert.deepEqual(pausesOf(new Stage(() => 0.25), 5, 2), [20_000 * 1.025 * 0.25, 20_000 * 1.025]);
});

test("tries a server that does not answer once a second, and one that throttles after 5 s, then up to 60 s", () => {
  assert.deepEqual(pausesOf(new Stage(() => 1), "Unavailable", 4), [1_000, 1_000, 1_000, 1_000]);
  assert.deepEqual(pausesOf(new Stage(() => 1), "Throttled", 6), [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  assert.deepEqual(pausesOf(new Stage(() => 1), "Malformed", 7), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("asks as often for an answer that there is nothing as for a value, whatever the interval", () => {
  const stage = new Stage(() => 0);
  stage.demand({ pace: { movingSeconds: 5, steadySeconds: 5 } });
  assert.deepEqual(pausesOf(stage, "NotFound", 6), [500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  const asleep = new Stage(() => 0);
  asleep.demand({ pace: { movingSeconds: 10, steadySeconds: 60, asleepSeconds: 5 }, asleep: "all" });
  const pauses = Array.from({ length: 6 }, () => {
    asleep.settle();
    const failure = { kind: "NotFound", message: "no element", isEmpty: true } as const;
    asleep.poller.failed(asleep.poller.poll, failure, asleep.wall, asleep.now);
    const pause = asleep.poller.wakeAt - asleep.now;
    asleep.pass(pause);
    return pause;
  });
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});

test("a wake polls at once, and wakes that find nothing come slower and slower", () => {
  const stage = new Stage(() => 1);
  stage.demand({ asleep: "all" });
  const pauses: number[] = [];
  for (let wake = 0; wake < 10; wake += 1) {
    if (stage.settle() === "polling") stage.answer(stage.poller.poll, 0);
    assert.equal(stage.settle(), "waiting");
    stage.poller.waitEnded("maybe-work", stage.now);
    pauses.push(stage.poller.wakeAt - stage.now);
    stage.pass(pauses.at(-1) ?? 0);
  }
  assert.deepEqual(pauses, [0, 0, 20, 40, 80, 160, 320, 640, 1_280, 2_000]);
});
