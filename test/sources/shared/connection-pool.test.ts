import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionPool } from "../../../src/sources/shared/connection.ts";
import { SourceError } from "../../../src/sources/shared/source-error.ts";
import { eventually } from "../../support/waiting.ts";

function pool() {
  const clients: { isOpen: boolean; questions: number }[] = [];
  const made = new ConnectionPool<{ isOpen: boolean; questions: number }>({
    open: async () => {
      const client = { isOpen: true, questions: 0 };
      clients.push(client);
      return client;
    },
    isOpen: (client) => client.isOpen,
    close: (client) => {
      client.isOpen = false;
    },
    failure: (error) => new SourceError("Unavailable", (error as Error).message),
  });
  return { clients, pool: made };
}

const limit = (seconds = 10, signal = new AbortController().signal) => ({ seconds, signal, what: "the server" });

test("a client answers one question at a time, and four at most exist", async () => {
  const { clients, pool: four } = pool();
  const ask = (n: number) =>
    four.ask(limit(), async (client) => {
      client.questions += 1;
      assert.equal(client.questions, 1);
      await new Promise(setImmediate);
      client.questions -= 1;
      return n;
    });
  const numbers = Array.from({ length: 50 }, (_, n) => n);
  assert.deepEqual(await Promise.all(numbers.map(ask)), numbers);
  assert.equal(clients.length, 4);
  await four.dispose();
  assert.ok(clients.every((client) => !client.isOpen));
});

test("one question after the other needs one client", async () => {
  const { clients, pool: four } = pool();
  for (let n = 0; n < 5; n += 1) await four.ask(limit(), async () => n);
  assert.equal(clients.length, 1);
});

test("who waits for a client does so within the limit, and leaves the queue", async () => {
  const { pool: four } = pool();
  const ends: (() => void)[] = [];
  const busy = Array.from({ length: 4 }, () => four.ask(limit(), () => new Promise<void>((end) => ends.push(end))));
  await eventually(async () => assert.equal(ends.length, 4));
  await assert.rejects(
    four.ask(limit(0.05), async () => 1),
    { kind: "TimedOut" },
  );
  const next = four.ask(limit(), async () => 2);
  for (const end of ends) end();
  assert.equal(await next, 2);
  await Promise.all(busy);
});

test("a question whose asker has gone spoils its own client alone", async () => {
  const { clients, pool: four } = pool();
  await assert.rejects(
    four.ask(limit(0.05), () => new Promise<void>(() => undefined)),
    { kind: "TimedOut" },
  );
  await eventually(async () => assert.equal(clients[0]?.isOpen, false));
  assert.equal(await four.ask(limit(), async () => 3), 3);
});
