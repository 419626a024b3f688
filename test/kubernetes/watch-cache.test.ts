import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ApiClientOptions } from "../../src/kubernetes/transport/api-client.ts";
import { WatchCache } from "../../src/kubernetes/watch/watch-cache.ts";
import { leavesNothingBehind } from "../support/leftovers.ts";
import { plainClient } from "../support/plain-client.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";
import { bookmark, listOf, status, thing, WatchScript } from "../support/watch-script.ts";

interface Stage {
  readonly script: WatchScript;
  readonly cache: WatchCache<unknown>;
  names(): string[];
  shows(...names: string[]): Promise<void>;
}

/** A cache of a scripted collection; ends everything afterwards and checks that nothing stays. */
async function watching(
  prepare: (script: WatchScript) => void,
  body: (stage: Stage) => Promise<void>,
  { uncheckedMs, ...options }: ApiClientOptions & { readonly uncheckedMs?: number } = {},
): Promise<void> {
  await leavesNothingBehind(async () => {
    const script = new WatchScript();
    prepare(script);
    const server = await scriptedHttp(script.answer);
    const client = plainClient(server.url, options);
    const stop = new AbortController();
    const cache = new WatchCache<unknown>({
      client,
      resource: { group: "test.example", version: "v1", plural: "things" },
      trim: ({ spec }) => (spec as { value?: unknown } | undefined)?.value,
      uncheckedMs,
    });
    const running = cache.run(stop.signal);
    const names = () => [...cache.keys()].map((key) => key.split("/")[1] ?? "").sort();
    const shows = (...expected: string[]) => eventually(async () => assert.deepEqual(names(), expected));
    try {
      await body({ script, cache, names, shows });
    } finally {
      stop.abort();
      await running;
      await client.close();
      await server.close();
    }
  });
}

test("lists page by page and watches from the list's version where lists cannot be streamed", async () => {
  const list = (query: URLSearchParams) =>
    query.get("continue") === "more" ? listOf([thing("b", 4)], 7) : listOf([thing("a", 3)], 7, "more");
  await watching(
    (script) => Object.assign(script, { list }),
    async ({ script, shows }) => {
      await shows("a", "b");
      await eventually(async () => assert.equal(script.watches[0]?.query.get("resourceVersion"), "7"));
      assert.equal(script.watches[0]?.query.get("allowWatchBookmarks"), "true");
      const seconds = Number(script.watches[0]?.query.get("timeoutSeconds"));
      assert.ok(seconds >= 300 && seconds < 600, String(seconds));
      script.say("ADDED", thing("c", 8));
      script.say("DELETED", thing("a", 9));
      await shows("b", "c");
    },
  );
});

test("streams the list where the server can, and deletes what it no longer names", async () => {
  await watching(
    (script) => Object.assign(script, { streamsLists: true }),
    async ({ script, cache, shows }) => {
      await eventually(async () => assert.ok(script.open));
      script.say("ADDED", thing("a", 3));
      script.say("ADDED", thing("b", 4));
      await shows("a", "b");
      assert.equal(cache.isSynced, false);
      script.say("BOOKMARK", bookmark(9, true));
      await eventually(async () => assert.equal(cache.isSynced, true));
      script.say("ERROR", status(410, "too old resource version"));
      await eventually(async () => assert.equal(script.watches.length, 2));
      script.say("ADDED", thing("b", 4));
      script.say("BOOKMARK", bookmark(12, true));
      await shows("b");
      assert.equal(cache.health().lists, 2);
      assert.equal(script.lists.length, 0);
    },
  );
});

test("asks for a list when a server takes the streamed list's words for an ordinary watch", async () => {
  await watching(
    (script) => Object.assign(script, { streamsLists: true, list: () => listOf([thing("a", 3)], 5) }),
    async ({ script, cache, shows }) => {
      await eventually(async () => assert.ok(script.open));
      await shows("a");
      assert.equal(cache.isSynced, true);
      assert.equal(script.lists.length, 1);
    },
  );
});

