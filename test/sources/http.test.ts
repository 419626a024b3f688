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
