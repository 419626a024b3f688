import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiCall } from "../../src/kubernetes/transport/api-client.ts";
import { leavesNothingBehind } from "../support/leftovers.ts";
import { plainClient } from "../support/plain-client.ts";
import { type HttpScript, scriptedHttp } from "../support/scripted-http.ts";
import { eventually } from "../support/waiting.ts";

const SIGNAL = new AbortController().signal;
const PATCH: ApiCall = { method: "PATCH", path: "/thing", what: "patch things", lane: "lease", body: { a: 1 } };

/** A client whose permit a test gives and takes. */
async function permitted(
  script: HttpScript,
  body: (world: {
    readonly client: ReturnType<typeof plainClient>;
    readonly permit: { left: number; gapEndedAt: number };
    readonly sent: () => readonly string[];
  }) => Promise<void>,
): Promise<void> {
  await leavesNothingBehind(async () => {
    const server = await scriptedHttp(script);
    const permit = { left: 60_000, gapEndedAt: 0 };
    const client = plainClient(server.url, {
      permit: {
        leftMs: (decidedAt = Number.POSITIVE_INFINITY) => (permit.gapEndedAt > decidedAt ? 0 : permit.left),
        onGranted: () => undefined,
      },
    });
    try {
      await body({ client, permit, sent: () => server.requests.map(({ method }) => method) });
    } finally {
      await client.close();
      await server.close();
    }
  });
}

test("without the lease nothing that changes anything is sent, and all else is", async () => {
  await permitted(
    () => ({ body: {} }),
    async ({ client, permit, sent }) => {
      permit.left = 0;
      for (const method of ["PATCH", "POST", "PUT", "DELETE"] as const) {
        await assert.rejects(client.call({ ...PATCH, method }, SIGNAL), { kind: "NotLeading" });
      }
      await client.call({ method: "GET", path: "/thing", what: "get things", lane: "read" }, SIGNAL);
      assert.deepEqual(sent(), ["GET"]);
      permit.left = 60_000;
      await client.call(PATCH, SIGNAL);
      assert.deepEqual(sent(), ["GET", "PATCH"]);
    },
  );
});

test("a write that waited for a connection is not sent once the lease is gone", async () => {
  const held: (() => void)[] = [];
  await permitted(
    () => (response) => void held.push(() => response.end("{}")),
    async ({ client, permit, sent }) => {
      // More than the lane has connections: the last one waits.
      const writes = [1, 2, 3].map(() => client.call(PATCH, SIGNAL));
      const last = assert.rejects(writes[2] as Promise<unknown>, { kind: "NotLeading" });
      await eventually(async () => assert.equal(held.length, 2));
      permit.left = 0;
      for (const answer of held) answer();
      await Promise.all([writes[0], writes[1], last]);
      assert.equal(sent().length, 2);
    },
  );
});

test("a write that waited while the process did not run is not sent, though the lease is there", async () => {
  const held: (() => void)[] = [];
  await permitted(
    () => (response) => void held.push(() => response.end("{}")),
    async ({ client, permit, sent }) => {
      const writes = [1, 2, 3].map(() => client.call(PATCH, SIGNAL));
      const last = assert.rejects(writes[2] as Promise<unknown>, { kind: "NotLeading" });
      await eventually(async () => assert.equal(held.length, 2));
      permit.gapEndedAt = performance.now();
      for (const answer of held) answer();
      await Promise.all([writes[0], writes[1], last]);
      assert.equal(sent().length, 2);
      const later = client.call(PATCH, SIGNAL);
      await eventually(async () => assert.equal(held.length, 3));
      held[2]?.();
      await later;
    },
  );
});

test("a write is given up when the lease ends", async () => {
  await permitted(
    () => () => undefined,
    async ({ client, permit }) => {
      permit.left = 300;
      const begun = performance.now();
      await assert.rejects(client.call({ ...PATCH, timeoutMs: 60_000 }, SIGNAL), { kind: "TimedOut" });
      assert.ok(performance.now() - begun < 10_000);
    },
  );
});

test("a write whose connection died is not sent again once the lease is gone", async () => {
  const permit: { take: () => void } = { take: () => undefined };
  await permitted(
    () => (response) => {
      permit.take();
      response.socket?.destroy();
    },
    async ({ client, permit: lease, sent }) => {
      permit.take = () => {
        lease.left = 0;
      };
      await assert.rejects(client.call(PATCH, SIGNAL), { kind: "NotLeading" });
      assert.equal(sent().length, 1);
    },
  );
});
