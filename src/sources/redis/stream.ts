import type { Reading } from "../../core/index.ts";
import { SourceError } from "../shared/source-error.ts";
import type { RedisClient } from "./client.ts";

interface Group {
  readonly pending: number;
  readonly lag?: number | undefined;
  readonly lastDelivered: string;
  /** Entries that were ever given to it, acknowledged or not. */
  readonly read?: number | undefined;
}

/**
 * Entries of a stream that a consumer group has not been given yet, and those that it has not acknowledged. Without a
 * group, all entries. A stream comes with its first entry: one that does not exist is empty.
 */
export async function readStream(client: RedisClient, key: string, name?: string): Promise<Omit<Reading, "at">> {
  if (name === undefined) return streamLength(client, key);
  const groups = await groupsOf(client, key);
  if (groups === undefined) return { value: 0, waiting: 0, inFlight: 0 };
  const group = groups.get(name);
  if (!group) return beforeGroup(client, key, name);
  const waiting = group.lag ?? (await countAfter(client, key, group.lastDelivered));
  const counts = { value: waiting + group.pending, waiting, inFlight: group.pending };
  if (group.lag === undefined || group.read === undefined) return counts;
  return { ...counts, arrived: group.read + group.lag, completed: group.read - group.pending };
}

async function streamLength(client: RedisClient, key: string): Promise<Omit<Reading, "at">> {
  const value = await client.xlen(key);
  return { value, waiting: value };
}

/** A worker often makes its group when it starts: until then all entries count, or a workload at zero would never start. */
async function beforeGroup(client: RedisClient, key: string, name: string): Promise<Omit<Reading, "at">> {
  const missing =
    `the stream ${key} has no group ${name}. Unless workers make it, ` +
    `run XGROUP CREATE ${key} ${name} 0, which gives the group the entries that wait`;
  try {
    const length = await streamLength(client, key);
    if (length.value === 0) return length;
    return { ...length, doubts: [{ kind: "NotFound", message: `${missing}. All entries count until then` }] };
  } catch (error) {
    if (!/^NOPERM/.test((error as Error).message)) throw error;
    throw new SourceError("NotFound", `${missing}. Allow XLEN to have all entries count until then`, { cause: error });
  }
}

/**
 * Before version 7, and after entries were deleted out of the middle, Redis knows no lag. Then none after the last
 * delivered one is 0, and otherwise the whole stream is the bound: rather too many than too few.
 */
async function countAfter(client: RedisClient, key: string, id: string): Promise<number> {
  const after = await client.xrange(key, `(${id}`, "+", "COUNT", 1);
  return after.length === 0 ? 0 : client.xlen(key);
}

/** Undefined: there is no such stream. */
async function groupsOf(client: RedisClient, key: string): Promise<Map<string, Group> | undefined> {
  let answer: unknown;
  try {
    answer = await client.xinfo("GROUPS", key);
  } catch (error) {
    if (/no such key/i.test((error as Error).message)) return undefined;
    throw error;
  }
  if (!Array.isArray(answer)) throw new SourceError("Malformed", "expected XINFO GROUPS to give a list");
  return new Map(answer.map(groupFrom));
}

function groupFrom(fields: unknown): [string, Group] {
  const pairs = Array.isArray(fields) ? fields : Object.entries(fields as object).flat();
  const field = (name: string) => pairs[pairs.indexOf(name) + 1];
  const number = (name: string) => {
    const value = pairs.includes(name) ? field(name) : undefined;
    return typeof value === "number" ? value : undefined;
  };
  return [
    String(field("name")),
    {
      pending: Number(field("pending")),
      lag: number("lag"),
      read: number("entries-read"),
      lastDelivered: String(field("last-delivered-id")),
    },
  ];
}
