import { SourceError } from "../shared/source-error.ts";
import type { Cluster } from "./cluster.ts";
import { committedOffsets, endOffsets, type Offsets, type Partition, partitionsOf } from "./offsets.ts";

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
export async function lagByPartition(cluster: Cluster, question: LagQuestion): Promise<PartitionLag[]> {
  const { group, topics, uncommitted } = question;
  const named = topics && (await partitionsOf(cluster, topics));
  const committed = await committedOffsets(cluster, group, named);
  const all = named ?? (await partitionsOf(cluster, committedTopics(committed, group)));
  const counted = countedPartitions(all, question);
  const [begins, ends] = await Promise.all([
    endOffsets(cluster, counted, "earliest"),
    endOffsets(cluster, counted, "latest"),
  ]);
  return counted.map(({ topic, partition }) => {
    const [begin, end] = [begins, ends].map((offsets) => offsets.get(topic)?.get(partition));
    if (begin === undefined || end === undefined) {
      throw new SourceError("Malformed", `expected the offsets of partition ${partition} of ${topic}, got none`);
    }
    const position = committed.get(topic)?.get(partition) ?? -1;
    // An offset past the end is that of an earlier topic of this name: the group will start anew.
    if (position < 0 || position > end) return { lag: uncommitted === "all" ? end - begin : 0, end };
    // What was deleted before it was read does not wait any more.
    return { lag: end - Math.max(position, begin), end };
  });
}

function committedTopics(committed: Offsets, group: string): string[] {
  if (committed.size > 0) return [...committed.keys()];
  throw new SourceError("NotFound", `the group ${group} has committed no offset: name its topics, or start it once`);
}

function countedPartitions(all: readonly Partition[], { partitions }: LagQuestion): readonly Partition[] {
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
