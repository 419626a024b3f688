import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pace, Reading, ReadingFailure } from "../../src/core/index.ts";
import { parseAutoscaler } from "../../src/formats/formats.ts";
import { Ledger } from "../../src/lab/plant/ledger.ts";
import type { Plant } from "../../src/lab/plant/plant.ts";
import { SimulatedSource } from "../../src/lab/simulated-source.ts";
import { VirtualDriver } from "../../src/lab/virtual-driver.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { type Moment, readingIn, type Scenario, scenarios } from "../support/scenario.ts";

const START = Date.UTC(2026, 0, 5, 12);

/** A workload of which nothing is known but its number: what is read of the queue is in the scenario. */
class Workload implements Plant {
  readonly mode = "exact";
  readonly ledger = new Ledger(1, undefined);
  readonly waiting = 0;
  readonly inFlight = 0;
  readonly oldestArrival = Number.POSITIVE_INFINITY;
  readonly taken = 0;
  readonly ready = 0;
  readonly busy = 0;
  readonly workers = 0;
  now = 0;
  replicas: number;

  constructor(replicas: number) {
    this.replicas = replicas;
  }

  advance(to: number): void {
    this.now = to;
  }

  scale(replicas: number): void {
    this.replicas = replicas;
  }

  finish(): void {
    throw new Error("a scenario has no end");
  }
}

function rehearse(scenario: Scenario): void {
  const parsed = parseAutoscaler(scenario.autoscaler);
  assert.ok("autoscaler" in parsed, JSON.stringify(parsed.problems));
  const { autoscaler } = parsed;
  const plant = new Workload(scenario.replicas);
  const says = new Map<string, Omit<Reading, "at"> | ReadingFailure>();
  const sources = autoscaler.signals.map(
    (signal) =>
      new SimulatedSource({
        quantity: "unfinished",
        traits: scenario.waits ? { waits: true } : {},
        scripted: () => says.get(signal.name) ?? { kind: "NotFound", message: "not yet" },
        ...{ lagSeconds: 0, hiddenLagSeconds: 0, outages: [], start: START },
      }),
  );
  const scalings: string[] = [];
  const driver = new VirtualDriver({
    ...{ autoscaler, looks: { pace: paceOf }, sources, plant, start: START, seed: 1, memorySeconds: 1200 },
    decided: ({ from, decision, acted }) => {
      if (acted) scalings.push(`${from} -> ${decision.desiredReplicas}`);
    },
  });
  const happen = ({ readings, replicas }: Moment) => {
    for (const [name, said] of Object.entries(readings ?? {})) says.set(name, readingOf(said));
    if (replicas !== undefined) plant.replicas = replicas;
    if (driver.isWaiting) driver.wake();
    else driver.act();
  };
  const check = ({ at, replicas }: Scenario["expect"][number]) => {
    if (replicas !== undefined) assert.equal(plant.replicas, replicas, `replicas at ${at} s`);
  };
  const events = [
    ...scenario.timeline.map((moment) => ({ at: moment.at, run: () => happen(moment) })),
    ...scenario.expect.map((expected) => ({ at: expected.at, run: () => check(expected) })),
  ].sort((one, other) => one.at - other.at);
  for (const event of events) {
    for (let next = driver.nextAt; next <= event.at * 1000; next = driver.nextAt) {
      plant.advance(Math.max(plant.now, next));
      if (says.size === 0) break;
      driver.act();
    }
    plant.advance(event.at * 1000);
    event.run();
  }
  if (scenario.scalings !== undefined) assert.deepEqual(scalings, scenario.scalings);
}

function paceOf(sourceType: string): Pace {
  const source = SOURCES.find(({ type }) => type === sourceType);
  assert.ok(source !== undefined);
  return source.pace;
}

function readingOf(said: NonNullable<Moment["readings"]>[string]): Omit<Reading, "at"> | ReadingFailure {
  if (typeof said === "number") return { value: said };
  if (said === "hang") return { kind: "TimedOut", message: "the scenario says so" };
  if ("failure" in said) return { kind: said.failure, message: "the scenario says so" };
  return readingIn(said);
}

for (const scenario of scenarios()) {
  // A clockStep does nothing here, as nobody sets a virtual clock: the live controller, whose clock is set, must come to the same.
  test(`scenario ${scenario.file}, in a rehearsal as with the live controller: ${scenario.about}`, () =>
    rehearse(scenario));
}
