import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import type { SourceType } from "../../src/sources/shared/source.ts";
import { scriptedTcp } from "../support/scripted-tcp.ts";
import { sourceTools } from "../support/source-tools.ts";
import { failedPoll } from "./poll.ts";

/** Longer than the usual 10 s, so that a driver's or the controller's own limit would show. */
const TIMEOUT_SECONDS = 11;
/** A timer may fire a little early by another clock. */
const LEAST_MILLISECONDS = 10_900;

// The SDK reads credentials from here alone.
Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
const TIMED = SOURCES.filter(({ settings }) => "timeoutSeconds" in settings.shape);

describe("a server that takes connections and never answers", {
  concurrency: TIMED.length,
  timeout: 60_000,
}, async () => {
  const server = await scriptedTcp((socket) => void socket.resume());
  after(() => server.close());
  for (const type of TIMED) {
    test(`${type.type}: timeoutSeconds decides when a read ends, and nothing ends it before`, async () => {
      const { host, port } = server;
      const url = `http://${host}:${port}`;
      const settings = { ...settingsOf(type, host, port, url), timeoutSeconds: TIMEOUT_SECONDS };
      const startedAt = performance.now();
      const environment = { ...process.env, AWS_ENDPOINT_URL: url };
      const { kind, message } = await failedPoll(type, settings, sourceTools({ environment }));
      assert.equal(kind, "TimedOut", message);
      const milliseconds = performance.now() - startedAt;
      assert.ok(milliseconds >= LEAST_MILLISECONDS, `ended after ${milliseconds.toFixed(0)} ms: ${message}`);
    });
  }
});

/** The settings of the source's own example, led to the silent server. */
function settingsOf({ type, example = {}, settings }: SourceType, host: string, port: number, url: string) {
  const stated = Object.entries(example).filter(([, value]) => typeof value !== "object" || Array.isArray(value));
  const own = Object.fromEntries(stated.filter(([name]) => name !== "username"));
  const { shape } = settings;
  return {
    ...own,
    ...("host" in shape ? { host, port } : {}),
    ...("url" in shape ? { url } : {}),
    ...("managementUrl" in shape ? { managementUrl: url } : {}),
    ...("brokers" in shape ? { brokers: [`${host}:${port}`], mechanism: "plain", tls: false } : {}),
    ...("queueUrl" in shape ? { queueUrl: `${url}/123456789012/mails` } : {}),
    ...("username" in shape && ["postgresql", "mysql"].includes(type) ? { username: "muster" } : {}),
  };
}
