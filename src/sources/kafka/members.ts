import { SourceError } from "../shared/source-error.ts";
import type { Partition } from "./broker.ts";

interface Group {
  readonly groupId: string;
  readonly groupState: string;
}

/** A group as DescribeGroups gives it. */
interface ClassicGroup extends Group {
  readonly members: readonly { readonly clientHost: string; readonly memberAssignment: Buffer }[];
}

/** A group as ConsumerGroupDescribe gives it. */
interface ConsumerGroup extends Group {
  readonly members: readonly {
    readonly clientHost: string;
    readonly assignment: {
      readonly topicPartitions: readonly { readonly topicName: string; readonly partitions: readonly number[] }[];
    };
  }[];
}

/** A consumer of a group, and the partitions that it has. */
export interface Member {
  /** The address of its connection. */
  readonly host: string;
  readonly partitions: readonly Partition[];
}

/** Whether the group is not there, or has a protocol that this answer does not know. */
export function isDead(groups: readonly Group[], name: string): boolean {
  return groups.find(({ groupId }) => groupId === name)?.groupState === "Dead";
}

/** The members of a group with the classic protocol. */
export function classicMembers(groups: readonly ClassicGroup[], name: string): readonly Member[] {
  return settled(groups, name).members.map(({ clientHost, memberAssignment }) => ({
    host: addressOf(clientHost),
    partitions: readAssignment(memberAssignment),
  }));
}

/** The members of a group with the protocol `consumer` (KIP-848). */
export function consumerMembers(groups: readonly ConsumerGroup[], name: string): readonly Member[] {
  return settled(groups, name).members.map(({ clientHost, assignment }) => ({
    host: addressOf(clientHost),
    partitions: assignment.topicPartitions.flatMap(({ topicName: topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    ),
  }));
}

/** The group, if its partitions are shared out: while they are not, it is not known which member has which. */
function settled<Found extends Group>(groups: readonly Found[], name: string): Found {
  const group = groups.find(({ groupId }) => groupId === name);
  if (group !== undefined && ["Stable", "Empty"].includes(group.groupState)) return group;
  const state = group?.groupState ?? "unknown";
  throw new SourceError("Unavailable", `expected the group ${name} to be stable or empty, got ${state}`);
}

function addressOf(clientHost: string): string {
  return clientHost.replace(/^\//, "");
}

/** ConsumerProtocolAssignment: a version, and each topic with its partitions. */
function readAssignment(bytes: Buffer): readonly Partition[] {
  if (bytes.length === 0) return [];
  try {
    const partitions: Partition[] = [];
    let at = 2;
    const readInt32 = () => {
      at += 4;
      return bytes.readInt32BE(at - 4);
    };
    for (let topics = readInt32(); topics > 0; topics -= 1) {
      const length = bytes.readInt16BE(at);
      const topic = bytes.toString("utf8", at + 2, at + 2 + length);
      at += 2 + length;
      for (let count = readInt32(); count > 0; count -= 1) partitions.push({ topic, partition: readInt32() });
    }
    return partitions;
  } catch (error) {
    throw new SourceError("Malformed", "expected the assignment of a consumer, got other bytes", { cause: error });
  }
}
