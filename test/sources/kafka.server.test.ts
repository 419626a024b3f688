import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Consumer } from "@platformatic/kafka";
import kafka from "../../src/sources/kafka.ts";
import { fileEnding } from "../support/at-end.ts";
import { KAFKA } from "../support/servers/kafka.ts";
import { kafkaProducer, messages } from "../support/servers/kafka-producer.ts";
import { sourceTools } from "../support/source-tools.ts";
import { eventually } from "../support/waiting.ts";
import { testSource } from "./conformance.ts";
import { behindDoor, type KafkaStage, SCALER, STRANGER, setKafkaStage } from "./kafka/kafka-stage.ts";
import { failedPoll, poll } from "./poll.ts";
import type { Behaviour } from "./stage.ts";

const ending = fileEnding();
let stage: KafkaStage;

before(async () => {
  if (!KAFKA.skip) stage = await setKafkaStage(ending);
});

function address(listener: keyof KafkaStage["ports"]): string {
  return `127.0.0.1:${stage.ports[listener]}`;
}

const jobs = { group: "workers", topics: ["jobs"], uncommitted: "none", timeoutSeconds: 5 };
const scaler = { username: SCALER.name, password: SCALER.password, mechanism: "scram-sha-512" };

testSource(kafka, {
  skip: KAFKA.skip,
  value: 4,
  secrets: [SCALER.password, STRANGER.password],
  // The broker names this one door to its clients, so that what stands behind it decides over all that they ask.
  stage: async (behaviour) => {
    // A giant answer ends by its size, for which a busy machine takes its time.
    const timeoutSeconds = behaviour === "giant" ? 20 : 2;
    return behindDoor(stage, behaviour, { ...jobs, ...scaler, ...wrongIn[behaviour], timeoutSeconds });
  },
  excused: {
    stale: "offsets are of now",
    throttled: "a quota delays answers and refuses none",
    failing: "a broker that cannot answer closes the connection: see cutting",
  },
  wrong: { settings: { brokers: ["kafka"], mechanism: "gssapi" }, names: ["brokers", "group", "mechanism"] },
});

const wrongIn: Partial<Record<Behaviour, Record<string, unknown>>> = {
  unauthorized: { password: `${SCALER.password}!` },
  forbidden: { username: STRANGER.name, password: STRANGER.password },
  notFound: { partitions: [0, 9] },
  missing: { group: "nobody", topics: undefined },
};

