import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

test("autoscalers that ask the same share one look, however many they are", async () => {
  const world = controllerWorld();
  for (const name of ["a", "b", "c"]) {
    world.workloads.set(name, 1);
    world.controller.keep(parsedAutoscaler(name, { queue: "shared", minReplicas: 1 }));
  }
  world.queue("shared").answer = 25;
  await world.elect();
  assert.equal(world.queue("shared").opened, 1);
  assert.equal(world.queue("shared").reads, 1);
  assert.deepEqual(
    ["a", "b", "c"].map((name) => world.workloads.replicas(name)),
    [3, 3, 3],
  );
  world.controller.forget("WorkerPodAutoScaler/shop/a");
  world.controller.forget("WorkerPodAutoScaler/shop/b");
  await settle();
  assert.equal(world.queue("shared").closed, 0);
  world.controller.forget("WorkerPodAutoScaler/shop/c");
  await settle();
  assert.equal(world.queue("shared").closed, 1);
  await world.stop();
});

test("an autoscaler whose queue changes never acts on the old queue's numbers", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("old").answer = 0;
  world.queue("new").answer = "hang";
  world.controller.keep(parsedAutoscaler("mail", { queue: "old" }));
  await world.elect();
  world.queue("old").answer = 100;
  world.controller.keep(parsedAutoscaler("mail", { queue: "new" }));
  await world.clock.advance(60_000);
  assert.equal(world.workloads.scalings.length, 0);
  assert.equal(world.queue("old").reads, 1);
  assert.equal(world.queue("old").closed, 1);
  assert.equal(world.reporter.accounts.get("mail")?.signals.queue?.reading, undefined);
  await world.stop();
});

test("an answer to the old queue's look, still under way when the queue changes, is dropped", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("old").answer = "hang";
  world.controller.keep(parsedAutoscaler("mail", { queue: "old" }));
  await world.elect();
  world.controller.keep(parsedAutoscaler("mail", { queue: "new" }));
  await settle();
  world.queue("old").answerAbandoned(1_000, world.clock.wall());
  await world.clock.advance(1_000);
  assert.equal(world.workloads.scalings.length, 0);
  await world.stop();
});

test("an object that is deleted while its queue is being read takes nothing along", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").answer = "hang";
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  world.controller.forget("WorkerPodAutoScaler/shop/mail");
  await settle();
  world.queue("mail").answerAbandoned(1_000, world.clock.wall());
  await settle();
  assert.equal(world.workloads.scalings.length, 0);
  assert.equal(world.queue("mail").closed, 1);
  assert.equal(world.clock.pending, 0);
  await world.stop();
});

test("the same events twice, or an update after a deletion, change nothing that matters", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 1);
  const parsed = parsedAutoscaler("mail", { minReplicas: 1 });
  for (let times = 0; times < 3; times += 1) world.controller.keep(parsed);
  await world.elect();
  const { reads } = world.queue("mail");
  const { reports } = world.reporter;
  for (let times = 0; times < 3; times += 1) world.controller.keep(structuredClone(parsed));
  world.controller.forget("WorkerPodAutoScaler/shop/nobody");
  await settle();
  assert.equal(world.queue("mail").reads, reads);
  assert.equal(world.reporter.reports, reports);
  world.controller.forget(parsed.autoscaler.id);
  world.controller.forget(parsed.autoscaler.id);
  world.controller.keep(parsed);
  await settle();
  assert.deepEqual(world.controller.load, { reconcilers: 1, observations: 1, claims: 1, queued: 0 });
  await world.stop();
});

test("an object made again under its name is another object, with the memory of its own status", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 5);
  const parsed = parsedAutoscaler("mail", { memory: { lastScaleAt: world.clock.wall() } });
  world.controller.keep(parsed);
  await world.elect();
  await world.clock.advance(1_000);
  assert.equal(world.workloads.replicas("mail"), 5);
  const origin = { ...parsed.autoscaler.origin, uid: "another" };
  world.controller.keep({ ...parsed, memory: {}, autoscaler: { ...parsed.autoscaler, origin } });
  await world.clock.advance(1_000);
  assert.equal(world.workloads.replicas("mail"), 0);
  await world.stop();
});

test("a dry run's look may not touch the queue, and is not shared with one that may", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 50;
  world.controller.keep(parsedAutoscaler("mail", { mode: "DryRun" }));
  await world.elect();
  assert.equal(world.queue("mail").touched, false);
  assert.equal(world.workloads.scalings.length, 0);
  assert.equal(world.reporter.accounts.get("mail")?.decision?.desiredReplicas, 5);
  assert.deepEqual(world.reporter.conditions("mail")[0], "Ready=True DryRun");
  await world.stop();
});

test("a process in dry run decides and reports, and never scales", async () => {
  const world = controllerWorld({ dryRun: true });
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 50;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  await world.clock.advance(600_000);
  assert.equal(world.queue("mail").touched, false);
  assert.equal(world.workloads.scalings.length, 0);
  assert.equal(world.reporter.accounts.get("mail")?.decision?.desiredReplicas, 5);
  await world.stop();
});

