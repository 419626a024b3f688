import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, createServer as listen, type Socket } from "node:net";
import { test } from "node:test";
import { connect } from "amqplib";
import type { FailureKind } from "../../src/core/index.ts";
import { SOURCES } from "../../src/sources/registry.generated.ts";
import type { Consumers } from "../../src/sources/shared/source.ts";
import { SourceError } from "../../src/sources/shared/source-error.ts";
import { MARIADB, startMariadb } from "../support/servers/mariadb.ts";
import { POSTGRESQL, startPostgresql } from "../support/servers/postgresql.ts";
import { RABBITMQ, startRabbitmq } from "../support/servers/rabbitmq.ts";
import { REDIS, startRedis } from "../support/servers/redis.ts";
import { sourceTools } from "../support/source-tools.ts";
import { eventually } from "../support/waiting.ts";

/** Asks a source of that type once who is busy. */
async function ask(type: string, stated: Record<string, unknown>, seconds = 20): Promise<Consumers> {
  const source = SOURCES.find((one) => one.type === type);
  assert.ok(source?.consumers !== undefined, `${type} tells who is busy`);
  const list = source.consumers.open(source.settings.parse(stated), sourceTools());
  try {
    return await list.read(AbortSignal.timeout(seconds * 1000));
  } finally {
    await list.close?.();
  }
}

const messagesOf = ({ consumers }: Consumers) =>
  Object.fromEntries(consumers.map(({ worker, messages }) => [worker, messages]));