test("a real Kafka", { skip: KAFKA.skip, timeout: 500_000 }, async (t) => {
  const read = async (settings: Record<string, unknown>) =>
    (await poll(kafka, { brokers: [address("plain")], group: "workers", ...settings })).value;
  const failed = (settings: Record<string, unknown>) =>
    failedPoll(kafka, { brokers: [address("plain")], group: "workers", ...settings });

  await t.test("counts the lag of one topic; a partition without a committed offset whole, or not at all", async () => {
    assert.equal(await read({ topics: ["jobs"] }), 6);
    assert.equal(await read({ topics: ["jobs"], uncommitted: "none" }), 4);
  });

  await t.test("counts all topics that the group has committed an offset of", async () => {
    assert.equal(await read({}), 6);
    await stage.commit("everywhere", "jobs", { 0: 10, 1: 5, 3: 0 });
    await stage.commit("everywhere", "mails", { 0: 1 });
    assert.equal(await read({ group: "everywhere" }), 5);
    assert.equal(await read({ group: "everywhere", topics: ["jobs", "mails"] }), 5);
  });

  await t.test("counts some partitions alone", async () => {
    assert.equal(await read({ topics: ["jobs"], partitions: [1, 3] }), 2);
  });

  await t.test("asks for no more replicas than partitions have lag, on demand", async () => {
    assert.equal(await read({ topics: ["jobs"], lagPerReplica: 2 }), 4);
    assert.equal(await read({ topics: ["jobs"], lagPerReplica: 100 }), 6);
  });

  await t.test(
    "a group that does not exist has all messages of the topics named before it, or none, or is missing",
    async () => {
      const nobody = { group: "nobody", topics: ["jobs", "mails"] };
      assert.equal(await read(nobody), 21);
      assert.equal(await read({ ...nobody, uncommitted: "none" }), 0);
      const failure = await failed({ group: "nobody" });
      assert.equal(failure.kind, "NotFound");
      assert.match(failure.message, /the group nobody has committed no offset: name its topics, or start it once/);
    },
  );

  await t.test("a group that has members and no commits counts as one that does not exist", async () => {
    const consumer = new Consumer({ ...stage.client, groupId: "idle" });
    try {
      await consumer.consume({ topics: ["jobs"], autocommit: false });
      assert.equal(await read({ group: "idle", topics: ["jobs"] }), 17);
      assert.equal((await failed({ group: "idle" })).kind, "NotFound");
    } finally {
      await consumer.close(true);
    }
  });

  await t.test("says which member of a group has messages left, and which has none", async () => {
    const consumer = new Consumer({ ...stage.client, groupId: "busy" });
    const stated = { brokers: [address("plain")], group: "busy", topics: ["jobs"] };
    const list = kafka.consumers?.open(kafka.settings.parse(stated), sourceTools());
    assert.ok(list !== undefined);
    try {
      await consumer.consume({ topics: ["jobs"], autocommit: false });
      const consumers = async () => (await list.read(AbortSignal.timeout(20_000))).consumers;
      await eventually(async () => assert.deepEqual(await consumers(), [{ worker: "127.0.0.1", messages: 17 }]));
      await consumer.close(true);
      await eventually(async () => assert.deepEqual(await consumers(), []));
    } finally {
      await list.close?.();
      if (!consumer.closed) await consumer.close(true);
    }
  });

  await t.test("says the same of a group with the newer protocol (KIP-848)", async () => {
    const consumer = new Consumer({ ...stage.client, groupId: "newer", groupProtocol: "consumer" });
    const stated = { brokers: [address("plain")], group: "newer", topics: ["jobs"] };
    const list = kafka.consumers?.open(kafka.settings.parse(stated), sourceTools());
    assert.ok(list !== undefined);
    const consumers = async () => (await list.read(AbortSignal.timeout(20_000))).consumers;
    try {
      await assert.rejects(consumers(), /newer|GROUP_ID_NOT_FOUND/, "a group that is not there is not idle");
      await consumer.consume({ topics: ["jobs"], autocommit: false });
      await eventually(async () => assert.deepEqual(await consumers(), [{ worker: "127.0.0.1", messages: 17 }]));
      await consumer.close(true);
      await eventually(async () => assert.deepEqual(await consumers(), []));
    } finally {
      await list.close?.();
      if (!consumer.closed) await consumer.close(true);
    }
  });

  await t.test("a topic that does not exist is missing, and a poll does not create it", async () => {
    const failure = await failed({ topics: ["ghost"] });
    assert.equal(failure.kind, "NotFound");
    assert.ok(!(await stage.admin.listTopics()).includes("ghost"));
  });

  await t.test("a topic that is missing or deleted disturbs no other poll over the same connection", async () => {
    await stage.admin.createTopics({ topics: ["doomed"] });
    const tools = sourceTools();
    const open = (topic: string) =>
      kafka.connect(kafka.settings.parse({ brokers: [address("plain")], group: "workers", topics: [topic] }), tools);
    const [doomed, mails, ghost] = [open("doomed"), open("mails"), open("ghost")];
    const signal = new AbortController().signal;
    try {
      await eventually(async () => assert.equal((await doomed.read(signal)).value, 0));
      await stage.admin.deleteTopics({ topics: ["doomed"] });
      await eventually(() => assert.rejects(doomed.read(signal), { kind: "NotFound" }));
      for (let n = 0; n < 20; n += 1) {
        const polls = [ghost, mails, doomed, mails].map((source) => source.read(signal));
        const [of, one, gone, two] = await Promise.allSettled(polls);
        assert.deepEqual([of?.status, gone?.status], ["rejected", "rejected"]);
        for (const good of [one, two]) assert.equal(good?.status === "fulfilled" && good.value.value, 4);
      }
    } finally {
      await Promise.all([doomed, mails, ghost].map((source) => source.close?.()));
    }
  });

  await t.test("partitions that are added count from the next poll on", async () => {
    await stage.admin.createTopics({ topics: ["growing"], partitions: 1 });
    const settings = { brokers: [address("plain")], group: "workers", topics: ["growing"] };
    const source = kafka.connect(kafka.settings.parse(settings), sourceTools());
    const signal = new AbortController().signal;
    try {
      await eventually(async () => assert.equal((await source.read(signal)).value, 0));
      await stage.admin.createPartitions({ topics: [{ name: "growing", count: 3 }] });
      // A producer of its own knows no older partitions.
      const late = kafkaProducer(ending, stage.client);
      await eventually(() => late.send({ messages: messages("growing", 2, 2) }));
      assert.equal((await source.read(signal)).value, 2);
    } finally {
      await source.close?.();
    }
  });

  await t.test("messages deleted before they were read do not wait any more", async () => {
    await stage.admin.createTopics({ topics: ["short"], partitions: 1 });
    await stage.producer.send({ messages: messages("short", 9, 0) });
    await stage.commit("workers", "short", { 0: 2 });
    assert.equal(await read({ topics: ["short"] }), 7);
    await stage.admin.deleteRecords({ topics: [{ name: "short", partitions: [{ partition: 0, offset: 6n }] }] });
    assert.equal(await read({ topics: ["short"] }), 3);
  });

  await t.test("an offset past the end, as of an earlier topic of that name, is none", async () => {
    await stage.commit("late", "mails", { 0: 500 });
    assert.equal(await read({ group: "late", topics: ["mails"] }), 4);
    assert.equal(await read({ group: "late", topics: ["mails"], uncommitted: "none" }), 0);
  });

  await t.test("the gaps that transactions leave count until the group has passed them", async () => {
    await stage.admin.createTopics({ topics: ["paid"], partitions: 1 });
    const till = kafkaProducer(ending, { ...stage.client, transactionalId: "till", idempotent: true });
    for (const end of ["commit", "abort", "commit"] as const) {
      const transaction = await till.beginTransaction();
      await transaction.send({ messages: messages("paid", 3, 0) });
      await transaction[end]();
    }
    // Three times three messages, and a marker after each three.
    await eventually(async () => assert.equal(await read({ topics: ["paid"] }), 12));
    await stage.commit("workers", "paid", { 0: 12 });
    assert.equal(await read({ topics: ["paid"] }), 0);
  });

  await t.test("the gaps that compaction leaves count until the group has passed them", async () => {
    const compacting = { "cleanup.policy": "compact", "segment.ms": "50", "min.cleanable.dirty.ratio": "0.01" };
    const configs = Object.entries(compacting).map(([name, value]) => ({ name, value }));
    await stage.admin.createTopics({ topics: ["latest"], partitions: 1, configs });
    let sent = 0;
    await eventually(async () => {
      await stage.producer.send({ messages: [{ topic: "latest", key: "k", value: `${++sent}` }] });
      const partitions = [{ partitionIndex: 0, timestamp: 1n }];
      const [latest] = await stage.admin.listOffsets({ topics: [{ name: "latest", partitions }] });
      assert.ok(Number(latest?.partitions[0]?.offset) > 0, "nothing is compacted yet");
    });
    assert.equal(await read({ topics: ["latest"] }), sent);
    await stage.commit("workers", "latest", { 0: sent });
    assert.equal(await read({ topics: ["latest"] }), 0);
  });
});