test("a dry run logs what it would do, once for each change of it", async () => {
  const world = controllerWorld({ dryRun: true });
  const said = () => world.lines.filter((line) => line.includes("Would scale the workload"));
  world.workloads.set("mail", 0);
  world.queue("mail").answer = 50;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  await world.clock.advance(600_000);
  assert.equal(said().length, 1);
  assert.match(said()[0] ?? "", /^info .*"id":"WorkerPodAutoScaler\/shop\/mail","from":0,"to":5,"reason":"50 messages/);
  world.queue("mail").answer = 70;
  await world.clock.advance(60_000);
  assert.equal(said().length, 2);
  world.queue("mail").answer = 0;
  await world.clock.advance(60_000);
  world.queue("mail").answer = 70;
  await world.clock.advance(60_000);
  assert.equal(said().length, 3);
  await world.stop();
});

test("a source's own timeoutSeconds decides how long a read may take, not a limit of the controller", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 1);
  world.queue("mail").answer = "hang";
  const source = { type: "scripted", settings: { queue: "mail", timeoutSeconds: 120 } };
  world.controller.keep(parsedAutoscaler("mail", { minReplicas: 1, signal: { source, freshnessSeconds: 600 } }));
  await world.elect();
  await world.clock.advance(119_000);
  assert.equal(world.counts.get("looked scripted TimedOut"), undefined);
  await world.clock.advance(1_000);
  assert.equal(world.counts.get("looked scripted TimedOut"), 1);
  await world.stop();
});

test("sources with large answers are read less often, and no other for them", async () => {
  const world = controllerWorld({ pace: { movingSeconds: 1, steadySeconds: 1 } });
  for (const name of ["large", "small"]) {
    world.workloads.set(name, 1);
    world.queue(name).answer = 1;
    world.controller.keep(parsedAutoscaler(name, { minReplicas: 1 }));
  }
  world.queue("large").spends = 200;
  await world.elect();
  await world.clock.advance(60_000);
  const [large, small] = [world.queue("large").reads, world.queue("small").reads];
  assert.ok(large >= 12 && large <= 17, `${large} reads of 200 ms in a minute`);
  assert.ok(small >= 50, `${small} reads`);
  assert.ok((world.counts.get("put off scripted") ?? 0) > 10);
  const warnings = world.lines.filter((line) => line.includes("read less often"));
  assert.equal(warnings.length, 1, "one warning in ten minutes");
  await world.stop();
});

const EAGER = { pace: { movingSeconds: 2, steadySeconds: 10, asleepSeconds: 0.2 } };

function sleepingWorld(count: number, options: Parameters<typeof controllerWorld>[0] = EAGER) {
  const world = controllerWorld(options);
  const names = Array.from({ length: count }, (_, index) => `mail-${index}`);
  for (const name of names) {
    world.workloads.set(name, 0);
    const source = { type: "scripted", settings: { queue: name, host: "server", port: 1 } };
    world.controller.keep(parsedAutoscaler(name, { signal: { source } }));
  }
  return { world, names };
}

test("a source without a push wakes a workload at zero within its own short pause", async () => {
  const { world } = sleepingWorld(3);
  await world.elect();
  await world.clock.advance(60_000);
  world.queue("mail-1").answer = 5;
  await world.clock.advance(250);
  assert.equal(world.workloads.replicas("mail-1"), 1);
  await world.stop();
});

test("a thousand empty queues of a server are read no more often than usual, and a hundred 20 times a second", async () => {
  for (const [count, most] of [
    [1_000, 1_000 * 6],
    [100, 20 * 60],
  ] as const) {
    const { world, names } = sleepingWorld(count);
    await world.elect();
    await world.clock.advance(120_000);
    const before = names.reduce((sum, name) => sum + world.queue(name).reads, 0);
    await world.clock.advance(60_000);
    const reads = names.reduce((sum, name) => sum + world.queue(name).reads, 0) - before;
    assert.ok(reads <= most * 1.02 && reads > most * 0.8, `${reads} reads of ${count} queues in a minute`);
    await world.stop();
  }
});

test("an empty queue is read at its usual pace again once its workload runs", async () => {
  const { world } = sleepingWorld(1);
  await world.elect();
  await world.clock.advance(60_000);
  world.queue("mail-0").answer = 5;
  await world.clock.advance(10_000);
  world.queue("mail-0").answer = 0;
  await world.clock.advance(60_000);
  assert.equal(world.workloads.replicas("mail-0"), 1, "the cool-down holds it");
  const before = world.queue("mail-0").reads;
  await world.clock.advance(60_000);
  assert.ok(world.queue("mail-0").reads - before <= 7, `${world.queue("mail-0").reads - before} reads in a minute`);
  await world.stop();
});
