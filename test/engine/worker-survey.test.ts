import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Autoscaler, BusyWorkers, WorkersSeen } from "../../src/core/index.ts";
import { EngineStage } from "../support/engine-stage.ts";
import { workerPodAutoscaler } from "../support/rehearsals.ts";

const PACE = { movingSeconds: 2, steadySeconds: 20 };
const PER_REPLICA = 5;

function protecting(busyWorkers: BusyWorkers = { protect: "Always" }): Autoscaler {
  return { ...workerPodAutoscaler({ maxReplicas: 20 }), coolDownSeconds: 0, busyWorkers };
}

/** Eight replicas and a queue of this many messages, read just now. */
function stageWith(messages: number, autoscaler = protecting()): EngineStage {
  const stage = new EngineStage(autoscaler, { pace: PACE, canWait: false, replicas: 8 });
  read(stage, messages);
  return stage;
}

function read(stage: EngineStage, messages: number): void {
  const [one] = stage.pollers.values();
  assert.ok(one !== undefined);
  stage.step({ type: "poll due", poller: one.poller });
  stage.turn();
  stage.answer(one.poller, { reading: { at: stage.now.wall, value: messages } });
}

/** The same, at the next poll. */
function readNext(stage: EngineStage, messages: number): void {
  for (let seconds = 0; seconds < 60 && [...stage.pollers.values()][0]?.activity !== "polling"; seconds += 1) {
    stage.pass(1_000);
  }
  read(stage, messages);
}

function seen(stage: EngineStage, idle: number, busy: number): WorkersSeen {
  const names = (count: number, kind: string) => Array.from({ length: count }, (_, index) => `${kind}-${index}`);
  const working = names(busy, "busy").map((pod) => ({ pod, because: "works on 1 message" }));
  return { at: stage.now.wall, pods: idle + busy, idle: names(idle, "idle"), busy: working, according: "a test" };
}

const last = <Item>(items: readonly Item[]): Item => {
  const item = items.at(-1);
  assert.ok(item !== undefined);
  return item;
};

test("surveys before a scale-down, and stops idle pods alone", () => {
  const stage = stageWith(10);
  assert.deepEqual([stage.surveys.length, stage.writes.length], [1, 0]);
  stage.survey(last(stage.surveys).number, seen(stage, 3, 5));
  const { change } = last(stage.writes);
  assert.deepEqual([change.from, change.to, change.leaving], [8, 5, ["idle-0", "idle-1", "idle-2"]]);
});

test("a rise is written without a survey, and calls a protected scale-down off", () => {
  const stage = stageWith(10);
  stage.survey(last(stage.surveys).number, seen(stage, 3, 5));
  const fall = last(stage.writes);
  readNext(stage, 50);
  assert.equal(stage.open.has(fall.number), false, "the scale-down was called off");
  assert.deepEqual(last(stage.writes).change.to, 10);
  assert.equal(stage.surveys.length, 1);
});

test("without busyWorkers nobody is asked", () => {
  const { busyWorkers: _, ...plain } = protecting();
  const stage = stageWith(10, plain);
  assert.deepEqual([stage.surveys.length, stage.tidied, last(stage.writes).change.leaving], [0, 0, undefined]);
});

test("a survey that is late, repeated or lost delays, and does no harm", () => {
  const stage = stageWith(10);
  const lost = last(stage.surveys).number;
  for (let seconds = 0; seconds < 70 && stage.surveys.length === 1; seconds += 5) {
    stage.pass(5_000);
    read(stage, 10);
  }
  assert.equal(stage.surveys.length, 2, "a survey without an answer is given up after a minute");
  stage.survey(lost, seen(stage, 8, 0));
  assert.equal(stage.writes.length, 0, "the answer to the lost one is ignored");
  stage.survey(last(stage.surveys).number, seen(stage, 8, 0));
  stage.survey(last(stage.surveys).number, seen(stage, 0, 8));
  assert.deepEqual(
    stage.writes.map(({ change }) => change.to),
    [2],
  );
});

test("while busy workers hold it up, surveys come every 5 to 30 s", () => {
  const stage = stageWith(10);
  for (let second = 0; second < 600; second += 1) {
    if (second % 20 === 0) read(stage, 10);
    if (stage.surveys.length > 0 && last(stage.surveys).at === stage.monotonic) {
      stage.survey(last(stage.surveys).number, seen(stage, 0, 8));
    }
    stage.pass(1_000);
  }
  const pauses = stage.surveys.slice(1).map(({ at }, index) => at - (stage.surveys[index]?.at ?? 0));
  assert.ok(Math.min(...pauses) >= 5_000 && Math.max(...pauses) <= 32_000, pauses.join());
  assert.equal(stage.writes.length, 0);
});

