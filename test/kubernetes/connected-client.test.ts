import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { KubernetesError } from "../../src/kubernetes/ports.ts";
import {
  type ApiCall,
  type ApiClientOptions,
  type CallOutcome,
  keepWarm,
} from "../../src/kubernetes/transport/api-client.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { freePort } from "../support/free-port.ts";
import { leavesNothingBehind } from "../support/leftovers.ts";
import { plainClient } from "../support/plain-client.ts";
import { type HttpScript, type ScriptedHttp, scriptedHttp } from "../support/scripted-http.ts";
import { eventually, within } from "../support/waiting.ts";
import { status } from "../support/watch-script.ts";

const SIGNAL = new AbortController().signal;
const GET: ApiCall = { method: "GET", path: "/things", what: "get things", lane: "read" };
const PATCH: ApiCall = { method: "PATCH", path: "/thing", what: "patch things", lane: "scale", body: { a: 1 } };

async function calling(
  script: HttpScript,
  body: (client: ConnectedClient, server: ScriptedHttp) => Promise<void>,
  options: ApiClientOptions & { token?: () => string } = {},
): Promise<void> {
  await leavesNothingBehind(async () => {
    const server = await scriptedHttp(script);
    const client = plainClient(server.url, options);
    try {
      await body(client, server);
    } finally {
      await client.close();
      await server.close();
    }
  });
}

