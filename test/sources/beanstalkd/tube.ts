import type { TestContext } from "node:test";
import beanstalkd from "../../../src/sources/beanstalkd.ts";
import { Network } from "../../../src/sources/shared/network.ts";
import { SharedThings } from "../../../src/sources/shared/share.ts";
import type { Source, SourceTools } from "../../../src/sources/shared/source.ts";
import { awaitWork } from "../await-work.ts";

/** A source's life in a test: it shares its connections with the test's others, and never aborts by itself. */
export interface Tube {
  readonly read: (signal?: AbortSignal) => ReturnType<Source["read"]>;
  readonly wait: (signal?: AbortSignal) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Makes sources of one server's tubes; what they share is disposed of at the end of the test. */
export function tubesOf(test: TestContext, port: number, overrides: Partial<SourceTools> & { host?: string } = {}) {
  const things = new SharedThings();
  test.after(() => things.close());
  const { host = "127.0.0.1" } = overrides;
  const tools = {
    now: Date.now,
    mayTouch: true,
    environment: {},
    network: new Network(),
    share: things.share,
    ...overrides,
  };
  return (tube: string, wake: "reserve" | "look" = "reserve", more = {}): Tube => {
    const source = beanstalkd.connect(beanstalkd.settings.parse({ host, port, tube, wake, ...more }), tools);
    return {
      read: (signal = new AbortController().signal) => source.read(signal),
      wait: async (signal = new AbortController().signal) => awaitWork(source, signal),
      close: async () => source.close?.(),
    };
  };
}