test("a scale-down that is held up for long is an event after 10 min and after each hour, and so is its end", () => {
  const stage = stageWith(10);
  const heldFor = (seconds: number, workers: () => WorkersSeen) => {
    for (let second = 0; second < seconds; second += 5) {
      if (second % 20 === 0) read(stage, 10);
      if (stage.surveys.length > 0 && last(stage.surveys).at === stage.monotonic) {
        stage.survey(last(stage.surveys).number, workers());
      }
      stage.pass(5_000);
    }
  };
  const told = () => stage.incidents.map(({ type, reason }) => `${type} ${reason}`);
  const busy = () => seen(stage, 0, 8);
  heldFor(590, busy);
  assert.deepEqual(told(), []);
  heldFor(60, busy);
  assert.deepEqual(told(), ["Normal HeldByBusyWorkers"]);
  assert.match(last(stage.incidents).message, /8 stay; 6 more wait for|8 stay, not 2, until/);
  const limited = stage.account?.conditions.find(({ type }) => type === "ScalingLimited");
  assert.deepEqual([limited?.status, limited?.reason], ["True", "HeldByBusyWorkers"]);
  heldFor(2 * 3_600 + 60, busy);
  assert.deepEqual(told().slice(1), ["Normal HeldByBusyWorkers", "Normal HeldByBusyWorkers"]);
  heldFor(60, () => ({ at: stage.now.wall, unknown: "RabbitMQ does not answer" }));
  assert.deepEqual(told().slice(3), ["Warning WorkersUnknown"]);
  read(stage, 40);
  assert.deepEqual(told().slice(4), ["Normal Recovered"]);
});

test("the status says why it is not known who is busy: another reason is news, another age in it is not", () => {
  const stage = stageWith(10);
  const limit = () => stage.account?.conditions.find(({ type }) => type === "ScalingLimited")?.message ?? "";
  const answer = (unknown: string) => {
    stage.survey(last(stage.surveys).number, { at: stage.now.wall, unknown });
    const { account } = stage;
    const count = stage.surveys.length;
    for (let second = 0; second < 60 && stage.surveys.length === count; second += 1) {
      stage.pass(1_000);
      if (second % 20 === 19) read(stage, 10);
    }
    return account;
  };
  answer("RabbitMQ answered 503");
  assert.match(limit(), /RabbitMQ answered 503/);
  answer("what RabbitMQ says is 91 s old");
  assert.match(limit(), /91 s old/);
  const before = stage.account;
  answer("what RabbitMQ says is 99 s old");
  assert.equal(stage.account, before);
});

test("a worker that became busy in between is no failure, and is asked about again", () => {
  const stage = stageWith(10);
  stage.survey(last(stage.surveys).number, seen(stage, 3, 5));
  stage.endWrite(last(stage.writes).number, { kind: "WorkersBusy", message: "pod idle-0 works on 1 message" });
  assert.equal(stage.account?.conditions.find(({ type }) => type === "Ready")?.status, "True");
  stage.pass(6_000);
  read(stage, 10);
  assert.equal(stage.surveys.length, 2);
});

test("a scale-down of which a part was written counts as that, and the rest is decided again", () => {
  const stage = stageWith(10);
  stage.survey(last(stage.surveys).number, seen(stage, 6, 2));
  const { number, change } = last(stage.writes);
  assert.equal(change.to, 2);
  stage.endWrite(number, { kind: "Partial", to: 5, because: "idle-3 works on 1 message" });
  stage.turn();
  const { lastScaling } = stage.account ?? {};
  assert.deepEqual([lastScaling?.from, lastScaling?.to], [8, 5]);
  assert.match(JSON.stringify(lastScaling), /idle-3 works on 1 message/);
  stage.replicas = 5;
  stage.show();
  stage.pass(6_000);
  read(stage, 10);
  stage.survey(last(stage.surveys).number, seen(stage, 3, 2));
  assert.deepEqual([last(stage.writes).change.from, last(stage.writes).change.to], [5, 2]);
});

test("each new leader tidies pods once", () => {
  const stage = stageWith(40);
  assert.equal(stage.tidied, 1);
  read(stage, 40);
  stage.duty("rest");
  stage.duty("act");
  read(stage, 40);
  assert.equal(stage.tidied, 2);
});

