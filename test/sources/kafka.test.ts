import assert from "node:assert/strict";
import { before, test } from "node:test";
import kafka from "../../src/sources/kafka.ts";
import { fileEnding } from "../support/at-end.ts";
import { messages } from "../support/servers/kafka-producer.ts";
import { MOCK_KAFKA, type MockKafka, startMockKafka } from "../support/servers/mock-kafka.ts";
import { testSource } from "./conformance.ts";
import { poll } from "./poll.ts";
import type { Stage } from "./stage.ts";
import { passOn, tcpStage } from "./tcp-stage.ts";

const PASSWORD = "k@fka:pass/word";
const ending = fileEnding();
let cluster: MockKafka;

before(async () => {
  if (MOCK_KAFKA.skip) return;
  cluster = await startMockKafka(ending);
  const sent = [...messages("jobs", 10, 0), ...messages("jobs", 5, 1), ...messages("jobs", 2, 3)];
  await cluster.producer.send({ messages: [...sent, ...messages("mails", 4, 0)] });
  // 6 of the 10 messages of partition 0, and all of partition 1.
  const partitionOffsets = [
    { partition: 0, offset: 6n },
    { partition: 1, offset: 5n },
  ];
  await cluster.admin.alterConsumerGroupOffsets({ groupId: "workers", topics: [{ name: "jobs", partitionOffsets }] });
});

const BROKEN = ["hanging", "cutting", "garbage", "giant"];
const common = { group: "workers", topics: ["jobs"], uncommitted: "none" };

const stage = tcpStage({
  settings({ host, port }, behaviour) {
    // A giant answer ends by its size, for which a busy machine takes its time.
    const settings = { brokers: [`${host}:${port}`], ...common, timeoutSeconds: behaviour === "giant" ? 20 : 2 };
    if (behaviour === "notFound") return { ...settings, topics: ["jobs"], partitions: [0, 9] };
    if (behaviour === "missing") return { brokers: settings.brokers, group: "nobody", timeoutSeconds: 2 };
    // A connection is refused before it is asked for the password.
    return BROKEN.includes(behaviour) ? { ...settings, username: "u", password: PASSWORD } : settings;
  },
  script: (behaviour) => (BROKEN.includes(behaviour) ? undefined : passOn(cluster.port)),
});

testSource(kafka, {
  skip: MOCK_KAFKA.skip,
  value: 4,
  secrets: [PASSWORD],
  // A cluster names its brokers itself, so that a stage in between cannot break the connection to them.
  stage: async (behaviour, staleAt): Promise<Stage> => {
    const { become: _become, ...rest } = await stage(behaviour, staleAt);
    return rest;
  },
  excused: {
    stale: "offsets are of now",
    unauthorized: "the mock cluster asks for no password",
    forbidden: "the mock cluster has no access rules",
    throttled: "a quota delays answers and refuses none",
    failing: "the mock cluster's errors cannot be set from outside",
  },
  wrong: {
    settings: {
      brokers: ["http://kafka"],
      topics: [],
      partitions: [-1],
      uncommitted: "some",
      mechanism: "gssapi",
      lagPerReplica: 0,
    },
    names: ["brokers", "group", "topics", "partitions", "uncommitted", "mechanism", "lagPerReplica"],
  },
});

test("a mock cluster of librdkafka", { skip: MOCK_KAFKA.skip, timeout: 60_000 }, async (t) => {
  const settings = { brokers: [cluster.broker], group: "workers" };
  const value = async (more: Record<string, unknown>) => (await poll(kafka, { ...settings, ...more })).value;

  await t.test("a partition without a committed offset counts whole, or not at all", async () => {
    assert.equal(await value({ topics: ["jobs"] }), 6);
    assert.equal(await value({ topics: ["jobs", "mails"], uncommitted: "all" }), 10);
    assert.equal(await value({ topics: ["jobs", "mails"], uncommitted: "none" }), 4);
    // Two of the four partitions of jobs have no offset, and none of mails.
    assert.equal(await value({ topics: ["jobs", "mails"], uncommitted: "one" }), 4 + 2 + 4);
  });

  await t.test("asks each partition's own broker", async () => {
    const { topics } = await cluster.admin.metadata({ topics: ["jobs"] });
    const leaders = new Set(topics.get("jobs")?.partitions.map(({ leader }) => leader));
    assert.ok(leaders.size > 1, "the mock cluster gives all partitions to one broker");
    assert.equal(await value({ topics: ["jobs"] }), 6);
  });

  await t.test("asks another broker where one is gone", async () => {
    assert.equal(await value({ brokers: ["127.0.0.1:1", cluster.broker], topics: ["jobs"] }), 6);
  });

  await t.test("counts some partitions alone", async () => {
    assert.equal(await value({ topics: ["jobs"], partitions: [1, 3] }), 2);
  });

  await t.test("asks for no more replicas than partitions have lag, on demand", async () => {
    assert.equal(await value({ topics: ["jobs"], lagPerReplica: 2 }), 4);
    assert.equal(await value({ topics: ["jobs"], lagPerReplica: 100 }), 6);
    assert.equal(await value({ topics: ["jobs"], partitions: [1], lagPerReplica: 2 }), 0);
    const mails = { topics: ["mails"], lagPerReplica: 0.5 };
    assert.equal(await value(mails), 0.5);
    assert.equal(await value({ ...mails, limitedBy: "partitions" }), 2);
  });

  await t.test("a group that has committed everything has no lag", async () => {
    assert.equal(await value({ topics: ["jobs"], partitions: [1] }), 0);
  });
});
