import { SourceError } from "../shared/source-error.ts";
import type { Partition } from "./broker.ts";

/** A group as DescribeGroups gives it. */
interface DescribedGroup {
  readonly groupId: string;
  readonly groupState: string;
  readonly members: readonly { readonly clientHost: string; readonly memberAssignment: Buffer }[];
}

/** A consumer of a group, and the partitions that it has. */
export interface Member {
  /** The address of its connection. */
  readonly host: string;
  readonly partitions: readonly Partition[];
}

/** The members of a group whose partitions are shared out; while they are not, it is not known which member has which. */
export function membersOf({ groups }: { readonly groups: readonly DescribedGroup[] }, name: string): readonly Member[] {
  const group = groups.find(({ groupId }) => groupId === name);
  if (group === undefined || !["Stable", "Empty"].includes(group.groupState)) {
    const state = group?.groupState ?? "unknown";
    throw new SourceError("Unavailable", `expected the group ${name} to be stable or empty, got ${state}`);
  }
  return group.members.map(({ clientHost, memberAssignment }) => ({
    host: clientHost.replace(/^\//, ""),
    partitions: readAssignment(memberAssignment),
  }));
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
