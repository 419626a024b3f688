import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import type { Instant } from "../../src/core/index.ts";
import {
  KubernetesError,
  type PodReference,
  type ProtectionOutcome,
  type TokenPod,
} from "../../src/kubernetes/ports.ts";
import { protectionServer } from "../support/protection-server.ts";
import { eventually } from "../support/waiting.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const CHEF = { namespace: "shop", name: "chef-1", uid: "u1" };
const LONGEST = 48 * 3600;

const holders = new Map<string, TokenPod>();
const written: { pod: PodReference; until: Instant | undefined }[] = [];
let outcome: ProtectionOutcome | KubernetesError = "done";
/** The API server answers no call before this. */
let answered: Promise<unknown> = Promise.resolve();
let server: Awaited<ReturnType<typeof protectionServer>>;

before(async () => {
  server = await protectionServer({
    tokens: { podOf: async (token) => holders.get(token) ?? "unknown" },
    pods: {
      find: async () => undefined,
      protect: async (pod, until) => {
        await answered;
        if (outcome instanceof KubernetesError) throw outcome;
        written.push({ pod, until });
        return outcome;
      },
    },
    now: () => NOW,
  });
});
after(() => server.close());

let made = 0;
/** A pod that has not called yet. */
function newPod(): string {
  made += 1;
  const token = `a.b${made}.c`;
  holders.set(token, { ...CHEF, uid: `u${made}` });
  return token;
}

test("protects the caller's pod until then, and tells it", async () => {
  const token = newPod();
  const { code, body, headers } = await server.call("PUT", token, { expiresInSeconds: 600 });
  assert.equal(code, 200);
  assert.deepEqual(body, { pod: "shop/chef-1", protectedUntil: "2026-01-02T03:14:05.000Z" });
  assert.deepEqual(written.at(-1), { pod: holders.get(token), until: NOW + 600_000 });
  assert.equal(headers.get("connection"), "close");
  const ended = await server.call("DELETE", token);
  assert.deepEqual(ended.body, { pod: "shop/chef-1", protectedUntil: null });
  assert.equal(written.at(-1)?.until, undefined);
});

test("takes 1 second to 48 hours, and nothing else", async () => {
  for (const seconds of [1, LONGEST, 6e2]) {
    assert.equal((await server.call("PUT", newPod(), { expiresInSeconds: seconds })).code, 200);
  }
  const before = written.length;
  for (const seconds of [0, -1, LONGEST + 1, 0.5, "600", null, true, [600], {}, 1e300]) {
    const { code, body } = await server.call("PUT", newPod(), { expiresInSeconds: seconds });
    assert.equal(code, 400, JSON.stringify(seconds));
    assert.match(body.message, /^expiresInSeconds: expected a whole number of seconds from 1 to 172800 \(48 h\), got /);
  }
  assert.equal(written.length, before);
});

test("refuses a body that is no such object, and says what one looks like", async () => {
  const bodies = [
    "",
    "{",
    "[]",
    "null",
    "600",
    '"x"',
    '{"expiresInSeconds":NaN}',
    '{"expiresInSeconds":600}x',
    "\u0000",
  ];
  const odd = ['{"expiresInSeconds":600,"pod":"other"}', '{"__proto__":{"expiresInSeconds":600}}'];
  for (const text of [...bodies, ...odd]) {
    const { code, body } = await server.call("PUT", newPod(), text);
    assert.equal(code, 400, text);
    assert.match(body.message, /expected a body such as \{"expiresInSeconds": 600\}/, text);
  }
  const long = await server.call("PUT", newPod(), `{"expiresInSeconds":600${" ".repeat(2_000)}}`);
  assert.equal(long.code, 413);
  const missing = await server.call("PUT", newPod(), {});
  assert.match(missing.body.message, /got none$/);
});

test("answers no call without the token of a pod", async () => {
  for (const token of [undefined, "no-jwt", "made.up.token", `${"a".repeat(9_000)}.b.c`]) {
    const { code, headers, body } = await server.call("PUT", token, { expiresInSeconds: 5 });
    assert.equal(code, 401);
    assert.equal(headers.get("www-authenticate"), "Bearer");
    assert.doesNotMatch(JSON.stringify(body), /made\.up/);
  }
  holders.set("a.legacy.c", "no-pod");
  const { code, body } = await server.call("PUT", "a.legacy.c", { expiresInSeconds: 5 });
  assert.equal(code, 403);
  assert.match(body.message, /bound to a pod.*projected volume.*examples\/protection\/worker\.yaml/);
});

