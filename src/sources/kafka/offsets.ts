import type { Broker, Cluster, TopicOffsets } from "./cluster.ts";

/** A partition, and the broker that knows its offsets. */
export interface Partition {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
}

/** Offsets by topic and partition. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** The protocol's times for the two ends of a partition. */
const TIMES = { earliest: "-2", latest: "-1" };
/** Up to the end of the log, where the messages of open transactions are too. */
const READ_UNCOMMITTED = 0;
const CONSUMER_GROUP = 0;

/** The partitions that topics have now. Fails if one of the topics does not exist. */
export async function partitionsOf({ brokerPool }: Cluster, topics: readonly string[]): Promise<Partition[]> {
  const broker = await brokerPool.findConnectedBroker();
  const { brokers, topicMetadata } = await broker.metadata(topics);
  const isNew = brokers.some(({ nodeId }) => !(nodeId in brokerPool.brokers));
  if (isNew) await brokerPool.refreshMetadata(topics);
  return topicMetadata.flatMap(({ topic, partitionMetadata }) =>
    partitionMetadata.map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader })),
  );
}

/** What the group has committed: of these partitions, or of all. */
export async function committedOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly Partition[] = [],
): Promise<Offsets> {
  const coordinator = await findCoordinator(cluster, groupId);
  const { responses } = await coordinator.offsetFetch({ groupId, topics: byTopic(partitions, () => ({})) });
  return offsetsIn([responses]);
}

/** The offset of the first message of each partition, or the one after its last. */
export async function endOffsets(
  { brokerPool }: Cluster,
  partitions: readonly Partition[],
  end: keyof typeof TIMES,
): Promise<Offsets> {
  const leaders = [...new Set(partitions.map(({ leader }) => leader))];
  const answers = leaders.map(async (nodeId) => {
    const led = partitions.filter(({ leader }) => leader === nodeId);
    const topics = byTopic(led, () => ({ timestamp: TIMES[end] }));
    const broker = await brokerPool.findBroker({ nodeId });
    return (await broker.listOffsets({ isolationLevel: READ_UNCOMMITTED, topics })).responses;
  });
  return offsetsIn(await Promise.all(answers));
}

async function findCoordinator({ brokerPool }: Cluster, groupId: string): Promise<Broker> {
  const broker = await brokerPool.findConnectedBroker();
  const { coordinator } = await broker.findGroupCoordinator({ groupId, coordinatorType: CONSUMER_GROUP });
  // Without topics, this is the first question, and knows the brokers by all topics' metadata alone.
  if (!(coordinator.nodeId in brokerPool.brokers)) await brokerPool.refreshMetadata([]);
  return brokerPool.findBroker(coordinator);
}

function byTopic<More>(partitions: readonly Partition[], more: () => More) {
  const topics = new Map<string, ({ partition: number } & More)[]>();
  for (const { topic, partition } of partitions) {
    topics.set(topic, [...(topics.get(topic) ?? []), { partition, ...more() }]);
  }
  return [...topics].map(([topic, wanted]) => ({ topic, partitions: wanted }));
}

/** A negative offset stands for none. */
function offsetsIn(answers: readonly (readonly TopicOffsets[])[]): Offsets {
  const offsets = new Map<string, Map<number, number>>();
  for (const { topic, partitions } of answers.flat()) {
    for (const { partition, offset } of partitions) {
      if (Number(offset) < 0) continue;
      const known = offsets.get(topic) ?? new Map<number, number>();
      offsets.set(topic, known.set(partition, Number(offset)));
    }
  }
  return offsets;
}