test("asks for a list when the server breaks off the streamed list with an error, as it does over an old etcd", async () => {
  await watching(
    (script) => Object.assign(script, { streamsLists: true, list: () => listOf([thing("a", 3)], 5) }),
    async ({ script, cache, shows }) => {
      await eventually(async () => assert.ok(script.open));
      script.say("ERROR", status(500, "the required storage feature RequestWatchProgress is disabled"));
      await shows("a");
      await eventually(async () => assert.equal(script.watches.at(-1)?.query.get("resourceVersion"), "5"));
      assert.equal(script.lists.length, 1);
      assert.equal(cache.failure, undefined);
    },
  );
});

for (const [ending, end] of [
  ["end", (script: WatchScript) => script.open?.end()],
  ["are cut", (script: WatchScript) => script.open?.destroy()],
  ["turn to garbage", (script: WatchScript) => script.open?.write("<html>\n")],
] as const) {
  test(`asks for a list when streamed lists ${ending} before they are complete, again and again`, async () => {
    await watching(
      (script) => Object.assign(script, { streamsLists: true, list: () => listOf([thing("a", 3)], 5) }),
      async ({ script, cache, shows }) => {
        for (let round = 1; round <= 3; round += 1) {
          await eventually(async () => assert.equal(script.watches.length, round));
          assert.equal(cache.isSynced, false);
          script.say("ADDED", thing("a", 3));
          end(script);
        }
        await eventually(async () => assert.equal(cache.isSynced, true));
        await shows("a");
        assert.equal(script.lists.length, 1);
      },
    );
  });
}

test("resumes from the last bookmark or event after the stream ends, is garbage or stops in half a line", async () => {
  await watching(
    () => undefined,
    async ({ script, shows }) => {
      const nextWatch = async (from: string) => {
        const before = script.watches.length;
        await eventually(async () => assert.ok(script.watches.length > before - 1));
        await eventually(async () => assert.equal(script.watches.at(-1)?.query.get("resourceVersion"), from));
      };
      await nextWatch("1");
      script.say("ADDED", thing("a", 3));
      script.say("BOOKMARK", bookmark(20));
      await shows("a");
      script.open?.end();
      await nextWatch("20");
      script.say("ADDED", thing("b", 21));
      script.open?.write('{"type":"ADDED","object":{"metadata":{"name":"half');
      await shows("a", "b");
      script.open?.destroy();
      await nextWatch("21");
      script.say("ADDED", thing("c", 22));
      script.open?.write("<html>garbage</html>\n");
      await nextWatch("22");
      script.say("ADDED", thing("d", 23));
      await shows("a", "b", "c", "d");
      assert.equal(script.lists.length, 1);
    },
  );
});

test("starts over from a list when the stream from one position stays unreadable", async () => {
  await watching(
    () => undefined,
    async ({ script }) => {
      for (let round = 1; round <= 3; round += 1) {
        await eventually(async () => assert.equal(script.watches.length, round));
        script.open?.write("nonsense\n");
      }
      await eventually(async () => assert.equal(script.lists.length, 2));
    },
  );
});

test("lists again after 410, whether it comes as an answer or as an event", async () => {
  await watching(
    (script) => Object.assign(script, { list: () => listOf([thing("a", 3), thing("b", 3)], 5) }),
    async ({ script, shows }) => {
      await shows("a", "b");
      await eventually(async () => assert.ok(script.open));
      script.list = () => listOf([thing("b", 3)], 30);
      script.refusal = { status: 410, body: status(410, "expired") };
      script.open?.end();
      await shows("b");
      script.refusal = undefined;
      await eventually(async () => assert.equal(script.watches.at(-1)?.query.get("resourceVersion"), "30"));
      script.list = () => listOf([], 40);
      script.say("ERROR", status(410, "expired"));
      await shows();
    },
  );
});