test("tells a worker that is about to be stopped, or has ended, to take no message", async () => {
  for (const one of ["leaving", "gone"] as const) {
    outcome = one;
    const { code, body } = await server.call("PUT", newPod(), { expiresInSeconds: 5 });
    assert.equal(code, 409);
    assert.match(body.message, /^this worker is about to be stopped: take no message/);
    assert.equal((await server.call("DELETE", newPod())).code, 200);
  }
  outcome = "forever";
  const { body } = await server.call("PUT", newPod(), { expiresInSeconds: 5 });
  assert.equal(body.protectedUntil, "forever");
  outcome = "done";
});

test("says which permission is missing, and that the API server is down", async () => {
  const forbidden = 'patch pods: 403: pods "chef-1" is forbidden: cannot patch resource "pods" in "shop"';
  outcome = new KubernetesError("Forbidden", forbidden);
  const off = await server.call("PUT", newPod(), { expiresInSeconds: 5 });
  assert.equal(off.code, 503);
  assert.match(off.body.message, /^protection is off: .*cannot patch resource "pods".*deploy\/busy-workers\.yaml/);
  assert.equal(off.headers.get("retry-after"), null);
  outcome = new KubernetesError("Unavailable", "get pods: connection refused");
  const down = await server.call("PUT", newPod(), { expiresInSeconds: 5 });
  assert.equal(down.code, 503);
  assert.equal(down.headers.get("retry-after"), "1");
  assert.match(down.body.message, /cannot be asked: get pods: connection refused/);
  outcome = "done";
});

test("writes nothing in a dry run", async (context) => {
  const dry = await protectionServer(undefined);
  context.after(() => dry.close());
  const { code, body } = await dry.call("PUT", newPod(), { expiresInSeconds: 5 });
  assert.equal(code, 503);
  assert.match(body.message, /--dry-run/);
});

test("limits the calls of one pod and leaves the others alone", async () => {
  const token = newPod();
  const codes = await Promise.all(
    Array.from({ length: 30 }, async () => (await server.call("PUT", token, { expiresInSeconds: 5 })).code),
  );
  assert.ok(codes.filter((code) => code === 200).length >= 10);
  assert.ok(codes.filter((code) => code === 429).length >= 15);
  assert.equal((await server.call("PUT", newPod(), { expiresInSeconds: 5 })).code, 200);
});

test("answers 64 workers at once, and asks the others to come again", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  answered = promise;
  const refused: (string | null)[] = [];
  const codes = Array.from({ length: 80 }, newPod).map(async (token) => {
    const { code, headers } = await server.call("PUT", token, { expiresInSeconds: 5 });
    if (code === 503) refused.push(headers.get("retry-after"));
    return code;
  });
  await eventually(async () => assert.equal(refused.length, 16));
  resolve();
  assert.equal((await Promise.all(codes)).filter((code) => code === 200).length, 64);
  assert.deepEqual(new Set(refused), new Set(["1"]));
});

test("answers other methods with 405 and those it has", async () => {
  const { code, headers } = await server.call("POST", newPod(), { expiresInSeconds: 5 });
  assert.equal(code, 405);
  assert.equal(headers.get("allow"), "GET, PUT, DELETE");
});

test("is not held up by callers that send half a body, and logs nothing of them", async () => {
  const { hostname, port } = new URL(server.url);
  const token = newPod();
  const slow = Array.from({ length: 100 }, () => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    const head = `PUT /api/v1/protection HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 500\r\n\r\n`;
    socket.write(`${head}{"expires`);
    return socket;
  });
  await Promise.all(slow.map((socket) => once(socket, "connect")));
  assert.equal((await server.call("PUT", newPod(), { expiresInSeconds: 5 })).code, 200);
  for (const socket of slow) socket.destroy();
  await Promise.all(slow.map((socket) => (socket.closed ? undefined : once(socket, "close"))));
  assert.equal((await server.call("PUT", newPod(), { expiresInSeconds: 5 })).code, 200);
  assert.deepEqual(server.lines, []);
});

test("refuses an address that keeps sending wrong tokens, for a while", async () => {
  const codes = [];
  for (let call = 0; call < 80; call += 1) codes.push((await server.call("GET", `wrong.token.${call}`)).code);
  assert.ok(codes.includes(401));
  assert.equal(codes.at(-1), 429);
});
