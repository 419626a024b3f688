import type { Shared, SourceTools } from "./source.ts";

interface Holding {
  readonly key: string;
  readonly value: Shared;
  holders: number;
}

/** The things that sources use together, counted: made for the first holder, disposed of when the last one lets go. */
export class SharedThings {
  readonly #held = new Map<string, Holding>();
  #isClosed = false;

  /** What sources are handed as `tools.share`. */
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

  /** Disposes of everything that is still held, at the end of the process. What is made after that is disposed of at once. */
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

/** Nobody disposes of it any more, so that it is done here; its holder hears of a failure when it lets go. */
function lateShare<T extends Shared>(value: T): { readonly value: T; release(): Promise<void> } {
  const disposed = Promise.resolve(value.dispose());
  disposed.catch(() => undefined);
  return { value, release: () => disposed };
}

/** Names the server that settings lead to, the same for all sources that ask it; undefined where they name none. */
export function serverOf(type: string, settings: Readonly<Record<string, unknown>>): string | undefined {
  const { host, port, url, queueUrl = url, endpoint = queueUrl, brokers } = settings;
  if (typeof host === "string") return `${type} ${host}:${port}`;
  if (typeof endpoint === "string" && URL.canParse(endpoint)) return new URL(endpoint).origin;
  return Array.isArray(brokers) ? `${type} ${[...brokers].sort().join()}` : undefined;
}