async function failure(work: Promise<unknown>): Promise<KubernetesError> {
  const error = await work.then(
    () => assert.fail("expected a failure"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KubernetesError, String(error));
  return error;
}

for (const [code, kind] of [
  [400, "Invalid"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [409, "Conflict"],
  [410, "Gone"],
  [422, "Invalid"],
  [429, "Throttled"],
  [500, "Unavailable"],
  [503, "Unavailable"],
  [504, "Unavailable"],
] as const) {
  test(`an answer ${code} is ${kind}, with the server's reason and its wish to be left alone`, async () => {
    const answer = { status: code, headers: { "retry-after": "7" }, body: status(code, "because of this") };
    await calling(
      () => answer,
      async (client) => {
        const error = await failure(client.call(GET, SIGNAL));
        assert.equal(error.kind, kind);
        assert.equal(error.status, code);
        assert.equal(error.retryAfterSeconds, 7);
        assert.equal(error.message, `get things: ${code}: because of this`);
      },
    );
  });
}

test("a server with a Retry-After of an hour is tried again after 10 s", async () => {
  await calling(
    () => ({ status: 429, headers: { "retry-after": "3600" }, body: status(429, "too many") }),
    async (client) => assert.equal((await failure(client.call(GET, SIGNAL))).retryAfterSeconds, 10),
  );
});

test("a proxy's HTML is never shown as a reason", async () => {
  await calling(
    () => ({ status: 502, body: "<html>secret</html>" }),
    async (client) => {
      const error = await failure(client.call(GET, SIGNAL));
      assert.equal(error.message, "get things: 502: no reason was given");
    },
  );
});

test("a PATCH is a merge patch, sent as JSON with the token", async () => {
  await calling(
    ({ headers, body }) => ({ body: { type: headers["content-type"], token: headers.authorization, sent: body } }),
    async (client) => {
      assert.deepEqual(await client.call(PATCH, SIGNAL), {
        type: "application/merge-patch+json",
        token: "Bearer t",
        sent: '{"a":1}',
      });
    },
    { token: () => "t" },
  );
});

test("after a 401 the credentials are asked for again, once", async () => {
  let token = 0;
  await calling(
    ({ headers }) => (headers.authorization === "Bearer 2" ? { body: {} } : { status: 401, body: status(401, "no") }),
    async (client, server) => {
      await client.call(GET, SIGNAL);
      assert.equal(server.requests.length, 2);
      const error = await failure(client.call(GET, SIGNAL));
      assert.equal(error.kind, "Forbidden");
      assert.equal(server.requests.length, 4);
    },
    { token: () => String(++token) },
  );
});

test("an answer that is too large, or is no JSON, is refused", async () => {
  await calling(
    ({ url }) => ({ body: url.pathname === "/things" ? "x".repeat(2_000_000) : "{" }),
    async (client, server) => {
      const large = await failure(client.call(GET, SIGNAL));
      assert.match(large.message, /more than 100000 bytes/);
      assert.equal(large.kind, "Unavailable");
      assert.ok(server.sent() >= 0);
      assert.match((await failure(client.call(PATCH, SIGNAL))).message, /text that is not JSON/);
    },
    { largestAnswer: 100_000 },
  );
});

test("gives up a server that does not answer in time, and a call that is no longer wanted", async () => {
  await calling(
    () => () => undefined,
    async (client) => {
      const late = await failure(client.call({ ...GET, timeoutMs: 100 }, SIGNAL));
      assert.equal(late.kind, "TimedOut");
      const stop = new AbortController();
      const pending = failure(client.call(GET, stop.signal));
      stop.abort();
      assert.equal((await within(1_000, pending)).kind, "TimedOut");
    },
  );
});

test("a connection that dies under a call is replaced, unless the call might then be made twice", async () => {
  let died = false;
  const script: HttpScript = () => {
    if (died) return { body: {} };
    died = true;
    return (response) => void response.socket?.destroy();
  };
  await calling(script, async (client, server) => {
    await client.call(PATCH, SIGNAL);
    assert.equal(server.requests.length, 2);
    died = false;
    const posted = await failure(client.call({ ...PATCH, method: "POST" }, SIGNAL));
    assert.equal(posted.kind, "Unavailable");
    assert.equal(server.requests.length, 3);
  });
});

test("an unreachable server is Unavailable, and the message says why", async () => {
  const client = plainClient(`http://127.0.0.1:${await freePort()}`);
  const error = await failure(client.call(GET, SIGNAL));
  assert.equal(error.kind, "Unavailable");
  assert.match(error.message, /get things: .*ECONNREFUSED/);
  await client.close();
});

test("calls of one lane do not wait for those of another", async () => {
  const held: (() => void)[] = [];
  const script: HttpScript = ({ url }) => {
    if (url.pathname !== "/held") return { body: {} };
    return (response) => void held.push(() => response.end("{}"));
  };
  await calling(script, async (client) => {
    const write = { ...PATCH, lane: "write", path: "/held", timeoutMs: 120_000 } as const;
    const writes = Array.from({ length: 50 }, () => client.call(write, SIGNAL));
    await eventually(async () => assert.ok(held.length >= 8));
    // The writes are held until both have their answer.
    await within(60_000, client.call({ ...PATCH, timeoutMs: 60_000 }, SIGNAL));
    await within(60_000, client.call({ ...GET, lane: "lease", timeoutMs: 60_000 }, SIGNAL));
    const releasing = setInterval(() => {
      for (const release of held.splice(0)) release();
    }, 5);
    try {
      await Promise.all(writes);
    } finally {
      clearInterval(releasing);
    }
  });
});

test("idle connections are used again", async () => {
  await calling(
    () => ({ body: {} }),
    async (client, server) => {
      for (let round = 0; round < 20; round += 1) await client.call(PATCH, SIGNAL);
      assert.ok(server.connections() <= 3, String(server.connections()));
    },
  );
});

test("a lane that is kept warm has a connection ready", async () => {
  const stop = new AbortController();
  await calling(
    () => ({ body: {} }),
    async (client, server) => {
      const warming = keepWarm(client, "scale", stop.signal, 10);
      await eventually(async () => assert.ok(server.requests.length > 3));
      assert.ok(server.connections() <= 3);
      const before = server.connections();
      await client.call(PATCH, SIGNAL);
      assert.ok(server.connections() <= before + 1);
      stop.abort();
      await warming;
    },
  );
});

test("each call is observed with its time and its kind of failure", async () => {
  const outcomes: CallOutcome[] = [];
  await calling(
    ({ method }) => (method === "GET" ? { body: {} } : { status: 409, body: status(409, "no") }),
    async (client) => {
      await client.call(GET, SIGNAL);
      await failure(client.call(PATCH, SIGNAL));
      assert.deepEqual(
        outcomes.map(({ what, lane, error }) => [what, lane, error]),
        [
          ["get things", "read", undefined],
          ["patch things", "scale", "Conflict"],
        ],
      );
      assert.ok(outcomes.every(({ seconds }) => seconds > 0));
    },
    { observe: (outcome) => outcomes.push(outcome) },
  );
});

test("a server that takes the connection and never speaks TLS is given up", async () => {
  const sockets = new Set<{ destroy(): void }>();
  const silent = createServer((socket) => void sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  const { port } = silent.address() as { port: number };
  const client = plainClient(`https://127.0.0.1:${port}`);
  const error = await failure(client.call({ ...GET, timeoutMs: 200 }, SIGNAL));
  assert.equal(error.kind, "TimedOut");
  await client.close();
  for (const socket of sockets) socket.destroy();
  silent.close();
});
