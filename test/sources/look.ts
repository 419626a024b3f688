import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Reading } from "../../src/core/index.ts";
import type { SourceType } from "../../src/sources/shared/source.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { type HttpScript, type PlainAnswer, scriptedHttp } from "../support/scripted-http.ts";
import { sourceTools } from "../support/source-tools.ts";

/** One look of a source with these raw settings. */
export async function look(
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

/** The failure of one look. */
export async function failedLook(
  type: SourceType,
  settings: Record<string, unknown>,
  tools = sourceTools(),
): Promise<SourceError> {
  try {
    assert.fail(`expected a failure, got ${JSON.stringify(await look(type, settings, tools))}`);
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
}

/** One look of an HTTP source at a server that answers so; `settings` without its url, which may be a path. */
export async function readOnce(
  test: TestContext,
  type: SourceType,
  settings: Record<string, unknown>,
  answer: PlainAnswer | HttpScript,
): Promise<Reading> {
  return look(type, { ...settings, url: await serve(test, answer, settings.url) });
}

/** The failure of such a look. */
export async function failureOf(
  test: TestContext,
  type: SourceType,
  settings: Record<string, unknown>,
  answer: PlainAnswer | HttpScript,
): Promise<SourceError> {
  return failedLook(type, { ...settings, url: await serve(test, answer, settings.url) });
}

async function serve(test: TestContext, answer: PlainAnswer | HttpScript, path: unknown = ""): Promise<string> {
  const server = await scriptedHttp(typeof answer === "function" ? answer : () => answer);
  test.after(() => server.close());
  return `${server.url}${path}`;
}
