import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";

const NAMES = ["a", "b", "c"] as const;
const name = fc.constantFrom(...NAMES);
const event = fc.oneof(
  fc.record({ do: fc.constant("keep" as const), name, queue: name, target: name }),
  fc.record({ do: fc.constant("break" as const), name }),
  fc.record({ do: fc.constant("forget" as const), name }),
  fc.record({ do: fc.constant("fill" as const), name, messages: fc.integer({ min: 0, max: 99 }) }),
  fc.record({ do: fc.constant("fail" as const), name }),
  fc.record({ do: fc.constant("scale" as const), name, replicas: fc.integer({ min: 0, max: 12 }) }),
  fc.record({ do: fc.constant("pass" as const), milliseconds: fc.integer({ min: 0, max: 5_000 }) }),
  fc.record({ do: fc.constant("step" as const), seconds: fc.integer({ min: -9_999, max: 9_999 }) }),
  fc.record({ do: fc.constant("depose" as const) }),
);
type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

type World = ReturnType<typeof controllerWorld>;
const idOf = (each: string) => `WorkerPodAutoScaler/shop/${each}`;

const HAPPENINGS: { readonly [Kind in Event["do"]]: (world: World, event: Extract<Event, { do: Kind }>) => unknown } = {
  keep: ({ controller }, kept) => controller.keep(autoscalerOf(kept)),
  break({ controller }, broken) {
    const { origin } = parsedAutoscaler(broken.name).autoscaler;
    controller.keep({
      id: idOf(broken.name),
      origin,
      problems: [{ path: "spec", message: "expected a mapping, got 3" }],
    });
  },
  forget: ({ controller }, forgotten) => controller.forget(idOf(forgotten.name)),
  fill: (world, filled) => world.queue(filled.name).put(filled.messages),
  fail: (world, failed) => world.queue(failed.name).put(new Error("dead")),
  scale: ({ workloads }, scaled) => workloads.set(scaled.name, scaled.replicas),
  pass: ({ clock }, passed) => clock.advance(passed.milliseconds),
  step: ({ clock }, stepped) => clock.stepWall(stepped.seconds * 1000),
  async depose(world) {
    await world.depose();
    await world.elect();
  },
};

async function happen<Kind extends Event["do"]>(world: World, event: Extract<Event, { do: Kind }>): Promise<void> {
  await HAPPENINGS[event.do as Kind](world, event);
}

function autoscalerOf(kept: { name: string; queue: string; target: string }) {
  const target = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: kept.target };
  return parsedAutoscaler(kept.name, { queue: kept.queue, target, coolDownSeconds: 10 });
}

type Kept = Extract<Event, { do: "keep" }>;

/** What the controller was told last: by name, the autoscaler, or undefined for one with an error in it. */
function lastWords(events: readonly Event[]): Map<string, Kept | undefined> {
  const words = new Map<string, Kept | undefined>();
  for (const happening of events) {
    if (happening.do === "keep") words.set(happening.name, happening);
    if (happening.do === "break") words.set(happening.name, undefined);
    if (happening.do === "forget") words.delete(happening.name);
  }
  return words;
}

/** All are equally old: the one whose id comes first scales. */
function holderOf(target: string, words: Map<string, Kept | undefined>): Kept | undefined {
  return [...words.values()]
    .filter((kept) => kept?.target === target)
    .sort((x, y) => ((x?.name ?? "") < (y?.name ?? "") ? -1 : 1))[0];
}

const MESSAGES = { a: 5, b: 25, c: 45 };
const WANTED = { a: 1, b: 3, c: 5 };

/** A world with three workloads at zero, and three queues. */
async function threeWorkers(waits: boolean): Promise<World> {
  const world = controllerWorld();
  for (const each of NAMES) {
    world.workloads.set(each, 0);
    world.queue(each).waits = waits ? "well" : "unsupported";
  }
  await world.elect();
  return world;
}

async function assertNothingLeft(world: World): Promise<void> {
  for (const each of NAMES) world.controller.forget(idOf(each));
  await world.stop();
  assert.deepEqual(world.controller.load, { reconcilers: 0, observations: 0, claims: 0, queued: 0 });
  assert.equal(world.clock.pending, 0);
  assert.equal(world.workloads.followers, 0);
}

test("whatever happens in whatever order, the end is what the last state of everything asks for", async () => {
  const story = async (events: readonly Event[], waits: boolean) => {
    const world = await threeWorkers(waits);
    for (const happening of events) await happen(world, happening);
    for (const each of NAMES) world.queue(each).put(MESSAGES[each]);
    await world.clock.advance(120_000);

    const words = lastWords(events);
    assert.equal(world.controller.load.reconcilers, words.size);
    for (const target of NAMES) {
      const holder = holderOf(target, words);
      if (holder !== undefined) assert.equal(world.workloads.replicas(target), WANTED[holder.queue], target);
    }
    await assertNothingLeft(world);
  };
  const histories = fc.asyncProperty(fc.array(event, { maxLength: 25 }), fc.boolean(), story);
  await fc.assert(histories, { numRuns: 200 });
});
