import { Network } from "../../src/sources/shared/network.ts";
import { SharedThings } from "../../src/sources/shared/share.ts";
import type { SourceTools } from "../../src/sources/shared/source.ts";

/** What the world gives a source in tests: the real clock, an empty environment, and things shared by key. */
export function sourceTools(overrides: Partial<SourceTools> = {}): SourceTools {
  return {
    now: () => Date.now(),
    mayTouch: false,
    environment: {},
    network: new Network(),
    share: new SharedThings().share,
    ...overrides,
  };
}
