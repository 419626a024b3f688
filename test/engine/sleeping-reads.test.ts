import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedPace } from "../../src/engine/pace.ts";
import { SleepingReader, SleepingReads } from "../../src/engine/sleeping-reads.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import { serverOf } from "../../src/sources/shared/share.ts";

function sleepers(count: number, serverOfIndex: (index: number) => string | undefined) {
  const reads = new SleepingReads();
  const readers = Array.from({ length: count }, (_, index) => new SleepingReader(reads, serverOfIndex(index)));
  for (const reader of readers) reader.isSleeping = true;
  return readers;
}

test("a few empty queues of a server are read as often as their source declares", () => {
  for (const reader of sleepers(4, () => "redis")) assert.equal(reader.pause(10, 0.2, 0.001), 0.2);
});

test("a hundred queues of a server share 20 reads a second, and a thousand are read no more often than usual", () => {
  for (const reader of sleepers(100, () => "redis")) assert.equal(reader.pause(10, 0.2, 0.001), 5);
  for (const reader of sleepers(1_000, () => "redis")) assert.equal(reader.pause(10, 0.2, 0.001), 10);
});

test("a thousand servers with one queue each share 200 reads a second", () => {
  for (const reader of sleepers(1_000, (index) => `redis-${index}`)) assert.equal(reader.pause(10, 0.2, 0.001), 5);
});

test("a server that answers slowly is asked for a tenth of its time at most", () => {
  for (const reader of sleepers(1, () => "postgresql")) assert.equal(reader.pause(30, 0.5, 2), 20);
});

test("who wakes, or is never asleep, takes nothing from the others", () => {
  const [first, ...others] = sleepers(100, () => "redis");
  for (const reader of others) reader.isSleeping = false;
  for (const reader of others) reader.isSleeping = false;
  assert.equal(first?.pause(10, 0.2, 0.001), 0.2);
  assert.equal(others[0]?.pause(10, 0.2, 0.001), 10);
  const [nowhere] = sleepers(1, () => undefined);
  assert.equal(nowhere?.pause(10, 0.2, 0.001), 10);
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