test("starts over when the server's version goes back, as after a restored backup", async () => {
  await watching(
    (script) => Object.assign(script, { list: () => listOf([thing("a", 90)], 100) }),
    async ({ script, cache, shows }) => {
      await shows("a");
      await eventually(async () => assert.ok(script.open));
      script.list = () => listOf([thing("a", 40)], 50);
      script.say("BOOKMARK", bookmark(50));
      await eventually(async () => assert.equal(cache.get("default", "a")?.resourceVersion, "40"));
    },
  );
});

/** What a wiped or restored server has: fewer versions, another "a", and no "gone". */
function wiped(script: WatchScript): void {
  script.check = () => listOf([], 50);
  script.list = () => listOf([thing("a", 40, "another")], 50);
}

test("starts over when a watch is resumed from a version in the server's future, as after etcd was wiped", async () => {
  await watching(
    (script) => Object.assign(script, { list: () => listOf([thing("a", 90), thing("gone", 91)], 100) }),
    async ({ script, cache, shows }) => {
      await shows("a", "gone");
      await eventually(async () => assert.ok(script.open));
      wiped(script);
      script.open?.end();
      await shows("a");
      assert.equal(cache.get("default", "a")?.uid, "another");
      // The new world's events count, although their versions are lower than those of the old one.
      await eventually(async () => assert.equal(script.watches.at(-1)?.query.get("resourceVersion"), "50"));
      script.say("MODIFIED", thing("a", 51, "another"));
      await eventually(async () => assert.equal(cache.get("default", "a")?.value, 51));
    },
  );
});

test("finds out while a watch is open that the server's version went back, though nothing comes", async () => {
  await watching(
    (script) => Object.assign(script, { list: () => listOf([thing("a", 90), thing("gone", 91)], 100) }),
    async ({ script, shows }) => {
      await shows("a", "gone");
      await eventually(async () => assert.ok(script.checks.length > 1));
      wiped(script);
      await shows("a");
      assert.equal(script.lists.length, 2);
    },
    { uncheckedMs: 50 },
  );
});

test("does not check a position that events and bookmarks confirm", async () => {
  await watching(
    () => undefined,
    async ({ script }) => {
      await eventually(async () => assert.ok(script.open));
      const begun = performance.now();
      for (let version = 2; performance.now() - begun < 2_500; version += 1) {
        script.say("BOOKMARK", bookmark(version));
        await pause(20);
      }
      assert.deepEqual([script.checks.length, script.watches.length], [0, 1]);
    },
    { uncheckedMs: 2_000 },
  );
});

test("says that a watch works only when its version is known to be the server's past", async () => {
  await watching(
    (script) => Object.assign(script, { list: () => listOf([thing("a", 90)], 100) }),
    async ({ script, cache }) => {
      await eventually(async () => assert.ok(script.open));
      const { check } = script;
      script.check = () => ({ status: 500, body: status(500, "not now") });
      script.open?.destroy();
      await eventually(async () => assert.ok(script.watches.length === 2 && script.checks.length > 1));
      assert.equal(cache.failure?.kind, "Unavailable");
      script.check = check;
      await eventually(async () => assert.equal(cache.failure, undefined));
    },
  );
});

test("backs off from a server that calls each new list's version too old", async () => {
  await watching(
    (script) => Object.assign(script, { refusal: { status: 410, body: status(410, "expired") } }),
    async ({ script }) => {
      await eventually(async () => assert.ok(script.lists.length >= 4));
      const before = performance.now();
      const lists = script.lists.length;
      await eventually(async () => assert.equal(script.lists.length, lists + 2));
      assert.ok(performance.now() - before > 300, `${performance.now() - before} ms`);
    },
  );
});

