import * as z from "zod";
import type { Broker, Partition, PartitionOffset } from "./kafka/broker.ts";
import { Cluster } from "./kafka/cluster.ts";
import { classicMembers, consumerMembers, isDead, type Member } from "./kafka/members.ts";
import { type Address, connectionKey } from "./shared/connection.ts";
import { caCertificate, reportedAt, secret, text, timeoutSeconds } from "./shared/settings.ts";
import { type ConsumerList, defineSource, type SourceTools } from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";
import { answerWithin, type TimeLimit } from "./shared/time-limit.ts";

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
      .enum(["all", "one", "none"])
      .default("all")
      .describe("What counts of a partition without a committed offset: all of its messages, one, or none"),
    lagPerReplica: z
      .number()
      .positive("expected more than 0")
      .optional()
      .describe(
        "Messages per replica of the rule. Where set, the value is at most this for each partition that `limitedBy` names, so that no more replicas are asked for than partitions can keep busy",
      ),
    limitedBy: z
      .enum(["partitionsWithLag", "partitions"])
      .default("partitionsWithLag")
      .describe("With lagPerReplica: the partitions that limit the value, those with lag or all that count"),
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
type Settings = z.output<typeof settings>;

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
    "As `busyWorkers.source`, the members of the group tell who is busy: those with lag in their partitions, by the address of their connection. Groups of both protocols are understood, `classic` and `consumer` (KIP-848, Kafka 4.0). While the group is rebalanced it is not known which members are busy, and all count as busy.",
    "The user needs the right to describe the group and the topics, and no other.",
  ],
  consumers: { open: listMembers },
  connect(settings, tools) {
    const { brokers, timeoutSeconds } = settings;
    const shared = openCluster(settings, tools);
    return {
      async read(signal) {
        const at = tools.now();
        const limit = { seconds: timeoutSeconds, signal, what: `the kafka cluster at ${brokers[0]}` };
        const partitions = await answerWithin(limit, (signal) =>
          lagByPartition(shared.value, { ...limit, signal }, settings),
        );
        const lag = partitions.reduce((sum, partition) => sum + partition.lag, 0);
        const arrived = partitions.reduce((sum, { end }) => sum + end, 0);
        const { lagPerReplica = Number.POSITIVE_INFINITY, limitedBy } = settings;
        const able = limitedBy === "partitions" ? partitions : partitions.filter((partition) => partition.lag > 0);
        const value = able.length === 0 ? 0 : Math.min(lag, able.length * lagPerReplica);
        return { at, value, arrived, completed: arrived - lag };
      },
      close: () => shared.release(),
    };
  },
});

function openCluster(stated: Settings, tools: SourceTools) {
  const { brokers, username, password, mechanism, tls, caCertificate, timeoutSeconds } = stated;
  const cluster = { brokers, username, password, mechanism, tls, caCertificate, timeoutSeconds };
  return tools.share(connectionKey("kafka", cluster), () => new Cluster(cluster, tools));
}

/** Who has partitions with messages that the group has not committed. */
function listMembers(question: Settings, tools: SourceTools): ConsumerList {
  const { brokers, group, timeoutSeconds: seconds } = question;
  const shared = openCluster(question, tools);
  return {
    async read(signal) {
      const at = tools.now();
      const what = `the kafka cluster at ${brokers[0]}`;
      return answerWithin({ seconds, signal, what }, async (ending) => {
        const limit = { seconds, signal: ending, what };
        const partitions = await lagByPartition(shared.value, limit, question);
        const coordinator = await shared.value.any(limit, (broker) => broker.coordinator(group));
        const members = await shared.value.at(coordinator, limit, (broker) => membersOf(broker, group));
        const lags = new Map(partitions.map((one) => [nameOf(one), one.lag]));
        const lagOf = (member: Member) => member.partitions.reduce((sum, one) => sum + (lags.get(nameOf(one)) ?? 0), 0);
        return { at, consumers: members.map((member) => ({ worker: member.host, messages: lagOf(member) })) };
      });
    },
    close: () => shared.release(),
  };
}

async function membersOf(broker: Broker, group: string): Promise<readonly Member[]> {
  const { groups } = await broker.describeGroup(group);
  const newer = isDead(groups, group) ? await broker.describeConsumerGroup(group) : undefined;
  return newer === undefined ? classicMembers(groups, group) : consumerMembers(newer.groups, group);
}

