import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Admin, Kafka, logLevel, type Producer } from "kafkajs";
import { quietRequestQueues } from "../../../src/sources/kafka/quiet-request-queue.ts";
import { atEnd, type Ending } from "../at-end.ts";
import { requirement } from "../requirement.ts";

/** librdkafka's own mock of a cluster, which kcat carries: real in its protocol, without a broker's jars. */
export const MOCK_KAFKA = requirement("kcat", "install it with `apt-get install kcat`");

export interface MockKafka {
  readonly broker: string;
  readonly port: number;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
}

/** A mock cluster of three brokers. Topics come into being with 4 partitions when something is written to them. */
export async function startMockKafka(test: Ending): Promise<MockKafka> {
  quietRequestQueues();
  const args = ["-P", "-X", "test.mock.num.brokers=3", "-b", "x:1", "-t", "unused", "-p", "0", "-d", "mock"];
  const child = spawn(MOCK_KAFKA.path ?? "", args, { stdio: ["pipe", "ignore", "pipe"] });
  atEnd(test, async () => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
  const broker = await addressFrom(child.stderr);
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  atEnd(test, async () => {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  });
  return { broker, port: Number(broker.split(":")[1]), kafka, admin, producer };
}

/** Its log is read on to the end: kcat would choke on one that nobody takes. */
function addressFrom(log: NodeJS.ReadableStream): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    log.on("data", (chunk) => {
      said = `${said}${chunk}`.slice(-10_000);
      const broker = /bootstrap\.servers=(127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (broker) resolve(broker);
    });
    log.on("end", () => reject(new Error(`kcat told no address:\n${said}`)));
  });
}
