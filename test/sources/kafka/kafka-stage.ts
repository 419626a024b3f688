import assert from "node:assert/strict";
import kafkajs, { type Admin, type Kafka, type Producer } from "kafkajs";
import { quietRequestQueues } from "../../../src/sources/kafka/quiet-request-queue.ts";
import { atEnd, type Ending } from "../../support/at-end.ts";
import { type ScriptedTcp, scriptedTcp } from "../../support/scripted-tcp.ts";
import { type KafkaServer, startKafka } from "../../support/servers/kafka.ts";
import { eventually } from "../../support/waiting.ts";
import type { Behaviour, Stage } from "../stage.ts";
import { PLAIN_SCRIPTS, passOn } from "../tcp-stage.ts";

/** May describe the topic `jobs` and all groups, and nothing else. */
export const SCALER = { name: "scaler", password: "k@fka:pass/word" };
/** May log in, and nothing else. */
export const STRANGER = { name: "stranger", password: "str@nger:pass/word" };

/** A real broker with messages and commits, and clients that may do all. */
export interface KafkaStage {
  readonly ports: KafkaServer["ports"];
  readonly caCertificate: string;
  /** What stands before the listener `door`. */
  readonly door: ScriptedTcp;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  /** Commits without a consumer, which would wait for messages for seconds. */
  commit(groupId: string, topic: string, offsets: Record<number, number>): Promise<void>;
}

/** A stage whose broker is reached through the door, which is where it says that it is: all that clients ask comes past. */
export async function behindDoor(
  { door, ports }: KafkaStage,
  behaviour: Behaviour,
  settings: Record<string, unknown>,
): Promise<Stage> {
  const become = (next: Behaviour) => door.follow(PLAIN_SCRIPTS[next] ?? passOn(ports.door));
  const brokers = behaviour === "refusing" ? ["127.0.0.1:1"] : [`127.0.0.1:${door.port}`];
  const sentBefore = door.sent();
  become(behaviour);
  return {
    settings: { brokers, ...settings },
    sent: () => door.sent() - sentBefore,
    become,
    close: async () => door.follow((socket) => socket.destroy()),
  };
}

export function messages(count: number, partition: number) {
  return Array.from({ length: count }, (_, n) => ({ value: `${n}`, partition }));
}

/**
 * `jobs` has 10, 5, 0 and 2 messages in its partitions, of which the group `workers` has committed 6, 5 and nothing of the
 * others; `mails` has one partition with 4.
 */
export async function setKafkaStage(ending: Ending): Promise<KafkaStage> {
  quietRequestQueues();
  const door = await scriptedTcp((socket) => socket.destroy());
  atEnd(ending, () => door.close());
  const { ports, caCertificate } = await startKafka(ending, [SCALER, STRANGER], door.port);
  const kafka = new kafkajs.Kafka({
    brokers: [`127.0.0.1:${ports.plain}`],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 10 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer();
  const committer = kafka.producer({ transactionalId: "committer", maxInFlightRequests: 1, idempotent: true });
  const clients = [admin, producer, committer];
  await Promise.all(clients.map((client) => client.connect()));
  atEnd(ending, async () => {
    await Promise.all(clients.map((client) => client.disconnect()));
  });
  const commit = (groupId: string, topic: string, offsets: Record<number, number>) =>
    commitBy(committer, admin, { groupId, topic, offsets });
  const partitions = { jobs: 4, mails: 1 };
  await admin.createTopics({
    topics: Object.entries(partitions).map(([topic, numPartitions]) => ({ topic, numPartitions })),
  });
  await producer.send({ topic: "jobs", messages: [...messages(10, 0), ...messages(5, 1), ...messages(2, 3)] });
  await producer.send({ topic: "mails", messages: messages(4, 0) });
  await commit("workers", "jobs", { 0: 6, 1: 5 });
  await admin.createAcls({ acl: rights() });
  return { ports, caCertificate, door, kafka, admin, producer, commit };
}

interface Commit {
  readonly groupId: string;
  readonly topic: string;
  readonly offsets: Record<number, number>;
}

async function commitBy(committer: Producer, admin: Admin, { groupId, topic, offsets }: Commit): Promise<void> {
  const partitions = Object.entries(offsets).map(([partition, offset]) => ({
    partition: Number(partition),
    offset: `${offset}`,
  }));
  const transaction = await committer.transaction();
  await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions }] });
  await transaction.commit();
  await eventually(async () => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const known = new Map(found?.partitions.map(({ partition, offset }) => [partition, offset]));
    for (const { partition, offset } of partitions) assert.equal(known.get(partition), offset);
  });
}

function rights() {
  const { TOPIC, GROUP } = kafkajs.AclResourceTypes;
  const may = {
    principal: `User:${SCALER.name}`,
    host: "*",
    operation: kafkajs.AclOperationTypes.DESCRIBE,
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
    resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
  };
  return [
    { ...may, resourceType: TOPIC, resourceName: "jobs" },
    { ...may, resourceType: GROUP, resourceName: "*" },
  ];
}