const event = fc.oneof(
  fc.record({ what: fc.constant("pass" as const), milliseconds: fc.nat(40_000) }),
  fc.record({ what: fc.constant("read" as const), messages: fc.nat(100) }),
  fc.record({
    what: fc.constant("survey" as const),
    ...{ idle: fc.nat(10), busy: fc.nat(10), back: fc.nat(2), isOld: fc.boolean() },
  }),
  fc.record({
    what: fc.constant("write" as const),
    outcome: fc.constantFrom("ok" as const, "called-off" as const, ...["WorkersBusy", "Conflict", "TimedOut"]),
  }),
  fc.record({ what: fc.constantFrom("show" as const, "rest" as const, "act" as const) }),
);

type Happening = typeof event extends fc.Arbitrary<infer One> ? One : never;
type Survey = EngineStage["surveys"][number];

/** A stage on which anything happens in any order; checks each survey and each write as it is begun. */
class Interleaving {
  readonly stage = stageWith(10);
  #open: Survey | undefined = last(this.stage.surveys);
  #idle: ReadonlySet<string> = new Set();
  #seenAt = Number.NEGATIVE_INFINITY;

  happen(happened: Happening): void {
    const { stage } = this;
    const [surveys, writes] = [stage.surveys.length, stage.writes.length];
    if (happened.what === "pass") stage.pass(happened.milliseconds);
    else if (happened.what === "survey") this.#answer(happened);
    else if (happened.what === "write") this.#endWrites(happened.outcome);
    else if (happened.what === "show") stage.show();
    else if (happened.what === "read" && stage.engine.duty === "act") read(stage, happened.messages);
    else if (happened.what === "rest" || happened.what === "act") this.#turnDuty(happened.what);
    for (const begun of stage.surveys.slice(surveys)) this.#checkSurvey(begun);
    for (const write of stage.writes.slice(writes)) this.#checkWrite(write);
  }

  #answer({ idle, busy, back, isOld }: Extract<Happening, { what: "survey" }>): void {
    const asked = this.stage.surveys.at(-1 - back);
    if (asked === undefined) return;
    const workers = seen(this.stage, idle, busy);
    if (asked === this.#open && !isOld && !("unknown" in workers)) {
      this.#idle = new Set(workers.idle);
      this.#seenAt = this.stage.monotonic;
    }
    if (asked === this.#open) this.#open = undefined;
    this.stage.survey(asked.number, isOld ? { ...workers, at: workers.at - 10_000 } : workers);
  }

  #endWrites(kind: string): void {
    const outcome = kind === "ok" || kind === "called-off" ? kind : { kind, message: "refused" };
    for (const [number, { change }] of [...this.stage.open]) {
      if (outcome === "ok") this.stage.replicas = change.to;
      this.stage.endWrite(number, outcome);
    }
  }

  #turnDuty(duty: "rest" | "act"): void {
    if (duty === "rest") this.#open = undefined;
    this.stage.duty(duty);
  }

  #checkSurvey(begun: Survey): void {
    assert.ok(this.#open === undefined || begun.at - this.#open.at >= 60_000, "two surveys at once");
    this.#open = begun;
  }

  #checkWrite({ change, at }: EngineStage["writes"][number]): void {
    if (change.to > change.from) return;
    assert.ok(at - this.#seenAt <= 5_000, "a scale-down on what was seen too long ago");
    assert.ok(
      change.leaving?.every((pod) => this.#idle.has(pod)),
      "a scale-down of pods that were not idle",
    );
  }
}

test("in any order of events: one survey at a time, and no scale-down but of pods just seen idle", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80, size: "max" }), (events) => {
      const interleaving = new Interleaving();
      for (const happened of events) interleaving.happen(happened);
    }),
    { numRuns: 500 },
  );
});

/** Every survey is answered at once, and every write is carried out and shown. */
function settleDown(stage: EngineStage, messages: number, busy: number): void {
  for (let second = 0; second < 300; second += 1) {
    if (second % 5 === 0) read(stage, messages);
    const asked = stage.surveys.at(-1);
    const working = Math.min(busy, stage.replicas);
    if (asked?.at === stage.monotonic) stage.survey(asked.number, seen(stage, stage.replicas - working, working));
    for (const [number, { change }] of [...stage.open]) {
      stage.replicas = change.to;
      stage.endWrite(number, "ok");
    }
    stage.show();
    stage.pass(1_000);
  }
}

test("the workload comes to the number that the queue asks for, or to its busy workers", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.nat(20), (messages, busy) => {
      const stage = stageWith(messages);
      settleDown(stage, messages, busy);
      assert.equal(stage.replicas, Math.max(Math.ceil(messages / PER_REPLICA), Math.min(busy, 8)));
    }),
    { numRuns: 60 },
  );
});
