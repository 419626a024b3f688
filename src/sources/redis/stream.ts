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

/** Entries of a stream that a consumer group has not been given yet, and those that it has not acknowledged. */
export async function readStream(client: RedisClient, key: string, name?: string): Promise<Omit<Reading, "at">> {
  if (name === undefined) return streamLength(client, key);
  const groups = await groupsOf(client, key);
  const group = groups.get(name);
  if (!group) {
    throw new SourceError(
      "NotFound",
      `the stream ${key} has no group ${name}: XGROUP CREATE ${key} ${name} $ makes one`,
    );
  }
  const waiting = group.lag ?? (await countAfter(client, key, group.lastDelivered));
  const counts = { value: waiting + group.pending, waiting, inFlight: group.pending };
  if (group.lag === undefined || group.read === undefined) return counts;
  return { ...counts, arrived: group.read + group.lag, completed: group.read - group.pending };
}

/** An empty stream exists, other than an empty list: no key is a missing stream. */
async function streamLength(client: RedisClient, key: string): Promise<Omit<Reading, "at">> {
  const value = await client.xlen(key);
  if (value === 0 && (await client.exists(key)) === 0) throw missingStream(key);
  return { value, waiting: value };
}

/**
 * Before version 7, and after entries were deleted out of the middle, Redis knows no lag. Then none after the last
 * delivered one is 0, and otherwise the whole stream is the bound: rather too many than too few.
 */
async function countAfter(client: RedisClient, key: string, id: string): Promise<number> {
  const after = await client.xrange(key, `(${id}`, "+", "COUNT", 1);
  return after.length === 0 ? 0 : client.xlen(key);
}

async function groupsOf(client: RedisClient, key: string): Promise<Map<string, Group>> {
  let answer: unknown;
  try {
    answer = await client.xinfo("GROUPS", key);
  } catch (error) {
    if (/no such key/i.test((error as Error).message)) throw missingStream(key);
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

function missingStream(key: string): SourceError {
  return new SourceError("NotFound", `there is no stream ${key}`);
}
