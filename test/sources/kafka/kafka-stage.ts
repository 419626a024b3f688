import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  type Producer,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { atEnd, type Ending } from "../../support/at-end.ts";
import { type ScriptedTcp, scriptedTcp } from "../../support/scripted-tcp.ts";
import { type KafkaServer, startKafka } from "../../support/servers/kafka.ts";
import { kafkaProducer, messages } from "../../support/servers/kafka-producer.ts";
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
  readonly client: { readonly clientId: string; readonly bootstrapBrokers: string[] };
  readonly admin: Admin;
  readonly producer: Producer<string, string, string, string>;
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

/**
 * `jobs` has 10, 5, 0 and 2 messages in its partitions, of which the group `workers` has committed 6, 5 and nothing of the
 * others; `mails` has one partition with 4.
 */
export async function setKafkaStage(ending: Ending): Promise<KafkaStage> {
  const door = await scriptedTcp((socket) => socket.destroy());
  atEnd(ending, () => door.close());
  const { ports, caCertificate } = await startKafka(ending, [SCALER, STRANGER], door.port);
  const client = { clientId: "test", bootstrapBrokers: [`127.0.0.1:${ports.plain}`], retries: 10 };
  const admin = new Admin(client);
  atEnd(ending, () => admin.close());
  const producer = kafkaProducer(ending, client);
  const commit = (groupId: string, name: string, offsets: Record<number, number>) =>
    admin.alterConsumerGroupOffsets({ groupId, topics: [{ name, partitionOffsets: partitionOffsets(offsets) }] });
  await admin.createTopics({ topics: ["jobs"], partitions: 4 });
  await admin.createTopics({ topics: ["mails"], partitions: 1 });
  await producer.send({
    messages: [
      ...messages("jobs", 10, 0),
      ...messages("jobs", 5, 1),
      ...messages("jobs", 2, 3),
      ...messages("mails", 4, 0),
    ],
  });
  await commit("workers", "jobs", { 0: 6, 1: 5 });
  await admin.createAcls({ creations: rights() });
  return { ports, caCertificate, door, client, admin, producer, commit };
}

function partitionOffsets(offsets: Record<number, number>) {
  return Object.entries(offsets).map(([partition, offset]) => ({
    partition: Number(partition),
    offset: BigInt(offset),
  }));
}

function rights() {
  const may = {
    principal: `User:${SCALER.name}`,
    host: "*",
    operation: AclOperations.DESCRIBE,
    permissionType: AclPermissionTypes.ALLOW,
    resourcePatternType: ResourcePatternTypes.LITERAL,
  };
  return [
    { ...may, resourceType: ResourceTypes.TOPIC, resourceName: "jobs" },
    { ...may, resourceType: ResourceTypes.GROUP, resourceName: "*" },
  ];
}
