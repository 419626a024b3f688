import * as z from "zod";
import { Cluster } from "./kafka/cluster.ts";
import { lagByPartition } from "./kafka/lag.ts";
import { caCertificate, reportedAt, secret, text, timeoutSeconds } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { connectionKey } from "./shared/tcp-settings.ts";
import { answerWithin } from "./shared/time-limit.ts";

const settings = z
  .strictObject({
    brokers: z
      .array(z.string().regex(/^(?:[^\s:/]+|\[[\da-f:]+\]):\d{1,5}$/i, "expected host:port"))
      .min(1, "expected at least one broker")
      .describe("Some of the cluster's brokers, each as host:port"),
    group: text("Consumer group whose lag counts"),
    topics: z
      .array(z.string().min(1))
      .min(1, "expected at least one topic")
      .optional()
      .describe("Topics that count; absent: all that the group has committed an offset of"),
    partitions: z
      .array(z.number().int().min(0))
      .min(1, "expected at least one partition")
      .optional()
      .describe("Partitions that count, of each topic; absent: all"),
    uncommitted: z
      .enum(["all", "none"])
      .default("all")
      .describe("What counts of a partition without a committed offset: all of its messages, or none"),
    lagPerReplica: z
      .number()
      .positive("expected more than 0")
      .optional()
      .describe(
        "Messages per replica of the rule. Where set, the value is at most this for each partition with lag, so that no more replicas are asked for than partitions can keep busy",
      ),
    username: text("User name for SASL; absent: no SASL").optional(),
    password: secret("Password for SASL").optional(),
    mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]).default("plain").describe("SASL mechanism"),
    tls: z.boolean().default(false).describe("Whether to speak TLS; the brokers' certificates are always checked"),
    caCertificate: caCertificate(),
    timeoutSeconds: timeoutSeconds(),
  })
  .refine(
    ({ username, password }) => username !== undefined || password === undefined,
    reportedAt("username", "expected a username beside the password"),
  )
  .refine(
    ({ username, password }) => username === undefined || password !== undefined,
    reportedAt("password", "expected a password beside the username"),
  );

export default defineSource({
  type: "kafka",
  about: "Lag of a Kafka consumer group: messages that it has not committed yet",
  settings,
  countsFlow: true,
  pace: { movingSeconds: 5, steadySeconds: 15, asleepSeconds: 0.5 },
  example: {
    brokers: ["kafka-0:9092", "kafka-1:9092"],
    group: "mailers",
    topics: ["mails"],
    username: "muster",
    password: { secretRef: { name: "kafka", key: "password" } },
    mechanism: "scram-sha-512",
    tls: true,
  },
  notes: [
    "A topic or partition that does not exist, and a group that has committed nothing while no topics are named, are missing values.",
    "Messages that retention deleted before they were read do not count; an offset past the end of a topic is taken as none.",
    "Lag is counted in offsets: what transactions and compaction leave out of a partition counts until the group has passed it.",
    "The user needs the right to describe the group and the topics, and no other.",
  ],
  connect(settings, tools) {
    const { brokers, username, password, mechanism, tls, caCertificate, timeoutSeconds } = settings;
    const cluster = { brokers, username, password, mechanism, tls, caCertificate, timeoutSeconds };
    const shared = tools.share(connectionKey("kafka", cluster), () => new Cluster(cluster, tools));
    return {
      async read(signal) {
        const at = tools.now();
        const limit = { seconds: timeoutSeconds, signal, what: `the kafka cluster at ${brokers[0]}` };
        const partitions = await answerWithin(limit, (signal) =>
          lagByPartition(shared.value, { ...limit, signal }, settings),
        );
        const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
        const arrived = partitions.reduce((sum, { end }) => sum + end, 0);
        const busy = partitions.filter((partition) => partition.lag > 0).length;
        const value = Math.min(lag, busy * (settings.lagPerReplica ?? Number.POSITIVE_INFINITY) || 0);
        return { at, value, arrived, completed: arrived - lag };
      },
      close: () => shared.release(),
    };
  },
});
