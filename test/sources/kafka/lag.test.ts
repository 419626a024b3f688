import assert from "node:assert/strict";
import { test } from "node:test";
import type { Admin } from "kafkajs";
import { type LagQuestion, lagByPartition } from "../../../src/sources/kafka/lag.ts";

// What librdkafka's mock cluster cannot show: a group's own topics, deleted messages, a topic made anew.
type Committed = Record<string, Record<number, string>>;
type Ends = Record<string, [low: number, high: number][]>;

function lags(committed: Committed, ends: Ends, question: Partial<LagQuestion> = {}): Promise<number[]> {
  const admin = {
    fetchOffsets: async ({ topics = Object.keys(committed) }: { topics?: string[] }) =>
      topics.map((topic) => ({
        topic,
        partitions: Object.entries(committed[topic] ?? {}).map(([partition, offset]) => ({
          partition: Number(partition),
          offset,
        })),
      })),
    fetchTopicOffsets: async (topic: string) =>
      (ends[topic] ?? []).map(([low, high], partition) => ({
        partition,
        low: `${low}`,
        high: `${high}`,
        offset: `${high}`,
      })),
  };
  return lagByPartition(admin as unknown as Admin, { group: "g", uncommitted: "all", ...question });
}

test("without topics, all that the group has committed count", async () => {
  assert.deepEqual(await lags({ a: { 0: "3" }, b: { 0: "1" } }, { a: [[0, 10]], b: [[0, 5]] }), [7, 4]);
});

test("a group that has committed nothing is missing, not idle", async () => {
  await assert.rejects(lags({}, {}), { kind: "NotFound" });
});

test("messages that were deleted before they were read do not wait", async () => {
  assert.deepEqual(await lags({ a: { 0: "3" } }, { a: [[8, 10]] }), [2]);
});

test("an offset past the end of a topic made anew is none", async () => {
  assert.deepEqual(await lags({ a: { 0: "500" } }, { a: [[0, 10]] }), [10]);
  assert.deepEqual(await lags({ a: { 0: "500" } }, { a: [[0, 10]] }, { uncommitted: "none" }), [0]);
});

test("a partition that is asked for and not there is missing", async () => {
  await assert.rejects(lags({ a: { 0: "1" } }, { a: [[0, 1]] }, { topics: ["a"], partitions: [0, 1] }), {
    kind: "NotFound",
  });
});
