import assert from "node:assert/strict";
import { test } from "node:test";
import redis from "../../src/sources/redis.ts";
import { OPENSSL, selfSigned } from "../support/certificates.ts";
import { REDIS, startRedis } from "../support/servers/redis.ts";
import { sourceTools } from "../support/source-tools.ts";
import { eventually } from "../support/waiting.ts";
import { failedPoll, poll } from "./poll.ts";
import { TLS_NAMES, testTls } from "./test-tls.ts";

test("a real Redis", { skip: REDIS.skip, timeout: 60_000 }, async (t) => {
  const { host, port, client } = await startRedis(t);
  const read = async (settings: Record<string, unknown>) => {
    const { at: _at, ...rest } = await poll(redis, { host, port, ...settings });
    return rest;
  };

  await t.test("counts a list, and 0 where there is no key", async () => {
    await client.rpush("jobs", "a", "b", "c");
    assert.deepEqual(await read({ structure: "list", key: "jobs" }), { value: 3, waiting: 3 });
    assert.deepEqual(await read({ structure: "list", key: "none" }), { value: 0, waiting: 0 });
  });

  await t.test("counts in the logical database that is set", async () => {
    await client.select(3);
    await client.rpush("elsewhere", "a");
    await client.select(0);
    assert.equal((await read({ structure: "list", key: "elsewhere" })).value, 0);
    assert.equal((await read({ structure: "list", key: "elsewhere", database: 3 })).value, 1);
  });

  await t.test("counts a sorted set, all of it or by score", async () => {
    const now = Date.now() / 1000;
    await client.zadd("due", 1, "a", 5, "b", now - 5, "c", now + 3600, "d");
    assert.equal((await read({ structure: "sortedSet", key: "due" })).value, 4);
    assert.equal((await read({ structure: "sortedSet", key: "due", maxScore: "now" })).value, 3);
    assert.equal((await read({ structure: "sortedSet", key: "due", minScore: "(1", maxScore: "5" })).value, 1);
  });

  await t.test("counts a key of any type with structure: auto", async () => {
    const auto = { structure: "auto" };
    await client.rpush("auto-list", "a", "b");
    await client.zadd("auto-sorted", 1, "a", 2, "b", 3, "c");
    await client.sadd("auto-set", "a");
    await client.hset("auto-hash", { a: 1, b: 2, c: 3, d: 4 });
    await client.set("auto-text", "x");
    const counts = ["auto-list", "auto-sorted", "auto-set", "auto-hash", "auto-none"].map(
      async (key) => (await read({ ...auto, key })).value,
    );
    assert.deepEqual(await Promise.all(counts), [2, 3, 1, 4, 0]);
    const failure = await failedPoll(redis, { host, port, ...auto, key: "auto-text" });
    assert.equal(failure.kind, "Malformed");
    assert.match(failure.message, /expected a list, sorted set, set or hash at auto-text, got a string/);
  });

  await t.test("counts a stream's lag and pending entries", async () => {
    await client.xgroup("CREATE", "log", "workers", "$", "MKSTREAM");
    const stream = { structure: "stream", key: "log", group: "workers" };
    // Redis 7 and newer report counters of entries.
    const knowsLag = JSON.stringify(await client.xinfo("GROUPS", "log")).includes("entries-read");
    const counted = (arrived: number, completed: number) => (knowsLag ? { arrived, completed } : {});
    assert.deepEqual(await read(stream), { value: 0, waiting: 0, inFlight: 0 }, "nothing was read yet");
    const ids: (string | null)[] = [];
    for (let i = 0; i < 5; i += 1) ids.push(await client.xadd("log", "*", "n", i));
    await client.xreadgroup("GROUP", "workers", "me", "COUNT", 2, "STREAMS", "log", ">");
    assert.deepEqual(await read(stream), { value: 5, waiting: 3, inFlight: 2, ...counted(5, 0) });
    assert.equal((await read({ structure: "stream", key: "log" })).value, 5);
    await client.xack("log", "workers", ids[0] ?? "", ids[1] ?? "");
    assert.deepEqual(await read(stream), { value: 3, waiting: 3, inFlight: 0, ...counted(5, 2) });
    // Deleting out of the middle makes Redis forget the lag: a bound stands for it, and 0 is still known.
    await client.xdel("log", ids[3] ?? "");
    assert.deepEqual(await read(stream), { value: 4, waiting: 4, inFlight: 0 });
    await client.xreadgroup("GROUP", "workers", "me", "COUNT", 9, "NOACK", "STREAMS", "log", ">");
    assert.deepEqual(await read(stream), { value: 0, waiting: 0, inFlight: 0, ...counted(5, 5) });
  });

  await t.test("counts all entries of a stream whose group does not exist yet, and says how to make it", async () => {
    for (let i = 0; i < 8; i += 1) await client.xadd("early", "*", "n", i);
    const { doubts, ...counts } = await read({ structure: "stream", key: "early", group: "g" });
    assert.deepEqual(counts, { value: 8, waiting: 8 });
    assert.equal(doubts?.[0]?.kind, "NotFound");
    assert.match(doubts?.[0]?.message ?? "", /XGROUP CREATE early g 0,/);
    await client.xgroup("CREATE", "early", "g", "0");
    const { value, doubts: afterwards } = await read({ structure: "stream", key: "early", group: "g" });
    assert.deepEqual([value, afterwards], [8, undefined]);
  });

  await t.test("a stream that does not exist, or is empty, is 0, with and without a group", async () => {
    for (const group of [{}, { group: "g" }]) {
      assert.equal((await read({ structure: "stream", key: "nothing", ...group })).value, 0);
    }
    await client.xtrim("log", "MAXLEN", 0);
    for (const group of [{}, { group: "g" }, { group: "workers" }]) {
      const { value, doubts } = await read({ structure: "stream", key: "log", ...group });
      assert.deepEqual([value, doubts], [0, undefined]);
    }
  });

  await t.test(
    "a user without XINFO is Unauthorized, and one without XLEN learns what a missing group needs",
    async () => {
      await client.acl("SETUSER", "lag", "on", ">s3cret", "~early", "+xinfo");
      const user = { structure: "stream", key: "early", username: "lag", password: "s3cret" };
      assert.equal((await read({ ...user, group: "g" })).value, 8);
      const missing = await failedPoll(redis, { host, port, ...user, group: "other" });
      assert.equal(missing.kind, "NotFound");
      assert.match(missing.message, /XGROUP CREATE early other 0,.*Allow XLEN/);
      await client.acl("SETUSER", "lag", "-xinfo", "+xlen");
      assert.equal((await failedPoll(redis, { host, port, ...user, group: "g" })).kind, "Unauthorized");
      assert.equal((await read(user)).value, 8);
    },
  );

  await t.test("the wrong kind of key is Malformed", async () => {
    for (const settings of [{ structure: "list" }, { structure: "stream" }, { structure: "stream", group: "g" }]) {
      const failure = await failedPoll(redis, { host, port, ...settings, key: "due" });
      assert.equal(failure.kind, "Malformed");
      assert.match(failure.message, /WRONGTYPE/);
    }
  });

  await t.test("an ACL user with the right to read one key may do that alone", async () => {
    await client.acl("SETUSER", "scaler", "on", ">s3cret", "~jobs", "+llen");
    const user = { host, port, structure: "list", username: "scaler", password: "s3cret" };
    assert.equal((await poll(redis, { ...user, key: "jobs" })).value, 3);
    assert.equal((await failedPoll(redis, { ...user, key: "due" })).kind, "Unauthorized");
    assert.equal((await failedPoll(redis, { ...user, key: "jobs", password: "wrong" })).kind, "Unauthorized");
  });

  await t.test("all queues of a server share one connection", async () => {
    const tools = sourceTools();
    const sources = ["a", "b", "jobs"].map((key) =>
      redis.connect(redis.settings.parse({ host, port, structure: "list", key }), tools),
    );
    const signal = new AbortController().signal;
    const readings = await Promise.all(sources.map((source) => source.read(signal)));
    assert.deepEqual(
      readings.map(({ value }) => value),
      [0, 0, 3],
    );
    const connections = String(await client.client("LIST")).match(/name=muster/g);
    assert.equal(connections?.length, 1);
    await Promise.all(sources.map((source) => source.close?.()));
  });
});

