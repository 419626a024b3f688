import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Reading } from "../../src/core/index.ts";
import type { SourceType } from "../../src/sources/shared/source.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { type HttpScript, type PlainAnswer, scriptedHttp } from "../support/scripted-http.ts";
import { sourceTools } from "../support/source-tools.ts";

/** Polls a source with these raw settings once. */
export async function poll(
  type: SourceType,
  settings: Record<string, unknown>,
  tools = sourceTools(),
): Promise<Reading> {
  const source = type.connect(type.settings.parse(settings), tools);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), 20_000);
  try {
    return await source.read(limit.signal);
  } finally {
    clearTimeout(timer);
    await source.close?.();
  }
}

/** The failure of one poll. */
export async function failedPoll(
  type: SourceType,
  settings: Record<string, unknown>,
  tools = sourceTools(),
): Promise<SourceError> {
  try {
    assert.fail(`expected a failure, got ${JSON.stringify(await poll(type, settings, tools))}`);
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
}

/** Polls an HTTP source once, at a server that gives this answer. `settings.url` may be a path on it. */
export async function pollHttp(
  test: TestContext,
  type: SourceType,
  settings: Record<string, unknown>,
  answer: PlainAnswer | HttpScript,
): Promise<Reading> {
  return poll(type, { ...settings, url: await serve(test, answer, settings.url) });
}

/** The failure of such a poll. */
export async function failedHttpPoll(
  test: TestContext,
  type: SourceType,
  settings: Record<string, unknown>,
  answer: PlainAnswer | HttpScript,
): Promise<SourceError> {
  return failedPoll(type, { ...settings, url: await serve(test, answer, settings.url) });
}

async function serve(test: TestContext, answer: PlainAnswer | HttpScript, path: unknown = ""): Promise<string> {
  const server = await scriptedHttp(typeof answer === "function" ? answer : () => answer);
  test.after(() => server.close());
  return `${server.url}${path}`;
}
