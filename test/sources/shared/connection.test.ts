import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, type Dialer } from "../../../src/sources/shared/connection.ts";
import { SourceError } from "../../../src/sources/shared/source-error.ts";
import { eventually } from "../../support/waiting.ts";

interface Client {
  isOpen: boolean;
}

/** A dialer that counts, and whose clients live as long as they are let. */
function dialer(overrides: Partial<Dialer<Client>> = {}) {
  const clients: Client[] = [];
  const own: Dialer<Client> = {
    open: async () => {
      const client = { isOpen: true };
      clients.push(client);
      return client;
    },
    isOpen: (client) => client.isOpen,
    close: (client) => {
      client.isOpen = false;
    },
    failure: (error) => new SourceError("Unavailable", (error as Error).message),
    ...overrides,
  };
  return { clients, connection: new Connection(own) };
}

const limit = (seconds = 10, signal = new AbortController().signal) => ({ seconds, signal, what: "the server" });

test("all who ask share one client", async () => {
  const { clients, connection } = dialer();
  await Promise.all([1, 2, 3].map(() => connection.ask(limit(), async (client) => assert.ok(client.isOpen))));
  assert.equal(clients.length, 1);
  await connection.dispose();
  assert.equal(clients[0]?.isOpen, false);
});

test("a client that broke between two polls is replaced without a failed poll", async () => {
  const { clients, connection } = dialer();
  await connection.ask(limit(), async () => undefined);
  for (const client of clients) client.isOpen = false;
  assert.equal(await connection.ask(limit(), async () => 7), 7);
  assert.equal(clients.length, 2);
});

test("a later poll dials again after a failure, not the connection itself and not at once", async () => {
  let attempts = 0;
  const open = async (): Promise<Client> => {
    attempts += 1;
    if (attempts === 1) throw new Error("refused");
    return { isOpen: true };
  };
  const { connection } = dialer({ open });
  const polls = [1, 2].map(() => connection.ask(limit(), async () => 1));
  for (const poll of polls) await assert.rejects(poll, { kind: "Unavailable", message: "refused" });
  await assert.rejects(
    connection.ask(limit(), async () => 1),
    { message: "refused" },
  );
  assert.equal(attempts, 1);
  assert.equal(await eventually(() => connection.ask(limit(), async () => 1)), 1);
  assert.equal(attempts, 2);
});

test("an answer that is refused leaves the connection to the others; a broken one does not", async () => {
  const { clients, connection } = dialer();
  const asking = (kind: "Malformed" | "Unavailable") =>
    connection.ask(limit(), async () => {
      throw new SourceError(kind, "no");
    });
  await assert.rejects(asking("Malformed"), { kind: "Malformed" });
  assert.equal(clients[0]?.isOpen, true);
  await assert.rejects(asking("Unavailable"), { kind: "Unavailable" });
  assert.equal(clients[0]?.isOpen, false);
});

test("what the server itself says ends no connection, even if it says that it cannot", async () => {
  const { clients, connection } = dialer({ answered: (error) => (error as Error).message === "no leader" });
  const asking = (message: string) =>
    connection.ask(limit(), async () => {
      throw new Error(message);
    });
  await assert.rejects(asking("no leader"), { kind: "Unavailable" });
  assert.equal(clients[0]?.isOpen, true);
  await assert.rejects(asking("reset"), { kind: "Unavailable" });
  assert.equal(clients[0]?.isOpen, false);
});

test("a poll that is stopped at once costs the others nothing, one that waited long ends the connection", async () => {
  const { clients, connection } = dialer();
  await connection.ask(limit(), async () => undefined);
  const never = () => new Promise<void>(() => undefined);
  await assert.rejects(connection.ask(limit(10, AbortSignal.abort()), never), { kind: "TimedOut" });
  assert.equal(clients[0]?.isOpen, true);
  await assert.rejects(connection.ask(limit(1.1), never), { kind: "TimedOut" });
  assert.equal(clients[0]?.isOpen, false);
});

test("a connection that never comes about is given up, and closed should it come after all", async () => {
  let come: (client: Client) => void = () => undefined;
  let gaveUp = false;
  const late = { isOpen: true };
  const { connection } = dialer({
    open: (signal) => {
      signal.addEventListener("abort", () => {
        gaveUp = true;
      });
      return new Promise((resolve) => {
        come = resolve;
      });
    },
  });
  await assert.rejects(
    connection.ask(limit(1.1), async () => 1),
    { kind: "TimedOut" },
  );
  assert.ok(gaveUp);
  come(late);
  await new Promise(setImmediate);
  assert.equal(late.isOpen, false);
});

test("after its end it connects no more", async () => {
  const { clients, connection } = dialer();
  await connection.dispose();
  await assert.rejects(
    connection.ask(limit(), async () => 1),
    { kind: "Unavailable" },
  );
  assert.equal(clients.length, 0);
});
