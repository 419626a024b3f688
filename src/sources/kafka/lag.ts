import { SourceError } from "../shared/source-error.ts";
import type { TimeLimit } from "../shared/time-limit.ts";
import type { Partition, PartitionOffset } from "./broker.ts";
import type { Address, Cluster } from "./cluster.ts";

/** A partition, and the broker that knows its offsets. */
interface LedPartition extends Partition {
  readonly leader: Address;
}

/** Which lag is asked for. */
export interface LagQuestion {
  readonly group: string;
  readonly topics?: readonly string[] | undefined;
  readonly partitions?: readonly number[] | undefined;
  readonly uncommitted: "all" | "none";
}

/** Where one partition stands. */
export interface PartitionLag {
  /** Messages that the group has not committed. */
  readonly lag: number;
  /** The offset after the last message: so many ever came in, or a little less. */
  readonly end: number;
}

/** One entry for each partition that counts. */
export async function lagByPartition(
  cluster: Cluster,
  limit: TimeLimit,
  question: LagQuestion,
): Promise<PartitionLag[]> {
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
    if (position < 0 || position > end) return { lag: uncommitted === "all" ? end - begin : 0, end };
    // What was deleted before it was read does not wait any more.
    return { lag: end - Math.max(position, begin), end };
  });
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

function countedPartitions(all: readonly LedPartition[], { partitions }: LagQuestion) {
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