test("confirms an object by reading it from an interruption until the watch has caught up", async () => {
  await watching(
    (script) => Object.assign(script, { list: () => listOf([thing("a", 3), thing("b", 4)], 5) }),
    async ({ script, cache, shows }) => {
      const { signal } = new AbortController();
      const reads = () => script.lists.filter((query) => query.has("fieldSelector")).length;
      await eventually(async () => assert.ok(script.open));
      await cache.confirm("default", "a", signal);
      assert.equal(reads(), 0);
      // Interrupted, "a" deleted and "b" changed: the watch is open again, and its events are still on their way.
      script.check = () => listOf([], 9);
      script.list = (query) => listOf(query.get("fieldSelector") === "metadata.name=b" ? [thing("b", 8)] : [], 9);
      script.open?.destroy();
      await eventually(async () => assert.ok(script.watches.length === 2 && cache.failure === undefined));
      await cache.confirm("default", "a", signal);
      await cache.confirm("default", "b", signal);
      await cache.confirm("default", "b", signal);
      await shows("b");
      assert.deepEqual([cache.get("default", "b")?.value, reads()], [8, 2]);
      script.say("DELETED", thing("a", 9));
      await eventually(async () => {
        await cache.confirm("default", "c", signal);
        const before = reads();
        await cache.confirm("default", `c-${before}`, signal);
        assert.equal(reads(), before);
      });
    },
  );
});

test("an object whose fresh read is older than what is held is not confirmed", async () => {
  await watching(
    (script) => Object.assign(script, { list: () => listOf([thing("a", 90)], 100) }),
    async ({ script, cache }) => {
      await eventually(async () => assert.ok(script.open));
      script.refusal = { status: 500, body: status(500, "not now") };
      script.list = () => listOf([thing("a", 40)], 50);
      script.open?.destroy();
      await eventually(async () => assert.equal(cache.failure?.kind, "Unavailable"));
      await assert.rejects(cache.confirm("default", "a", new AbortController().signal), { kind: "Conflict" });
    },
  );
});

test("waits longer and longer while the server answers 500, 429 or 403, keeps what it has, and says why", async () => {
  await watching(
    (script) => Object.assign(script, { list: () => listOf([thing("a", 3)], 5) }),
    async ({ script, cache, names }) => {
      await eventually(async () => assert.ok(script.open));
      for (const [code, kind] of [
        [500, "Unavailable"],
        [429, "Throttled"],
        [403, "Forbidden"],
      ] as const) {
        script.refusal = { status: code, body: status(code, "not now") };
        script.open?.end();
        await eventually(async () => assert.equal(cache.health().failure?.kind, kind));
      }
      assert.match(cache.failure?.message ?? "", /watch things.test.example: 403: not now/);
      assert.deepEqual(names(), ["a"]);
      script.refusal = undefined;
      await eventually(async () => assert.equal(cache.failure, undefined));
      assert.ok(script.lists.length === 1);
    },
  );
});

test("gives up a watch on which nothing comes, where the server speaks HTTP/1.1", async () => {
  await watching(
    () => undefined,
    async ({ script }) => {
      await eventually(async () => assert.equal(script.watches.length, 2));
      assert.equal(script.lists.length, 1);
    },
    { silenceMs: 300 },
  );
});

test("memory does not grow over 10,000 rounds of create and delete", async () => {
  await watching(
    () => undefined,
    async ({ script, cache, shows }) => {
      await eventually(async () => assert.ok(script.open));
      let version = 10;
      const rounds = async (count: number) => {
        for (let round = 0; round < count; round += 1) {
          version += 2;
          const name = `t-${version}`;
          script.say("ADDED", thing(name, version, `uid-${version}`, "x".repeat(500)));
          script.say("DELETED", thing(name, version + 1, `uid-${version}`));
          if (round % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
        }
        script.say("ADDED", thing("end", version + 1, `end-${version}`));
        await shows("end");
        script.say("DELETED", thing("end", version + 2, `end-${version}`));
        await shows();
        version += 2;
      };
      await rounds(2_000);
      const before = heapUsed();
      await rounds(10_000);
      const grown = heapUsed() - before;
      assert.ok(grown < 3_000_000, `grew by ${grown} bytes`);
      assert.equal(cache.health().objects, 0);
    },
  );
});

/** After a collection, which a process that was not started for it can be taught as well. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
