import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedPace } from "../../src/engine/pacing.ts";
import { AnswerTime, SleepingReads } from "../../src/engine/poll-budgets.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { serverOf } from "../../src/sources/shared/share.ts";

/** The pauses of empty queues whose source is polled every 10 s, and every 0.2 s while asleep. */
function pauses(count: number, serverOfIndex: (index: number) => string, readSeconds = 0.001): ReadonlySet<number> {
  const reads = new SleepingReads();
  for (let index = 0; index < count; index += 1) reads.count(serverOfIndex(index), 1);
  return new Set(Array.from({ length: count }, (_, index) => reads.pause(serverOfIndex(index), 0.2, readSeconds)));
}

test("a few empty queues of a server are read as often as their source declares", () => {
  assert.deepEqual([...pauses(4, () => "redis")], [0.2]);
});

test("a hundred queues of a server share 20 reads a second, and a thousand too", () => {
  assert.deepEqual([...pauses(100, () => "redis")], [5]);
  assert.deepEqual([...pauses(1_000, () => "redis")], [50]);
});

test("a thousand servers with one queue each share 200 reads a second", () => {
  assert.deepEqual([...pauses(1_000, (index) => `redis-${index}`)], [5]);
});

test("a server that answers slowly is asked for a tenth of its time at most", () => {
  assert.deepEqual([...pauses(1, () => "postgresql", 2)], [20]);
});

test("a queue whose workload wakes takes nothing from the others", () => {
  const reads = new SleepingReads();
  for (let index = 0; index < 100; index += 1) reads.count("redis", 1);
  for (let index = 0; index < 99; index += 1) reads.count("redis", -1);
  assert.equal(reads.pause("redis", 0.2, 0.001), 0.2);
});

test("an interval that every user set is kept while the workload sleeps", () => {
  const pace = { movingSeconds: 2, steadySeconds: 10, asleepSeconds: 0.2 };
  assert.equal(sharedPace(pace, [{ pollIntervalSeconds: 5, freshnessSeconds: 60 }]).asleepSeconds, undefined);
  const wishes = [
    { pollIntervalSeconds: 5, freshnessSeconds: 60 },
    { pollIntervalSeconds: undefined, freshnessSeconds: 60 },
  ];
  assert.equal(sharedPace(pace, wishes).asleepSeconds, 0.2);
});

test("sources that cost money for each call, and those that push, are not read more often for a sleeping workload", () => {
  for (const type of SOURCES) {
    const isPaced = ["sqs", "cloudwatch", "beanstalkd", "cron", "constant"].includes(type.type);
    assert.equal(type.pace.asleepSeconds === undefined, isPaced, type.type);
  }
});

test("settings that lead to one server name it alike, and others not", () => {
  assert.equal(
    serverOf("redis", { host: "a", port: 1, key: "x" }),
    serverOf("redis", { host: "a", port: 1, key: "y" }),
  );
  assert.notEqual(serverOf("redis", { host: "a", port: 1 }), serverOf("redis", { host: "a", port: 2 }));
  assert.equal(serverOf("http", { url: "http://a:80/x?y" }), serverOf("prometheus", { url: "http://a/z" }));
  assert.equal(serverOf("kafka", { brokers: ["b:1", "a:1"] }), serverOf("kafka", { brokers: ["a:1", "b:1"] }));
  assert.equal(serverOf("cron", { start: "0 8 * * *" }), undefined);
});

test("small answers put nothing off, however many there are", () => {
  const budget = new AnswerTime();
  for (let index = 0; index < 1_000; index += 1) assert.equal(budget.charge("shop", 0.9, 1_000), 1_000);
});

test("large answers to one namespace take at most a twentieth of the time together", () => {
  const budget = new AnswerTime();
  const polls = Array.from({ length: 20 }, () => ({ dueAt: 0 }));
  let taken = 0;
  for (let now = 0; now < 600_000; now += 100) {
    for (const poll of polls.filter(({ dueAt }) => dueAt <= now)) {
      taken += 30;
      poll.dueAt = Math.max(now + 1_000, budget.charge("shop", 30, now));
    }
  }
  // The first round comes before anything is known of the answers.
  assert.ok(taken <= 600_000 * 0.05 + 20 * 30, `${taken} ms`);
  assert.ok(taken >= 600_000 * 0.04, `${taken} ms`);
});

test("what one namespace takes does not put off another's reads", () => {
  const budget = new AnswerTime();
  for (let index = 0; index < 2_000; index += 1) budget.charge(`tenant-${index}`, 500, 0);
  assert.equal(budget.charge("shop", 10, 0), 200);
});
