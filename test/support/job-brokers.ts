import { connect } from "amqplib";
import { Redis } from "ioredis";
import type { Ending } from "./at-end.ts";
import { atEnd } from "./at-end.ts";
import { BeanstalkdClient } from "./beanstalkd-client.ts";
import { BeanstalkdServer } from "./beanstalkd-server.ts";
import type { Objects } from "./cluster-client.ts";
import { startRabbitmq } from "./servers/rabbitmq.ts";
import { startRedis } from "./servers/redis.ts";

const QUEUE = "videos";
const GROUP = "encoders";
const SECRET = "rabbitmq";

/** A queue of a real broker, as the autoscaler, a producer and a Job's pod see it. */
export interface JobBroker {
  readonly source: object;
  /** How its readings are to be understood: the object's `jobs`. */
  readonly jobs: object;
  put(message: string): Promise<void>;
  /** Takes a message over a connection of its own, works on it and acknowledges it; undefined: there is none. */
  workOnOne(work: (message: string) => Promise<void>): Promise<string | undefined>;
  /** Messages that wait, or that somebody has taken and not acknowledged. */
  left(): Promise<number>;
}

export type OpenJobBroker = (ending: Ending, objects: Objects) => Promise<JobBroker>;

/** Counts reserved jobs too. */
export const openBeanstalkd: OpenJobBroker = async (ending) => {
  const server = await BeanstalkdServer.start(ending);
  const { port } = server;
  const queue = await server.client(ending);
  const count = async (name: string) => Number((await queue.stat(`stats-tube ${QUEUE}`, name)) ?? 0);
  return {
    source: { beanstalkd: { host: "127.0.0.1", port, tube: QUEUE } },
    jobs: {},
    put: async (message) => void (await queue.put(QUEUE, { ttr: 3_600, body: message })),
    async workOnOne(work) {
      const client = await BeanstalkdClient.connect(port);
      try {
        const job = await client.reserve(QUEUE);
        if (job === undefined) return undefined;
        await work(job);
        await client.command(`delete ${job}`);
        return job;
      } finally {
        client.close();
      }
    },
    left: async () => (await count("current-jobs-ready")) + (await count("current-jobs-reserved")),
  };
};

/** Counts unacknowledged messages by the management API, whose numbers are late. */
export const openRabbitmq: OpenJobBroker = async (ending, objects) => {
  const server = await startRabbitmq(ending);
  const { port, managementUrl } = server;
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  const connection = await connect(url);
  atEnd(ending, () => connection.close());
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE);
  await objects.create("/api/v1/namespaces/default/secrets", {
    metadata: { name: SECRET },
    stringData: { password: "guest" },
  });
  const password = { secretRef: { name: SECRET, key: "password" } };
  return {
    source: { rabbitmq: { host: "127.0.0.1", port, username: "guest", password, queue: QUEUE, managementUrl } },
    jobs: { readingLagSeconds: 5 },
    async put(message) {
      channel.sendToQueue(QUEUE, Buffer.from(message));
      await channel.waitForConfirms();
    },
    async workOnOne(work) {
      const own = await connect(url);
      try {
        const taking = await own.createChannel();
        const got = await taking.get(QUEUE);
        if (got === false) return undefined;
        const message = got.content.toString();
        await work(message);
        taking.ack(got);
        // Returns after the server has taken the acknowledgement.
        await taking.close();
        return message;
      } finally {
        await own.close();
      }
    },
    // What nobody acknowledged is ready again once its connection is closed.
    left: async () => (await channel.checkQueue(QUEUE)).messageCount,
  };
};

/** A list hides what is worked on. */
export const openRedisList: OpenJobBroker = async (ending) => {
  const { port, client } = await startRedis(ending);
  return {
    source: { redis: { host: "127.0.0.1", port, structure: "list", key: QUEUE } },
    jobs: { strategy: "Accurate" },
    put: async (message) => void (await client.rpush(QUEUE, message)),
    async workOnOne(work) {
      const message = (await client.lpop(QUEUE)) ?? undefined;
      if (message !== undefined) await work(message);
      return message;
    },
    left: () => client.llen(QUEUE),
  };
};

/** A stream's group counts pending entries too. */
export const openRedisStream: OpenJobBroker = async (ending) => {
  const { port, client } = await startRedis(ending);
  await client.xgroup("CREATE", QUEUE, GROUP, "0", "MKSTREAM");
  let consumers = 0;
  return {
    source: { redis: { host: "127.0.0.1", port, structure: "stream", key: QUEUE, group: GROUP } },
    jobs: {},
    put: async (message) => void (await client.xadd(QUEUE, "*", "message", message)),
    async workOnOne(work) {
      const own = new Redis({ host: "127.0.0.1", port });
      consumers += 1;
      const consumer = `job-${consumers}`;
      try {
        const answer = await own.xreadgroup("GROUP", GROUP, consumer, "COUNT", 1, "STREAMS", QUEUE, ">");
        const [id, fields] = (answer as [string, [string, string[]][]][] | null)?.[0]?.[1][0] ?? [];
        const message = fields?.[1];
        if (id === undefined || message === undefined) return undefined;
        await work(message);
        await own.xack(QUEUE, GROUP, id);
        await own.xgroup("DELCONSUMER", QUEUE, GROUP, consumer);
        return message;
      } finally {
        own.disconnect();
      }
    },
    async left() {
      const [group] = (await client.xinfo("GROUPS", QUEUE)) as unknown[][];
      const value = (name: string) => Number(group?.[group.indexOf(name) + 1]);
      return value("pending") + value("lag");
    },
  };
};
