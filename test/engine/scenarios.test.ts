import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReadingFailure } from "../../src/core/index.ts";
import { sourceKey } from "../../src/engine/shared-polls.ts";
import { parseAutoscaler } from "../../src/formats/formats.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { EngineStage } from "../support/engine-stage.ts";
import { type Moment, readingIn, type Scenario, scenarios } from "../support/scenario.ts";

type Said = NonNullable<Moment["readings"]>[string];

/** How long a source that hangs is waited for. */
const TIME_OUT_MS = 10_000;

/** Plays a scenario to the engine alone: every poll and every write is answered at once, and a source that hangs after 10 s. */
class EngineScenario {
  readonly #stage: EngineStage;
  readonly #said = new Map<string, Said>();
  readonly #hungSince = new Map<string, number>();
  readonly #scalings: string[] = [];
  readonly #startedAt: number;

  constructor(scenario: Scenario) {
    const parsed = parseAutoscaler(scenario.autoscaler);
    assert.ok("autoscaler" in parsed, JSON.stringify(parsed.problems));
    const { autoscaler } = parsed;
    const pace = SOURCES.find(({ type }) => type === autoscaler.signals[0]?.source.type)?.pace;
    assert.ok(pace !== undefined);
    for (const { readings } of scenario.timeline.filter(({ at }) => at <= 0)) this.#hear(autoscaler, readings);
    this.#stage = new EngineStage(autoscaler, { pace, canWait: scenario.waits, replicas: scenario.replicas });
    this.#startedAt = this.#stage.monotonic;
    this.#serve();
    const happenings = [
      ...scenario.timeline
        .filter(({ at }) => at > 0)
        .map((moment) => ({ at: moment.at, run: () => this.#happen(autoscaler, moment) })),
      ...scenario.expect.map((expected) => ({ at: expected.at, run: () => this.#check(expected) })),
    ].sort((one, other) => one.at - other.at);
    for (const { at, run } of happenings) {
      this.#advance(this.#startedAt + at * 1000);
      run();
      this.#serve();
    }
    if (scenario.scalings !== undefined) assert.deepEqual(this.#scalings, scenario.scalings);
  }

  #hear(
    autoscaler: { signals: readonly { name: string; source: Parameters<typeof sourceKey>[0] }[] },
    said: Moment["readings"],
  ) {
    for (const { name, source } of autoscaler.signals) {
      const now = said?.[name];
      if (now !== undefined) this.#said.set(sourceKey(source), now);
    }
  }

  #happen(autoscaler: Parameters<EngineStage["keep"]>[0], { readings, replicas, clockStep }: Moment): void {
    const stage = this.#stage;
    this.#hear(autoscaler, readings);
    if (replicas !== undefined) {
      stage.replicas = replicas;
      stage.show();
    }
    if (clockStep !== undefined) {
      stage.ahead += clockStep * 1000;
      stage.step({ type: "clock stepped", milliseconds: clockStep * 1000 });
    }
    for (const { poller, activity } of stage.pollers.values()) {
      if (activity === "waiting" && readings !== undefined) {
        stage.step({ type: "wait ended", poller, end: "maybe-work" });
      }
    }
    stage.turn();
  }

  #advance(end: number): void {
    const stage = this.#stage;
    while (stage.monotonic < end) {
      const timeOuts = [...this.#hungSince.values()].map((since) => since + TIME_OUT_MS);
      const next = Math.min(stage.dueAt, ...timeOuts, end);
      stage.pass(Math.max(0, next - stage.monotonic));
      this.#serve();
    }
  }

  #serve(): void {
    const stage = this.#stage;
    for (let isBusy = true; isBusy; ) {
      isBusy = this.#answerPolls();
      for (const [number, { change }] of stage.open) {
        isBusy = true;
        this.#scalings.push(`${change.from} -> ${change.to}`);
        stage.replicas = change.to;
        stage.endWrite(number, "ok");
        stage.show();
      }
    }
  }

  #answerPolls(): boolean {
    const stage = this.#stage;
    let isAnswered = false;
    for (const [key, { poller, activity }] of stage.pollers) {
      const said = this.#said.get(sourceKey(poller.reference)) ?? { failure: "NotFound" as const };
      if (activity !== "polling" || this.#isHung(key, said)) continue;
      const since = this.#hungSince.get(key);
      this.#hungSince.delete(key);
      const outcome = outcomeOf(since === undefined ? said : "hang", stage.now.wall);
      stage.answer(poller, outcome, poller.poll, since ?? stage.monotonic);
      isAnswered = true;
    }
    return isAnswered;
  }

  /** Whether the poll under way has no answer yet; what the source says meanwhile is no answer to it. */
  #isHung(key: string, said: Said): boolean {
    if (said === "hang" && !this.#hungSince.has(key)) this.#hungSince.set(key, this.#stage.monotonic);
    const since = this.#hungSince.get(key);
    return since !== undefined && this.#stage.monotonic < since + TIME_OUT_MS;
  }

  #check({ at, replicas, conditions = {} }: Scenario["expect"][number]): void {
    if (replicas !== undefined) assert.equal(this.#stage.replicas, replicas, `replicas at ${at} s`);
    for (const [type, expected] of Object.entries(conditions)) {
      const condition = this.#stage.account?.conditions.find((one) => one.type === type);
      assert.equal(`${condition?.status} ${condition?.reason}`, expected, `${type} at ${at} s`);
    }
  }
}

function outcomeOf(said: Said, at: number) {
  if (typeof said === "number") return { reading: { at, value: said } };
  if (said === "hang") return { failure: failureOf("TimedOut") };
  return "failure" in said ? { failure: failureOf(said.failure) } : { reading: { at, ...readingIn(said) } };
}

function failureOf(kind: ReadingFailure["kind"]): ReadingFailure {
  return { kind, message: "the scenario says so" };
}

for (const scenario of scenarios()) {
  test(`scenario ${scenario.file}, by the engine alone: ${scenario.about}`, () => void new EngineScenario(scenario));
}
