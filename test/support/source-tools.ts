import type { Shared, SourceTools } from "../../src/sources/shared/source.ts";

/** What the world gives a source in tests: the real clock, an empty environment, and things shared by key. */
export function sourceTools(overrides: Partial<SourceTools> = {}): SourceTools {
  const holdings = new Map<string, { value: Shared; holders: number }>();
  return {
    now: () => Date.now(),
    mayTouch: false,
    environment: {},
    share<T extends Shared>(key: string, make: () => T) {
      const holding = holdings.get(key) ?? { value: make(), holders: 0 };
      holdings.set(key, holding);
      holding.holders += 1;
      let released = false;
      const release = async () => {
        if (released) return;
        released = true;
        holding.holders -= 1;
        if (holding.holders > 0) return;
        holdings.delete(key);
        await holding.value.dispose();
      };
      return { value: holding.value as T, release };
    },
    ...overrides,
  };
}
