import assert from "node:assert/strict";
import { before, test } from "node:test";
import postgresql from "../../src/sources/postgresql.ts";
import { fileEnding } from "../support/at-end.ts";
import { OPENSSL, selfSigned } from "../support/certificates.ts";
import { POSTGRESQL, type Postgresql, startPostgresql } from "../support/servers/postgresql.ts";
import { sourceTools } from "../support/source-tools.ts";
import { eventually } from "../support/waiting.ts";
import { testSource } from "./conformance.ts";
import { failedPoll, poll } from "./poll.ts";
import { passOn, tcpStage } from "./tcp-stage.ts";
import { TLS_NAMES, testTls } from "./test-tls.ts";

const PASSWORD = "p0stgres'pass/word";
const ending = fileEnding();
const tls = OPENSSL.skip ? undefined : selfSigned(TLS_NAMES);
let server: Postgresql;

before(async () => {
  if (POSTGRESQL.skip) return;
  server = await startPostgresql(ending, tls);
  await server.run(`create user scaler password '${PASSWORD.replaceAll("'", "''")}'`);
  await server.run(
    "create table jobs (id int, state text); insert into jobs select g, 'new' from generate_series(1, 7) g",
  );
  await server.run("create table secrets (id int); grant select on jobs to scaler");
});

const common = { username: "scaler", password: PASSWORD, database: "postgres", query: "select count(*) from jobs" };

testSource(postgresql, {
  skip: POSTGRESQL.skip,
  value: 7,
  secrets: [PASSWORD],
  stage: tcpStage({
    settings(address, behaviour) {
      const settings = { ...address, ...common, timeoutSeconds: 2 };
      if (behaviour === "unauthorized") return { ...settings, password: `${PASSWORD}!` };
      if (behaviour === "forbidden") return { ...settings, query: "select count(*) from secrets" };
      if (behaviour === "notFound") return { ...settings, database: "nowhere" };
      if (behaviour === "missing") return { ...settings, query: "select max(id) from jobs where state = 'old'" };
      return settings;
    },
    script: (behaviour) =>
      ["hanging", "cutting", "garbage", "giant"].includes(behaviour) ? undefined : passOn(server.port),
  }),
  // Read as PostgreSQL's protocol, "HTTP" announces a message of a gigabyte, for which the client waits.
  kinds: { garbage: ["Malformed", "TimedOut"] },
  excused: {
    stale: "a database answers of now",
    throttled: "PostgreSQL does not throttle",
    failing: "see the tests of its errors below",
  },
  wrong: {
    settings: { host: "", port: "5432", password: "", database: 3, timeoutSeconds: 0 },
    names: ["host", "port", "username", "password", "database", "query", "timeoutSeconds"],
  },
});

