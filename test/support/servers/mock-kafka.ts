import { spawn } from "node:child_process";
import { once } from "node:events";
import { Admin, type Producer } from "@platformatic/kafka";
import { atEnd, type Ending } from "../at-end.ts";
import { requirement } from "../requirement.ts";
import { kafkaProducer } from "./kafka-producer.ts";

/** librdkafka's own mock of a cluster, which kcat carries: real in its protocol, without a broker's jars. */
export const MOCK_KAFKA = requirement("kcat", "install it with `apt-get install kcat`");

export interface MockKafka {
  readonly broker: string;
  readonly port: number;
  readonly admin: Admin;
  readonly producer: Producer<string, string, string, string>;
}

/** A mock cluster of three brokers. Topics come into being with 4 partitions when something is written to them. */
export async function startMockKafka(test: Ending): Promise<MockKafka> {
  const args = ["-P", "-X", "test.mock.num.brokers=3", "-b", "x:1", "-t", "unused", "-p", "0", "-d", "mock"];
  const child = spawn(MOCK_KAFKA.path ?? "", args, { stdio: ["pipe", "ignore", "pipe"] });
  atEnd(test, async () => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
  const broker = await addressFrom(child.stderr);
  const client = { clientId: "test", bootstrapBrokers: [broker] };
  const admin = new Admin(client);
  atEnd(test, () => admin.close());
  const producer = kafkaProducer(test, { ...client, autocreateTopics: true });
  return { broker, port: Number(broker.split(":")[1]), admin, producer };
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
