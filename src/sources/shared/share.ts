import type { Shared, SourceTools } from "./source.ts";

interface Holding {
  readonly key: string;
  readonly value: Shared;
  holders: number;
}

/** What sources share, by key: made for the first holder, disposed of when the last one releases it. */
export class SharedThings {
  readonly #held = new Map<string, Holding>();
  #isClosed = false;

  readonly share: SourceTools["share"] = <T extends Shared>(key: string, make: () => T) => {
    if (this.#isClosed) return lateShare(make());
    const holding = this.#hold(key, make);
    let released = false;
    return {
      // One key is one kind of thing: its prefix is the source's type.
      value: holding.value as T,
      release: async () => {
        if (released) return;
        released = true;
        await this.#letGo(holding);
      },
    };
  };

  /** Disposes of everything at the end of the process. What is made after that is disposed of at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const holdings = [...this.#held.values()];
    this.#held.clear();
    await Promise.all(holdings.map(async ({ value }) => value.dispose()));
  }

  #hold(key: string, make: () => Shared): Holding {
    const held = this.#held.get(key);
    if (held !== undefined) {
      held.holders++;
      return held;
    }
    const holding = { key, value: make(), holders: 1 };
    this.#held.set(key, holding);
    return holding;
  }

  async #letGo(holding: Holding): Promise<void> {
    const { key } = holding;
    holding.holders--;
    // After `close` the holding is disposed of already, and the key may belong to a newer thing.
    if (holding.holders > 0 || this.#held.get(key) !== holding) return;
    this.#held.delete(key);
    await holding.value.dispose();
  }
}

/** Disposed of at once, as nothing would do it later. Its holder learns of a failure when it releases it. */
function lateShare<T extends Shared>(value: T): { readonly value: T; release(): Promise<void> } {
  const disposed = Promise.resolve(value.dispose());
  disposed.catch(() => undefined);
  return { value, release: () => disposed };
}

/** Names the server that settings lead to, equal for all sources that read it; undefined where they name none. */
export function serverOf(type: string, settings: Readonly<Record<string, unknown>>): string | undefined {
  const { host, port, url, queueUrl = url, endpoint = queueUrl, brokers } = settings;
  if (typeof host === "string") return `${type} ${host}:${port}`;
  if (typeof endpoint === "string" && URL.canParse(endpoint)) return new URL(endpoint).origin;
  return Array.isArray(brokers) ? `${type} ${[...brokers].sort().join()}` : undefined;
}
