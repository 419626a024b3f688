import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Autoscaler } from "../../src/core/index.ts";
import { parseAutoscaler } from "../../src/formats/formats.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import type { SourceType } from "../../src/sources/shared/source.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { controllerWorld } from "./controller-world.ts";
import { type Moment, readingIn, type Scenario } from "./scenario.ts";
import { type Answer, ScriptedQueue } from "./scripted-source.ts";
import { settle } from "./virtual-clock.ts";

/**
 * Plays a scenario to the real controller, in virtual time, and checks what it expects. What happens at 0 is what the
 * process finds when it starts.
 */
export async function playScenario(scenario: Scenario): Promise<void> {
  const parsed = parseAutoscaler(scenario.autoscaler);
  assert.ok("autoscaler" in parsed, JSON.stringify(parsed.problems));
  const { autoscaler } = parsed;
  const queues = new Map(autoscaler.signals.map(({ name }) => [name, new ScriptedQueue()]));
  for (const queue of queues.values()) queue.waits = scenario.waits ? "well" : "never";
  const world = controllerWorld({ sourceType: (type) => scripted(type, autoscaler, queues) });
  world.workloads.set(autoscaler.target.name, scenario.replicas);
  world.controller.keep(parsed);

  const happen = ({ readings, replicas, clockStep }: Moment) => {
    for (const [name, said] of Object.entries(readings ?? {})) queues.get(name)?.put(answerOf(said));
    if (replicas !== undefined) world.workloads.set(autoscaler.target.name, replicas);
    if (clockStep !== undefined) world.clock.stepWall(clockStep * 1000);
  };
  const check = (expected: Scenario["expect"][number]) => {
    const when = `at ${expected.at} s`;
    if (expected.replicas !== undefined) {
      assert.equal(world.workloads.replicas(autoscaler.target.name), expected.replicas, `replicas ${when}`);
    }
    const conditions = Object.keys(expected.conditions ?? {}).map((type) => {
      const condition = world.reporter.accounts
        .get(autoscaler.origin.name)
        ?.conditions.find((one) => one.type === type);
      return [type, `${condition?.status} ${condition?.reason}`];
    });
    assert.deepEqual(Object.fromEntries(conditions), expected.conditions ?? {}, `conditions ${when}`);
  };

  const isFirst = ({ at }: Moment) => at <= 0;
  for (const moment of scenario.timeline.filter(isFirst)) happen(moment);
  await world.elect();
  const events = [
    ...scenario.timeline
      .filter((moment) => !isFirst(moment))
      .map((moment) => ({ at: moment.at, run: () => happen(moment) })),
    ...scenario.expect.map((expected) => ({ at: expected.at, run: () => check(expected) })),
  ].sort((a, b) => a.at - b.at);
  const started = world.clock.monotonic();
  for (const event of events) {
    await world.clock.advance(started + event.at * 1000 - world.clock.monotonic());
    event.run();
    await settle();
  }
  const scalings = world.workloads.scalings.map(({ from, to }) => `${from} -> ${to}`);
  if (scenario.scalings !== undefined) assert.deepEqual(scalings, scenario.scalings);
  await world.stop();
}

/** The real source's pace and name, with a script in place of its server. */
function scripted(
  type: string,
  autoscaler: Autoscaler,
  queues: ReadonlyMap<string, ScriptedQueue>,
): SourceType | undefined {
  const real = SOURCES.find((source) => source.type === type);
  if (real === undefined) return undefined;
  return {
    ...real,
    connect(settings, tools) {
      const signal = autoscaler.signals.find(({ source }) => isDeepStrictEqual(source.settings, settings));
      const queue = queues.get(signal?.name ?? "");
      if (queue === undefined) throw new SourceError("NotFound", "no signal of the scenario asks this");
      return {
        read: (abort) => queue.read(tools.now, abort),
        ...(queue.waits === "never" ? {} : { waitForWork: (abort: AbortSignal) => queue.wait(abort) }),
      };
    },
  };
}

function answerOf(said: NonNullable<Moment["readings"]>[string]): Answer {
  if (typeof said !== "object") return said;
  if ("failure" in said) return new SourceError(said.failure, "the scenario says so");
  return readingIn(said);
}
