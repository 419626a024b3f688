import assert from "node:assert/strict";
import { test } from "node:test";
import http from "../../src/sources/http.ts";
import { testSource } from "./conformance.ts";
import { httpStage } from "./http-stage.ts";
import { failedHttpPoll, pollHttp } from "./poll.ts";

const PASSWORD = "p@ss:w/rd";
const TOKEN = "t0ken in the URL";

testSource(http, {
  value: 9,
  secrets: [PASSWORD, TOKEN],
  stage: httpStage({
    settings: (url) => ({
      url: `${url}/stats?key=${encodeURIComponent(TOKEN)}`,
      path: "queues[0].size",
      timePath: "at",
      username: "muster",
      password: PASSWORD,
      timeoutSeconds: 1,
    }),
    answer(behaviour, { url, headers }, staleAt) {
      const queues = [{ size: 9 }];
      if (behaviour === "working") return { body: { at: Date.now(), queues } };
      if (behaviour === "stale") return { body: { at: new Date(staleAt).toISOString(), queues } };
      if (behaviour === "missing") return { body: { at: Date.now(), queues: [] } };
      // A server that repeats what it was sent.
      if (behaviour === "forbidden")
        return { status: 403, body: `${headers.authorization} ${url.href} ${PASSWORD} may not` };
      return undefined;
    },
  }),
  wrong: {
    settings: {
      url: "http://user:secret@host/",
      path: "a..b",
      timePath: "[x",
      headers: { a: "b\nc" },
      caCertificate: "none",
    },
    names: ["url", "path", "timePath", "headers", "caCertificate"],
  },
});

const body = { "a/b": { "~": [1, 2.5] }, list: [[3]], text: "4e1", word: "many", none: null, yes: true, big: "1e999" };

for (const [path, value] of [
  ["/a~1b/~0/1", 2.5],
  ["list[0][0]", 3],
  ["$.list[0][0]", 3],
  ["/list/0/0", 3],
  ["text", 40],
] as const) {
  test(`finds the number at ${path}`, async (t) => {
    assert.equal((await pollHttp(t, http, { path }, { body })).value, value);
  });
}

test("an empty path is the answer itself", async (t) => {
  assert.equal((await pollHttp(t, http, { path: "" }, { body: "17" })).value, 17);
});

for (const [path, kind] of [
  ["none", "NotFound"],
  ["list[7]", "NotFound"],
  ["toString", "NotFound"],
  ["word", "Malformed"],
  ["yes", "Malformed"],
  ["big", "Malformed"],
  ["list", "Malformed"],
] as const) {
  test(`${path} is not a number: ${kind}`, async (t) => {
    assert.equal((await failedHttpPoll(t, http, { path }, { body })).kind, kind);
  });
}

test("a time that is none is refused", async (t) => {
  const failure = await failedHttpPoll(t, http, { path: "text", timePath: "word" }, { body });
  assert.match(failure.message, /expected a time at word/);
});

test("a URL with credentials is refused without repeating them", () => {
  const parsed = http.settings.safeParse({ url: "http://me:s3cret@host/", path: "a" });
  assert.ok(parsed.error?.issues.some(({ message }) => message.includes("username and password")));
  assert.ok(!JSON.stringify(parsed.error?.issues).includes("s3cret"));
});

const YAML = "queues:\n  - &mails { size: 7 }\n  - *mails\nat: 2026-01-02T03:04:05Z\nword: many\n";

test("reads YAML by the same paths", async (t) => {
  const settings = { format: "yaml", path: "/queues/1/size", timePath: "at" };
  const reading = await pollHttp(t, http, settings, { body: YAML });
  assert.deepEqual(reading, { value: 7, at: Date.UTC(2026, 0, 2, 3, 4, 5) });
});

const bomb = ["a0: &a0 [1, 1]", ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)];