/** A partition, and the broker that knows its offsets. */
interface LedPartition extends Partition {
  readonly leader: Address;
}

interface PartitionLag extends Partition {
  /** Messages that the group has not committed. */
  readonly lag: number;
  /** The offset after the last message: at most this many ever came in. */
  readonly end: number;
}

/** One entry for each partition that counts. */
async function lagByPartition(cluster: Cluster, limit: TimeLimit, question: Settings): Promise<PartitionLag[]> {
  const { group, topics, uncommitted } = question;
  const named = topics && (await partitionsOf(cluster, limit, topics));
  const coordinator = await cluster.any(limit, (broker) => broker.coordinator(group));
  const committed = await cluster.at(coordinator, limit, (broker) => broker.committed(group, named));
  const all = named ?? (await partitionsOf(cluster, limit, committedTopics(committed, group)));
  const counted = countedPartitions(all, question);
  const [begins, ends] = await endsOf(cluster, limit, counted);
  const positions = byPartition(committed);
  return counted.map((one) => {
    const [begin, end, position = -1] = [begins, ends, positions].map((offsets) => offsets.get(nameOf(one)));
    if (begin === undefined || end === undefined) {
      throw new SourceError("Malformed", `expected the offsets of ${nameOf(one)}, got none`);
    }
    // An offset past the end is that of an earlier topic of this name: the group will start again.
    if (position < 0 || position > end) return { ...one, lag: lagWithoutOffset(uncommitted, begin, end), end };
    // What was deleted before it was read does not wait any more.
    return { ...one, lag: end - Math.max(position, begin), end };
  });
}

function lagWithoutOffset(counts: Settings["uncommitted"], begin: number, end: number): number {
  if (counts === "all") return end - begin;
  return counts === "one" ? 1 : 0;
}

/** The partitions that topics have now, with their leaders of now. */
async function partitionsOf(cluster: Cluster, limit: TimeLimit, names: readonly string[]): Promise<LedPartition[]> {
  const { brokers, topics } = await cluster.any(limit, (broker) => broker.metadata(names));
  const leaders = new Map(brokers.map((broker) => [broker.nodeId, broker]));
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, leaderId }) => {
      const one = { topic: name ?? "", partition: partitionIndex };
      const leader = leaders.get(leaderId);
      if (leader) return { ...one, leader };
      throw new SourceError("Unavailable", `${nameOf(one)} has no leader at the moment`);
    }),
  );
}

/** The first offset of each partition, and the one after its last message, as their leaders know them. */
async function endsOf(cluster: Cluster, limit: TimeLimit, partitions: readonly LedPartition[]) {
  const leaders = [...new Set(partitions.map(({ leader }) => leader))];
  const answers = leaders.map((leader) => {
    const led = partitions.filter((one) => one.leader === leader);
    return cluster.at(leader, limit, (broker) =>
      Promise.all([broker.offsets("earliest", led), broker.offsets("latest", led)]),
    );
  });
  const found = await Promise.all(answers);
  return [byPartition(found.flatMap(([begins]) => begins)), byPartition(found.flatMap(([, ends]) => ends))] as const;
}

function byPartition(offsets: readonly PartitionOffset[]): ReadonlyMap<string, number> {
  return new Map(offsets.map((one) => [nameOf(one), one.offset]));
}

function nameOf({ topic, partition }: Partition): string {
  return `partition ${partition} of ${topic}`;
}

function committedTopics(committed: readonly PartitionOffset[], group: string): string[] {
  if (committed.length > 0) return [...new Set(committed.map(({ topic }) => topic))];
  throw new SourceError("NotFound", `the group ${group} has committed no offset: name its topics, or start it once`);
}

function countedPartitions(all: readonly LedPartition[], { partitions }: Settings) {
  if (partitions === undefined) return all;
  for (const topic of new Set(all.map((one) => one.topic))) {
    const there = all.filter((one) => one.topic === topic).map((one) => one.partition);
    const lacking = partitions.filter((partition) => !there.includes(partition));
    if (lacking.length > 0) {
      throw new SourceError(
        "NotFound",
        `the topic ${topic} has ${there.length} partitions, and not ${lacking.join(", ")}`,
      );
    }
  }
  return all.filter(({ partition }) => partitions.includes(partition));
}
