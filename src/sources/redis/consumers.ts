import { Connection, connectionKey, formatAddress } from "../shared/connection.ts";
import type { TcpSettings } from "../shared/settings.ts";
import type { Consumer, ConsumerList, SourceTools } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import { connectRedis, type RedisClient } from "./client.ts";

/** A Redis source's settings, as far as they matter here. */
interface StreamSettings extends TcpSettings {
  readonly database: number;
  readonly structure: string;
  readonly key: string;
  readonly group?: string | undefined;
  readonly minScore?: string | undefined;
  readonly maxScore?: string | undefined;
}

/** Of so many busy consumers the age of their work is asked too: a request each. */
const MOST_DATED = 100;

/** Who has entries of a stream that are not acknowledged: the consumers of its group. */
export function listConsumers(settings: StreamSettings, tools: SourceTools): ConsumerList {
  const { key, structure, group, minScore: _min, maxScore: _max, ...server } = settings;
  const shared = tools.share(connectionKey("redis", server), () => new Connection(connectRedis(settings, tools)));
  const what = `redis at ${formatAddress(settings)}`;
  return {
    async read(signal) {
      if (structure !== "stream" || group === undefined) {
        const message = "only a stream with a consumer group knows who is busy: set structure: stream and group";
        throw new SourceError("Malformed", message);
      }
      const at = tools.now();
      const limit = { seconds: settings.timeoutSeconds, signal, what };
      return { at, consumers: await shared.value.ask(limit, (client) => readConsumers(client, key, group, at)) };
    },
    close: () => shared.release(),
  };
}

async function readConsumers(client: RedisClient, key: string, group: string, at: number): Promise<Consumer[]> {
  const answer = await client.xinfo("CONSUMERS", key, group);
  if (!Array.isArray(answer)) throw new SourceError("Malformed", "expected XINFO CONSUMERS to give a list");
  const consumers = answer.map(consumerFrom);
  const busy = consumers.filter(({ messages }) => messages > 0).slice(0, MOST_DATED);
  const dated = await Promise.all(busy.map((one) => dateOldest(client, key, group, one, at)));
  return [...dated, ...consumers.filter((one) => !busy.includes(one))];
}

function consumerFrom(fields: unknown): Consumer {
  const pairs = Array.isArray(fields) ? fields : Object.entries(fields as object).flat();
  const field = (name: string): unknown => pairs[pairs.indexOf(name) + 1];
  const messages = Number(field("pending"));
  if (!pairs.includes("pending") || !Number.isInteger(messages)) {
    throw new SourceError("Malformed", "expected XINFO CONSUMERS to count each consumer's pending entries");
  }
  return { worker: String(field("name")), messages };
}

/** With the time at which its oldest entry was last given to it. */
async function dateOldest(
  client: RedisClient,
  key: string,
  group: string,
  consumer: Consumer,
  at: number,
): Promise<Consumer> {
  const [oldest] = await client.xpending(key, group, "-", "+", 1, consumer.worker);
  const idle = Array.isArray(oldest) ? Number(oldest[2]) : Number.NaN;
  return Number.isFinite(idle) ? { ...consumer, since: at - idle } : consumer;
}
