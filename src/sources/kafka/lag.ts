import type { Admin } from "kafkajs";
import { SourceError } from "../shared/source-error.ts";

/** Which lag is asked for. */
export interface LagQuestion {
  readonly group: string;
  readonly topics?: readonly string[] | undefined;
  readonly partitions?: readonly number[] | undefined;
  readonly uncommitted: "all" | "none";
}

/** Messages that the group has not committed, one entry for each partition that counts. */
export async function lagByPartition(admin: Admin, question: LagQuestion): Promise<number[]> {
  const { group, topics } = question;
  const committed = await admin.fetchOffsets({ groupId: group, ...(topics ? { topics: [...topics] } : {}) });
  if (committed.length === 0) {
    throw new SourceError("NotFound", `the group ${group} has committed no offset: name its topics, or start it once`);
  }
  const lags = await Promise.all(
    committed.map(({ topic, partitions }) =>
      lagOfTopic(admin, topic, new Map(partitions.map((p) => [p.partition, p.offset])), question),
    ),
  );
  return lags.flat();
}

async function lagOfTopic(
  admin: Admin,
  topic: string,
  committed: ReadonlyMap<number, string>,
  { partitions, uncommitted }: LagQuestion,
): Promise<number[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  const counted = offsets.filter(({ partition }) => partitions === undefined || partitions.includes(partition));
  if (counted.length < (partitions ?? []).length || counted.length === 0) {
    throw new SourceError(
      "NotFound",
      `the topic ${topic} has ${offsets.length} partitions, and not all that are asked for`,
    );
  }
  return counted.map(({ partition, low, high }) => {
    const end = Number(high);
    const begin = Number(low);
    const position = Number(committed.get(partition) ?? -1);
    // An offset past the end is that of an earlier topic of this name: the group will start anew.
    if (position < 0 || position > end) return uncommitted === "all" ? end - begin : 0;
    // What was deleted before it was read does not wait any more.
    return end - Math.max(position, begin);
  });
}