for (const [what, text, path, kind] of [
  ["a value that is no number", YAML, "word", "Malformed"],
  ["nothing at the path", YAML, "queues[2].size", "NotFound"],
  ["an empty body", "", "a", "NotFound"],
  ["what is no YAML", "hunter2: [", "a", "Malformed"],
  ["two documents", "a: 1\n---\na: 2\n", "a", "Malformed"],
  ["a key that stands there twice", "a: 1\na: 2\n", "a", "Malformed"],
  ["aliases that multiply", bomb.join("\n"), "a", "Malformed"],
  ["lists within lists", "[".repeat(16_000), "a", "Malformed"],
  ["more than it parses", `a: 1 #${"x".repeat(300_000)}`, "a", "Malformed"],
  ["a prototype", "a: 1", "constructor.length", "NotFound"],
] as const) {
  test(`format yaml: ${what} is ${kind}`, async (t) => {
    const failure = await failedHttpPoll(t, http, { format: "yaml", path }, { body: text });
    assert.equal(failure.kind, kind);
    assert.doesNotMatch(failure.message, /hunter2/);
  });
}

const TEXT = String.raw`# HELP jobs_waiting Jobs that wait.
# TYPE jobs_waiting gauge
jobs_waiting{queue="mails",zone="a"} 12
jobs_waiting{queue="mails",zone="b"} 4 1767323045000
jobs_waiting{queue="a \"b\" \\ {c}, d=\"e\"",} 1.5e1
jobs_waiting_total 99
jobs_running	3
jobs_lost NaN
jobs_most{queue="x"} +Inf
jobs_broken{queue="x" 3
jobs_late 1 soon
`;

for (const [path, value] of [
  ['jobs_waiting{queue="mails",zone="a"}', 12],
  ['jobs_waiting{queue!="mails"}', 15],
  [String.raw`jobs_waiting{queue="a \"b\" \\ {c}, d=\"e\""}`, 15],
  ['jobs_waiting{zone=""}', 15],
  ["jobs_waiting_total", 99],
  ["jobs_running", 3],
] as const) {
  test(`finds the series ${path}`, async (t) => {
    assert.equal((await pollHttp(t, http, { format: "prometheus", path }, { body: TEXT })).value, value);
  });
}

test("a series that states its time is of that time", async (t) => {
  const settings = { format: "prometheus", path: 'jobs_waiting{zone="b"}' };
  assert.deepEqual(await pollHttp(t, http, settings, { body: TEXT }), { value: 4, at: 1_767_323_045_000 });
});

for (const [path, kind] of [
  ["jobs", "NotFound"],
  ['jobs_waiting{queue="none"}', "NotFound"],
  ['jobs_waiting{queue="mails"}', "Malformed"],
  ["jobs_lost", "Malformed"],
  ["jobs_most", "Malformed"],
  ["jobs_broken", "Malformed"],
  ["jobs_late", "Malformed"],
] as const) {
  test(`the series ${path} gives no number: ${kind}`, async (t) => {
    assert.equal((await failedHttpPoll(t, http, { format: "prometheus", path }, { body: TEXT })).kind, kind);
  });
}

test("the worst YAML takes no long time", async (t) => {
  const began = performance.now();
  const failure = await failedHttpPoll(t, http, { format: "yaml", path: "a" }, { body: '"'.repeat(16_384) });
  assert.match(failure.message, /expected YAML, got 16384 characters of something else/);
  assert.ok(performance.now() - began < 5_000);
});

test("a line of many labels takes no quadratic time", async (t) => {
  const line = `jobs{${'a="\\\\",'.repeat(100_000)} 1`;
  const began = performance.now();
  await failedHttpPoll(t, http, { format: "prometheus", path: "jobs" }, { body: line });
  assert.ok(performance.now() - began < 5_000);
});

test("refuses what does not belong to the format", () => {
  const paths = (given: object) =>
    http.settings.safeParse({ url: "http://host/", ...given }).error?.issues.map(({ path }) => path.join("."));
  assert.deepEqual(paths({ format: "prometheus", path: 'jobs{a=~"b"}' }), ["path"]);
  assert.deepEqual(paths({ format: "prometheus", path: "jobs", timePath: "at" }), ["timePath"]);
  assert.deepEqual(paths({ format: "yaml", path: "a..b" }), ["path"]);
  assert.deepEqual(paths({ format: "xml", path: "a" }), ["format"]);
});
