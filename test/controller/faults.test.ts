import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reading } from "../../src/core/index.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import type { Answer } from "../support/scripted-source.ts";
import { settle } from "../support/virtual-clock.ts";

/** A worker that would be sent home if its queue were believed to be empty, beside one whose queue works. */
async function twoWorkers(answer: Answer) {
  const world = controllerWorld();
  for (const name of ["bad", "good"]) {
    world.workloads.set(name, 5);
    world.controller.keep(parsedAutoscaler(name));
  }
  world.queue("bad").answer = answer;
  world.queue("good").answer = 50;
  await world.elect();
  return world;
}

const FAULTS: Readonly<Record<string, { readonly answer: Answer; readonly reason: string }>> = {
  "hangs for ever": { answer: "hang", reason: "QueueUnreadable" },
  "denies access": { answer: new SourceError("Unauthorized", "403"), reason: "QueueUnreadable" },
  "throws what it should not": { answer: new TypeError("x is undefined"), reason: "QueueUnreadable" },
  "answers without a value": { answer: { value: "many" as unknown as number }, reason: "QueueUnreadable" },
  "answers NaN": { answer: { value: Number.NaN }, reason: "ReadingImplausible" },
  "answers a negative number": { answer: { value: -4 }, reason: "ReadingImplausible" },
  "answers from the future": { answer: { value: 0, at: Date.UTC(2040, 1) }, reason: "ReadingImplausible" },
  "answers from last year": { answer: { value: 0, at: Date.UTC(2025, 1) }, reason: "ReadingStale" },
};

for (const [what, { answer, reason }] of Object.entries(FAULTS)) {
  test(`a source that ${what} is reported, scales nothing down and harms nobody else`, async () => {
    const world = await twoWorkers(answer);
    await world.clock.advance(15_000);
    assert.equal(world.reporter.conditions("bad")[1], `ScalingActive=False ${reason}`);
    assert.ok(world.reporter.reasons("bad").includes(reason));
    world.queue("good").answer = 100;
    await world.clock.advance(45_000);
    assert.equal(world.workloads.replicas("bad"), 5);
    assert.equal(world.workloads.replicas("good"), 10);
    await world.stop();
    assert.equal(world.clock.pending, 0);
  });
}

test("says that a source can be read again", async () => {
  const world = await twoWorkers(new SourceError("Unavailable", "connection refused"));
  world.queue("bad").answer = 50;
  await world.clock.advance(2_000);
  assert.deepEqual(world.reporter.reasons("bad"), ["QueueUnreadable", "Recovered"]);
  assert.equal(world.reporter.conditions("bad")[1], "ScalingActive=True ValidMetricFound");
  await world.stop();
});

test("a source whose answers fail a thousand times is asked ever more rarely, and one event tells of it", async () => {
  const world = await twoWorkers(new SourceError("Malformed", "no number"));
  await world.clock.advance(3_600_000);
  const asked = world.queue("bad").reads;
  assert.ok(asked > 100 && asked < 250, `${asked} looks in an hour`);
  await world.clock.advance(6 * 3_600_000);
  assert.ok(world.queue("bad").reads > 1_000);
  assert.deepEqual(world.reporter.reasons("bad"), ["QueueUnreadable"]);
  assert.equal(world.lines.filter((line) => line.includes("/bad")).length, 1);
  await world.stop();
});

test("an error whose text changes each time is one event; another kind of error is another", async () => {
  const world = await twoWorkers(new SourceError("Unavailable", "request 1 failed"));
  for (let request = 2; request < 20; request += 1) {
    world.queue("bad").answer = new SourceError("Unavailable", `request ${request} failed`);
    await world.clock.advance(30_000);
  }
  world.queue("bad").answer = new SourceError("Unauthorized", "the key was revoked");
  await world.clock.advance(30_000);
  assert.deepEqual(world.reporter.reasons("bad"), ["QueueUnreadable", "QueueUnreadable"]);
  await world.stop();
});

test("a throttled source gets more time than a failing one", async () => {
  const world = await twoWorkers(new SourceError("Throttled", "slow down"));
  await world.clock.advance(60_000);
  assert.ok(world.queue("bad").reads <= 6, `${world.queue("bad").reads} looks in a minute`);
  await world.stop();
});

test("what a hung source answers after its time is dropped", async () => {
  const world = await twoWorkers("hang");
  await world.clock.advance(12_000);
  const reading: Reading = { at: world.clock.wall(), value: 1_000 };
  world.queue("bad").answerAbandoned(reading.value, reading.at);
  await settle();
  assert.equal(world.workloads.replicas("bad"), 5);
  assert.equal(world.reporter.conditions("bad")[1], "ScalingActive=False QueueUnreadable");
  await world.stop();
});

test("many hung sources do not keep the others of their type from being read", async () => {
  const world = controllerWorld({ pollsInFlight: 4 });
  for (let index = 0; index < 20; index += 1) {
    world.queue(`hung-${index}`).answer = "hang";
    world.workloads.set(`hung-${index}`, 1);
    world.controller.keep(parsedAutoscaler(`hung-${index}`));
  }
  world.workloads.set("good", 0);
  world.queue("good").answer = 30;
  world.controller.keep(parsedAutoscaler("good"));
  await world.elect();
  await world.clock.advance(5_500);
  assert.equal(world.workloads.replicas("good"), 3);
  await world.stop();
});

test("a decision that throws is reported, tried again ever more rarely, and harms nobody else", async () => {
  const { decide } = await import("../../src/core/index.ts");
  let thrown = 0;
  const world = controllerWorld({
    decide(situation) {
      if (situation.autoscaler.origin.name !== "bad") return decide(situation);
      thrown += 1;
      throw new Error("a rule is broken");
    },
  });
  for (const name of ["bad", "good"]) {
    world.workloads.set(name, 0);
    world.queue(name).answer = 50;
    world.controller.keep(parsedAutoscaler(name));
  }
  await world.elect();
  await world.clock.advance(3_600_000);
  assert.equal(world.workloads.replicas("good"), 5);
  assert.ok(thrown > 5 && thrown < 40, `${thrown} passes in an hour`);
  assert.ok(world.lines.some((line) => line.startsWith("error") && line.includes("a rule is broken")));
  assert.equal(world.reporter.conditions("bad")[0], "Ready=False InternalError");
  await world.stop();
});

test("a source type that this process does not have is a failure like any other", async () => {
  const world = controllerWorld({ sourceType: () => undefined });
  world.workloads.set("mail", 5);
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  assert.equal(world.reporter.conditions("mail")[1], "ScalingActive=False QueueUnreadable");
  assert.match(world.reporter.accounts.get("mail")?.conditions[1]?.message ?? "", /no source of type "scripted"/);
  await world.stop();
});

test("what is no queue is said to be a metric that cannot be read", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 1);
  world.queue("mail").answer = new SourceError("Unavailable", "down");
  const rule = { kind: "perReplica", valuePerReplica: 1, activationValue: 0, tolerance: 0 } as const;
  world.controller.keep(parsedAutoscaler("mail", { profile: "worker-autoscaler", signal: { rule } }));
  await world.elect();
  assert.equal(world.reporter.conditions("mail")[1], "ScalingActive=False MetricUnreadable");
  assert.deepEqual(world.reporter.reasons("mail"), ["MetricUnreadable"]);
  await world.stop();
});