async function failure(type: string, stated: Record<string, unknown>, seconds = 20): Promise<SourceError> {
  const error = await ask(type, stated, seconds).then(
    (answer) => assert.fail(`expected a failure, got ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  );
  assert.ok(error instanceof SourceError, String(error));
  return error;
}

test("RabbitMQ says whose messages are not acknowledged, by the address of the connection", {
  skip: RABBITMQ.skip,
  timeout: 180_000,
}, async (t) => {
  const { host, port, managementUrl } = await startRabbitmq(t);
  const stated = { host, port, queue: "mails", managementUrl };
  const worker = async (localAddress: string) => {
    // Handed on to Node's sockets, which know of local addresses.
    const how = { localAddress } as object;
    const connection = await connect({ hostname: host, port, username: "guest", password: "guest" }, how);
    // The server may be gone by then, and would not answer a goodbye.
    connection.on("error", () => undefined);
    t.after(() => (connection.connection as unknown as { stream: Socket }).stream.destroy());
    const channel = await connection.createChannel();
    await channel.assertQueue("mails");
    await channel.prefetch(1);
    return channel;
  };
  const [busy, idle] = await Promise.all([worker("127.0.0.11"), worker("127.0.0.12")]);
  const taken = Promise.withResolvers<Parameters<typeof busy.ack>[0]>();
  await busy.consume("mails", (message) => message && taken.resolve(message));
  busy.sendToQueue("mails", Buffer.from("one"));
  const message = await taken.promise;
  await idle.consume("mails", () => undefined);
  const asked = { "127.0.0.11": 1, "127.0.0.12": 0 };
  await eventually(async () => assert.deepEqual(messagesOf(await ask("rabbitmq", stated)), asked));
  busy.ack(message);
  await eventually(async () =>
    assert.deepEqual(messagesOf(await ask("rabbitmq", stated)), { ...asked, "127.0.0.11": 0 }),
  );
  const fetching = await worker("127.0.0.13");
  idle.sendToQueue("other", Buffer.from("one"));
  await fetching.assertQueue("fetched");
  fetching.sendToQueue("fetched", Buffer.from("one"));
  await eventually(async () => assert.notEqual(await fetching.get("fetched"), false));
  await eventually(async () => assert.equal(messagesOf(await ask("rabbitmq", stated))["127.0.0.13"], 1));
  const { at } = await ask("rabbitmq", stated);
  assert.ok(Date.now() - at >= 5_000, "its statistics may be 5 s old");
  const seldom = await ask("rabbitmq", { ...stated, statisticsSeconds: 30 });
  assert.ok(Date.now() - seldom.at >= 30_000, "or as old as is stated");
  const { managementUrl: _, ...plain } = stated;
  assert.match((await failure("rabbitmq", plain)).message, /set managementUrl/);
  assert.equal((await failure("rabbitmq", { ...stated, password: "wrong" })).kind, "Unauthorized");
  assert.equal((await failure("rabbitmq", { ...stated, queue: "none" })).kind, "NotFound");
});

test("Redis says whose entries of a stream are pending, and since when", {
  skip: REDIS.skip,
  timeout: 60_000,
}, async (t) => {
  const { host, port, client } = await startRedis(t);
  const stated = { host, port, structure: "stream", key: "mails", group: "mailers" };
  await client.xgroup("CREATE", "mails", "mailers", "0", "MKSTREAM");
  assert.deepEqual((await ask("redis", stated)).consumers, []);
  await client.xadd("mails", "*", "to", "one");
  await client.xreadgroup("GROUP", "mailers", "mailer-7", "COUNT", 1, "STREAMS", "mails", ">");
  await client.xreadgroup("GROUP", "mailers", "mailer-8", "COUNT", 1, "STREAMS", "mails", ">");
  const { consumers } = await ask("redis", stated);
  // Redis before 7.2 notes a consumer that found nothing only later.
  assert.equal(messagesOf({ at: 0, consumers })["mailer-7"], 1);
  const since = consumers.find(({ worker }) => worker === "mailer-7")?.since ?? 0;
  assert.ok(Math.abs(Date.now() - since) < 30_000);
  const read = await client.xreadgroup("GROUP", "mailers", "mailer-7", "STREAMS", "mails", "0");
  const id = read?.[0]?.[1][0]?.[0] ?? "";
  await client.xack("mails", "mailers", id);
  assert.equal(messagesOf(await ask("redis", stated))["mailer-7"], 0);
  assert.match(
    (await failure("redis", { host, port, structure: "list", key: "mails" })).message,
    /set structure: stream/,
  );
  await failure("redis", { ...stated, group: "none" });
  await client.acl("SETUSER", "mute", "on", ">secret", "~*", "-@all", "+info", "+ping", "+select");
  assert.equal((await failure("redis", { ...stated, username: "mute", password: "secret" })).kind, "Unauthorized");
});

const BUSY_QUERY =
  "SELECT locked_by, count(*), min(locked_at) FROM jobs WHERE locked_by IS NOT NULL GROUP BY locked_by ORDER BY 1";

test("PostgreSQL gives a row for each busy worker", { skip: POSTGRESQL.skip, timeout: 120_000 }, async (t) => {
  const { host, port, run } = await startPostgresql(t);
  const stated = { host, port, username: "super", database: "postgres", query: BUSY_QUERY };
  await run("CREATE TABLE jobs (id int, locked_by text, locked_at timestamptz)");
  assert.deepEqual((await ask("postgresql", stated)).consumers, []);
  await run(
    "INSERT INTO jobs VALUES (1, 'mailer-7', '2026-01-05T12:00:00Z'), (2, 'mailer-7', '2026-01-05T12:05:00Z'), (3, 'mailer-8', NULL), (4, NULL, NULL)",
  );
  assert.deepEqual((await ask("postgresql", stated)).consumers, [
    { worker: "mailer-7", messages: 2, since: Date.UTC(2026, 0, 5, 12) },
    { worker: "mailer-8", messages: 1 },
  ]);
  const unnamed = await failure("postgresql", { ...stated, query: "SELECT NULL" });
  assert.match(unnamed.message, /expected the pod's name/);
  await failure("postgresql", { ...stated, query: "SELECT 7" });
  await run("CREATE ROLE stranger LOGIN PASSWORD 'secret'");
  const stranger = { username: "stranger", password: "secret" };
  assert.equal((await failure("postgresql", { ...stated, ...stranger })).kind, "Unauthorized");
  await failure("postgresql", { ...stated, query: "SELECT 'x' FROM generate_series(1, 10001)" });
});

test("MariaDB gives a row for each busy worker", { skip: MARIADB.skip, timeout: 120_000 }, async (t) => {
  const { host, port, run } = await startMariadb(t);
  await run("create database shop");
  await run("create user scaler@'%' identified by 'secret'");
  await run("create table shop.jobs (id int, locked_by text, locked_at datetime)");
  await run("grant select on shop.jobs to scaler@'%'");
  const stated = { host, port, username: "scaler", password: "secret", database: "shop", query: BUSY_QUERY };
  assert.deepEqual((await ask("mysql", stated)).consumers, []);
  await run(
    "insert into shop.jobs values (1, 'mailer-7', '2026-01-05 12:00:00'), (2, 'mailer-7', null), (3, 'mailer-8', null)",
  );
  const found = await ask("mysql", stated);
  assert.deepEqual(messagesOf(found), { "mailer-7": 2, "mailer-8": 1 });
  assert.ok(found.consumers[0]?.since !== undefined);
  assert.equal((await failure("mysql", { ...stated, query: "SELECT user FROM mysql.user" })).kind, "Unauthorized");
});

test("a Prometheus query gives each worker by its label pod, and one that is missing may be busy", async (t) => {
  const answers: unknown[] = [];
  const asked: URLSearchParams[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(new URL(url ?? "", "http://prometheus").searchParams);
    response.end(JSON.stringify(answers.shift()));
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stated = { url, query: "jobs_in_progress" };
  const vector = (result: readonly unknown[]) => ({ status: "success", data: { resultType: "vector", result } });
  const element = (pod: string, value: string) => ({ metric: { pod }, value: [1_700_000_000, value] });
  answers.push(vector([element("a", "2"), element("b", "0"), element("c", "NaN")]));
  answers.push(vector([element("a", "1699999990.5"), element("b", "1699999990"), element("c", "1699999999")]));
  const found = await ask("prometheus", stated);
  assert.deepEqual(messagesOf(found), { a: 2, b: 0, c: 1 });
  assert.deepEqual([found.at, found.listsIdle], [1_699_999_990_000, true], "the time of its oldest sample");
  assert.deepEqual(
    asked.map((one) => one.get("query")),
    ["jobs_in_progress", "timestamp(jobs_in_progress\n)"],
  );
  assert.equal(asked[1]?.get("time"), "1700000000", "of the moment of the first answer");
  answers.push(vector([]), vector([{ metric: { instance: "a" }, value: [1, "1"] }]));
  assert.match((await failure("prometheus", stated)).message, /does not mean that all are idle/);
  assert.match((await failure("prometheus", stated)).message, /label pod/);
});

/** Settings with which each type that tells who is busy asks a server there. */
const AT: Readonly<Record<string, (host: string, port: number) => Record<string, unknown>>> = {
  rabbitmq: (host, port) => ({ host, port, queue: "mails", managementUrl: `http://${host}:${port}` }),
  redis: (host, port) => ({ host, port, structure: "stream", key: "mails", group: "mailers" }),
  postgresql: (host, port) => ({ host, port, username: "u", database: "d", query: BUSY_QUERY }),
  mysql: (host, port) => ({ host, port, username: "u", database: "d", query: BUSY_QUERY }),
  prometheus: (host, port) => ({ url: `http://${host}:${port}`, query: "busy" }),
  kafka: (host, port) => ({ brokers: [`${host}:${port}`], group: "mailers", topics: ["mails"] }),
};

for (const { type, consumers } of SOURCES) {
  if (consumers === undefined) continue;
  const settings = AT[type];

  test(`${type}: a server that is away, silent, hangs up or talks nonsense is a failure, soon`, {
    timeout: 120_000,
  }, async (t) => {
    assert.ok(settings !== undefined, `settings of ${type} for this test`);
    const away: readonly FailureKind[] = ["Unavailable", "TimedOut"];
    assert.ok(away.includes((await failure(type, { ...settings("127.0.0.1", 1), timeoutSeconds: 5 })).kind));
    const sockets = new Set<Socket>();
    let manner: "silent" | "hangs up" | "nonsense" = "silent";
    const server = listen((socket) => {
      sockets.add(socket.on("error", () => undefined));
      if (manner === "hangs up") socket.destroy();
      if (manner === "nonsense") socket.write("nonsense\r\n".repeat(100));
    });
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const silent = await failure(type, { ...settings("127.0.0.1", port), timeoutSeconds: 60 }, 1);
    assert.equal(silent.kind, "TimedOut", "an abort ends it at once");
    for (const next of ["hangs up", "nonsense"] as const) {
      manner = next;
      await failure(type, { ...settings("127.0.0.1", port), timeoutSeconds: 5 });
    }
  });
}