test("waiting for work on a real Redis", { skip: REDIS.skip, timeout: 60_000 }, async (t) => {
  const { host, port, client, stop } = await startRedis(t);
  const tools = sourceTools();
  const open = (key: string) => redis.connect(redis.settings.parse({ host, port, structure: "list", key }), tools);
  const [jobs, mails] = [open("jobs"), open("mails")];
  const listening = (key: string) =>
    eventually(async () => {
      const [, count] = (await client.pubsub("NUMSUB", `__keyspace@0__:${key}`)) as [string, number];
      assert.equal(Number(count), 1);
    });

  await t.test("is left to polls where Redis does not notify", async () => {
    assert.equal(await jobs.waitForWork?.(new AbortController().signal), "unsupported");
  });

  await t.test("ends at the first message, for its key alone", async () => {
    await client.config("SET", "notify-keyspace-events", "KA");
    const abort = new AbortController();
    let mailsEnded = false;
    const others = mails.waitForWork?.(abort.signal).then(() => {
      mailsEnded = true;
    });
    const work = jobs.waitForWork?.(new AbortController().signal);
    await Promise.all([listening("jobs"), listening("mails")]);
    await client.rpush("jobs", "a");
    assert.equal(await work, "maybe-work");
    assert.equal(mailsEnded, false);
    abort.abort();
    await others;
  });

  for (const [structure, more, add] of [
    ["stream", { group: "workers" }, () => client.xadd("new", "*", "n", 1)],
    ["sortedSet", {}, () => client.zadd("new", 1, "a")],
  ] as const) {
    await t.test(`ends at the first message of a ${structure}`, async () => {
      if (structure === "stream") await client.xgroup("CREATE", "new", "workers", "$", "MKSTREAM");
      const settings = { host, port, structure, key: "new", ...more };
      const source = redis.connect(redis.settings.parse(settings), tools);
      const work = source.waitForWork?.(new AbortController().signal);
      await listening("new");
      await add();
      assert.equal(await work, "maybe-work");
      assert.equal((await source.read(new AbortController().signal)).value, 1);
      await source.close?.();
      await client.del("new");
    });
  }

  await t.test("ends at once where work is there already", async () => {
    assert.equal(await jobs.waitForWork?.(new AbortController().signal), "maybe-work");
  });

  await t.test("fails when the server goes", async () => {
    const work = mails.waitForWork?.(new AbortController().signal);
    const failed = assert.rejects(work ?? Promise.resolve(), { name: "SourceError", kind: "Unavailable" });
    await listening("mails");
    await stop();
    await failed;
  });
  await Promise.all([jobs.close?.(), mails.close?.()]);
});

test("a real Redis that speaks TLS", { skip: REDIS.skip || OPENSSL.skip, timeout: 60_000 }, async (t) => {
  const tls = selfSigned(TLS_NAMES);
  const { host, port, client } = await startRedis(t, tls);
  await client.rpush("jobs", "a");
  const settings = { host, port, structure: "list", key: "jobs" };
  assert.equal((await poll(redis, { ...settings, tls: true, caCertificate: tls.cert })).value, 1);
  await testTls(t, redis, settings, tls.cert);
  assert.equal((await failedPoll(redis, { ...settings, timeoutSeconds: 2 })).kind === "TimedOut", false);
});
