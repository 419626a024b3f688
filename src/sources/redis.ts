import * as z from "zod";
import type { Reading } from "../core/index.ts";
import { connectRedis, KeyEvents, type RedisClient } from "./redis/client.ts";
import { listConsumers } from "./redis/consumers.ts";
import { Connection, connectionKey, formatAddress } from "./shared/connection.ts";
import { reportedAt, tcpSettings, text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";

const score = (about: string) =>
  z
    .string()
    .regex(
      /^\(?(?:now|[+-]?inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i,
      "expected a number, -inf, +inf or now, perhaps after a (",
    )
    .describe(about);

const only = (path: string, home: string) => reportedAt(path, `expected ${path} only where structure is ${home}`);

const settings = z
  .strictObject({
    ...tcpSettings(6379),
    database: z.number().int().min(0).default(0).describe("Number of the logical database"),
    structure: z
      .enum(["list", "stream", "sortedSet", "auto"])
      .describe("What the queue is kept in; auto: a list, sorted set, set or hash, by the type that the key has"),
    key: text("Key of the queue"),
    group: text("Consumer group of a stream; absent: the stream's length counts").optional(),
    minScore: score(
      "Lowest score that counts in a sorted set: a number, -inf or now (seconds since the epoch); after a ( it is excluded",
    ).optional(),
    maxScore: score(
      "Highest score that counts in a sorted set; `now` counts what is due in a delayed queue",
    ).optional(),
  })
  .refine(({ structure, group }) => structure === "stream" || group === undefined, only("group", "stream"))
  .refine(
    ({ structure, minScore }) => structure === "sortedSet" || minScore === undefined,
    only("minScore", "sortedSet"),
  )
  .refine(
    ({ structure, maxScore }) => structure === "sortedSet" || maxScore === undefined,
    only("maxScore", "sortedSet"),
  );
type Settings = z.output<typeof settings>;

export default defineSource({
  type: "redis",
  about: "Length of a Redis list, stream (lag and pending entries of a consumer group), sorted set, set or hash",
  settings,
  countsFlow: "group",
  pace: { movingSeconds: 2, steadySeconds: 10, asleepSeconds: 0.2 },
  example: {
    host: "redis",
    structure: "stream",
    key: "mails",
    group: "mailers",
    username: "muster",
    password: { secretRef: { name: "redis", key: "password" } },
  },
  notes: [
    "A key that does not exist is 0: Redis removes empty lists and sorted sets, and a stream comes with its first entry.",
    "Until a stream's group exists, all entries count, so that a workload at zero starts and makes the group; the status says so. Make it with `XGROUP CREATE <key> <group> 0`: `$` would skip the entries that wait.",
    "A stream's value is the group's lag and its pending entries. Where Redis knows no lag (before version 7, or after entries were deleted), the stream's length stands for a lag that is not 0.",
    "The user needs the right to run `LLEN`, `ZCARD`, `ZCOUNT`, `XLEN`, `XRANGE` and `XINFO` on the key, as far as they concern it; `structure: auto` also needs `TYPE`, `SCARD` and `HLEN`.",
    "Where Redis notifies of changed keys (`notify-keyspace-events` with `K` and `A`, or `K`, `l`, `t` and `z`), a workload at zero wakes at the first message; the user needs `CONFIG GET` and the channel `__keyspace@<database>__:<key>` for this.",
    "As `busyWorkers.source`, a stream's group tells who is busy: a consumer with pending entries, whose name is its pod's name, host name or address. The user needs `XINFO` and `XPENDING`. Lists and sorted sets do not know who works on what.",
    "Of a Redis Cluster, name the node that holds the key; Sentinel is not asked.",
  ],
  consumers: { open: listConsumers },
  connect(settings, tools) {
    const { key: _key, structure: _structure, group: _group, minScore: _min, maxScore: _max, ...server } = settings;
    const shared = tools.share(connectionKey("redis", server), () => new Connection(connectRedis(settings, tools)));
    const events = tools.share(
      connectionKey("redis-events", server),
      () => new KeyEvents(connectRedis(settings, tools)),
    );
    const limit = (signal: AbortSignal) => ({
      seconds: settings.timeoutSeconds,
      signal,
      what: `redis at ${formatAddress(settings)}`,
    });
    const read = (signal: AbortSignal): Promise<Reading> => {
      const asked = tools.now();
      return shared.value.ask(limit(signal), async (client) => ({
        at: asked,
        ...(await count(client, settings, asked)),
      }));
    };
    const channel = `__keyspace@${settings.database}__:${settings.key}`;
    return {
      read,
      waitForWork: (signal) => events.value.wait(channel, limit(signal), async () => (await read(signal)).value > 0),
      async close() {
        await Promise.all([shared.release(), events.release()]);
      },
    };
  },
});

/** An empty list or sorted set does not exist in Redis: no key means 0. */
async function count(client: RedisClient, settings: Settings, asked: number): Promise<Omit<Reading, "at">> {
  const { structure, key, group, minScore, maxScore } = settings;
  if (structure === "stream") return readStream(client, key, group);
  if (structure === "list") return waiting(await client.llen(key));
  if (structure === "auto") return waiting(await lengthOf(client, key));
  if (minScore === undefined && maxScore === undefined) return waiting(await client.zcard(key));
  const bound = (score: string) => score.replace(/now/i, String(asked / 1000));
  return waiting(await client.zcount(key, bound(minScore ?? "-inf"), bound(maxScore ?? "+inf")));
}

/** The number of entries of a key of any type but stream. */
async function lengthOf(client: RedisClient, key: string): Promise<number> {
  const type = await client.type(key);
  switch (type) {
    case "none":
      return 0;
    case "list":
      return client.llen(key);
    case "zset":
      return client.zcard(key);
    case "set":
      return client.scard(key);
    case "hash":
      return client.hlen(key);
    default:
      throw new SourceError("Malformed", `expected a list, sorted set, set or hash at ${key}, got a ${type}`);
  }
}

function waiting(value: number): Omit<Reading, "at"> {
  return { value, waiting: value };
}

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
async function readStream(client: RedisClient, key: string, name?: string): Promise<Omit<Reading, "at">> {
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
