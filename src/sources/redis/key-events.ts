import { Connection, type Dialer } from "../shared/connection.ts";
import type { Shared } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import type { TimeLimit } from "../shared/time-limit.ts";
import type { RedisClient } from "./client.ts";

/**
 * An event can be missed (it came before we listened, or a dead connection has not been noticed yet). A wait is therefore
 * no longer than the pause between two looks, so that a missed one costs no more than having no events at all.
 */
const LONGEST_WAIT_MILLISECONDS = 12_000;

/** Redis's notifications of changed keys, over one connection of its own for all keys of a server. */
export class KeyEvents implements Shared {
  readonly #connection: Connection<RedisClient>;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #heard = new WeakSet<RedisClient>();

  constructor(dialer: Dialer<RedisClient>) {
    this.#connection = new Connection(dialer);
  }

  /** Waits until something happens to a key. `look`: asked once we listen, whether there is work already. */
  async wait(channel: string, limit: TimeLimit, look: () => Promise<boolean>): Promise<"maybe-work" | "unsupported"> {
    let end: (why: "event" | "lost") => void = () => undefined;
    const ended = new Promise<"event" | "lost">((resolve) => {
      end = resolve;
    });
    const heard = () => end("event");
    const lost = () => end("lost");
    this.#join(channel, heard);
    limit.signal.addEventListener("abort", heard, { once: true });
    const timer = setTimeout(heard, LONGEST_WAIT_MILLISECONDS);
    let client: RedisClient | undefined;
    try {
      client = await this.#connection.ask(limit, (open) => this.#listen(open, channel));
      if (!client) return "unsupported";
      client.once("close", lost);
      if ((await look()) || (await ended) === "event") return "maybe-work";
      throw new SourceError("Unavailable", `${limit.what} closed the connection`);
    } finally {
      clearTimeout(timer);
      limit.signal.removeEventListener("abort", heard);
      client?.off("close", lost);
      this.#leave(channel, heard, client);
    }
  }

  dispose(): Promise<void> {
    return this.#connection.dispose();
  }

  async #listen(client: RedisClient, channel: string): Promise<RedisClient | undefined> {
    if (!this.#heard.has(client)) {
      if (!(await notifies(client))) return undefined;
      this.#heard.add(client);
      client.setMaxListeners(0);
      client.on("message", (from) => {
        for (const listener of this.#listeners.get(from) ?? []) listener();
      });
    }
    await client.subscribe(channel);
    return client;
  }

  #join(channel: string, heard: () => void): void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(heard));
  }

  #leave(channel: string, heard: () => void, client: RedisClient | undefined): void {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(heard);
    if (listeners?.size !== 0) return;
    this.#listeners.delete(channel);
    // On a connection that has gone there is nothing to leave.
    client?.unsubscribe(channel).catch(() => undefined);
  }
}

/** Whether the server was told (`notify-keyspace-events`) to notify of lists, streams and sorted sets by key. */
async function notifies(client: RedisClient): Promise<boolean> {
  try {
    const flags = String(Object.values(await client.config("GET", "notify-keyspace-events")).at(-1));
    return flags.includes("K") && (flags.includes("A") || ["l", "t", "z"].every((flag) => flags.includes(flag)));
  } catch (error) {
    // A user who may not ask may not know: looking goes on as without events.
    if ((error as Error).name === "ReplyError") return false;
    throw error;
  }
}