test("a real PostgreSQL", { skip: POSTGRESQL.skip, timeout: 60_000 }, async (t) => {
  const settings = { host: "127.0.0.1", port: server.port, ...common };
  const value = async (query: string) => (await poll(postgresql, { ...settings, query })).value;
  const fails = (query: string, more = {}) => failedPoll(postgresql, { ...settings, query, ...more });

  await t.test("refuses a row larger than an answer may be, and reads on", async () => {
    const error = await failedPoll(postgresql, { ...settings, query: "select repeat('x', 2000000)" });
    assert.match(error.message, /answered more than 1 MiB/);
    assert.equal(error.kind, "Malformed");
    await poll(postgresql, settings);
  });

  for (const [query, expected] of [
    ["select 3.25::numeric, 'else'", 3.25],
    ["select 9007199254740993", 9_007_199_254_740_992],
    ["select id from jobs order by id desc;", 7],
    ["with w as (select 4 as n) select n from w -- a comment", 4],
    ["values (5), (6)", 5],
    ["select 'Infinity'::float8 is null, 1", undefined],
  ] as const) {
    await t.test(`${query}: ${expected ?? "no number"}`, async () => {
      if (expected === undefined) assert.equal((await fails(query)).kind, "Malformed");
      else assert.equal(await value(query), expected);
    });
  }

  await t.test("no row and NULL are missing, not 0", async () => {
    for (const query of ["select 1 where false", "select null"]) assert.equal((await fails(query)).kind, "NotFound");
  });

  await t.test("an error that quotes a row shows its SQLSTATE alone", async () => {
    const failure = await fails("select ('row-' || id)::int from jobs");
    assert.match(failure.message, /refuses the query with SQLSTATE 22P02/);
    assert.doesNotMatch(failure.message, /row-/);
    assert.match(failure.answer ?? "", /row-\d/);
  });

  await t.test("nothing can be written", async () => {
    await server.run("create table ledger (n int); grant all on ledger to scaler");
    for (const query of [
      "insert into ledger values (1) returning n",
      "with w as (insert into ledger values (1) returning n) select n from w",
      "select 1; insert into ledger values (1)",
      "select 1; commit; insert into ledger values (1)",
    ]) {
      assert.equal((await fails(query)).kind, "Malformed", query);
    }
    assert.deepEqual(await server.run("select * from ledger"), []);
  });

  await t.test("a slow query is ended on the server too", async () => {
    assert.equal((await fails("select pg_sleep(30)", { timeoutSeconds: 0.5 })).kind, "TimedOut");
    const running = "select 1 from pg_stat_activity where query like 'FETCH%' and state = 'active'";
    await eventually(async () => assert.deepEqual(await server.run(running), []));
  });

  await t.test("tables and syntax that do not exist have their kinds", async () => {
    assert.equal((await fails("select 1 from nothing")).kind, "NotFound");
    assert.equal((await fails("selct 1")).kind, "Malformed");
  });

  await t.test("many sources of one server share a few connections, and a slow one delays few", async () => {
    const tools = sourceTools();
    const parse = (query: string) => postgresql.settings.parse({ ...settings, query });
    const sources = Array.from({ length: 30 }, (_, n) => postgresql.connect(parse(`select ${n}`), tools));
    const slow = postgresql.connect(parse("select 1 from pg_sleep(1)"), tools);
    const began = performance.now();
    const late = slow.read(new AbortController().signal);
    const readings = await Promise.all(sources.map((source) => source.read(new AbortController().signal)));
    assert.ok(performance.now() - began < 1_000, "the others wait for the slow one");
    assert.deepEqual(
      readings.map((reading) => reading.value),
      [...sources.keys()],
    );
    const [row] = await server.run("select count(*)::int as n from pg_stat_activity where application_name = 'muster'");
    assert.ok((row as { n: number }).n <= 4);
    assert.equal((await late).value, 1);
    await Promise.all([slow, ...sources].map((source) => source.close?.()));
  });

  await t.test(
    "a server that ends the connection or has none to give is Unavailable, and is read again after",
    async () => {
      const tools = sourceTools();
      const query = "select 1 from pg_sleep(10)";
      const source = postgresql.connect(postgresql.settings.parse({ ...settings, query }), tools);
      const poll = assert.rejects(source.read(new AbortController().signal), { kind: "Unavailable" });
      const end =
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'FETCH%' and state = 'active'";
      await eventually(async () => assert.equal((await server.run(end)).length, 1));
      await poll;
      await source.close?.();
      await server.run("alter role scaler connection limit 0");
      assert.equal((await fails("select 1")).kind, "Unavailable");
      await server.run("alter role scaler connection limit -1");
      assert.equal(await value("select 1"), 1);
    },
  );
});

test("a real PostgreSQL that speaks TLS", { skip: POSTGRESQL.skip || OPENSSL.skip, timeout: 60_000 }, async (t) => {
  const settings = {
    port: server.port,
    ...common,
    query: "select ssl::int from pg_stat_ssl where pid = pg_backend_pid()",
  };
  const caCertificate = tls?.cert ?? "";
  await testTls(t, postgresql, settings, caCertificate);

  await t.test("is asked over TLS if that is set, and not else", async () => {
    const host = "127.0.0.1";
    assert.equal((await poll(postgresql, { ...settings, host, tls: true, caCertificate })).value, 1);
    assert.equal((await poll(postgresql, { ...settings, host })).value, 0);
  });
});
