import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiClient } from "../../src/kubernetes/transport/api-client.ts";
import { listPages } from "../../src/kubernetes/watch/read-collection.ts";
import { listOf, thing } from "../support/watch-script.ts";

/** Lists what the given pages hold, by their continue tokens, and tells what happened in which order. */
async function listed(pages: Readonly<Record<string, { readonly body: object }>>) {
  const happened: string[] = [];
  const client: ApiClient = {
    features: { watchList: false },
    async call({ path }) {
      const token = new URL(path, "http://server").searchParams.get("continue") ?? "first";
      happened.push(`ask for ${token}`);
      return pages[token]?.body;
    },
    watch: () => Promise.reject(new Error("nobody watches")),
    close: () => Promise.resolve(),
  };
  const take = ({ metadata }: { metadata: { name: string } }) => void happened.push(`take ${metadata.name}`);
  const things = { client, path: "/things", what: "list things" };
  const version = listPages(things, take, new AbortController().signal);
  return { happened, version };
}

test("the next page is asked for before one is taken in, and the version is that of the last", async () => {
  const pages = { first: listOf([thing("a", 1)], 7, "more"), more: listOf([thing("b", 2)], 8) };
  const { happened, version } = await listed(pages);
  assert.equal(await version, "8");
  assert.deepEqual(happened, ["ask for first", "ask for more", "take a", "take b"]);
});

test("rejects a list that repeats a page, and an answer that is not a list", async () => {
  const circle = await listed({ first: listOf([], 7, "more"), more: listOf([], 7, "more") });
  await assert.rejects(circle.version, /the same page twice/);
  const none = await listed({ first: { body: { kind: "Stranger" } } });
  await assert.rejects(none.version, /something that is no list/);
});
