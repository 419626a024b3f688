import assert from "node:assert/strict";
import { before, test } from "node:test";
import mysql from "../../src/sources/mysql.ts";
import { fileEnding } from "../support/at-end.ts";
import { OPENSSL, selfSigned } from "../support/certificates.ts";
import { MARIADB, type Mariadb, startMariadb } from "../support/servers/mariadb.ts";
import { sourceTools } from "../support/source-tools.ts";
import { eventually } from "../support/waiting.ts";
import { testSource } from "./conformance.ts";
import { failedPoll, poll } from "./poll.ts";
import { passOn, tcpStage } from "./tcp-stage.ts";
import { TLS_NAMES, testTls } from "./test-tls.ts";

const PASSWORD = "my-sql:pass/word";
const ending = fileEnding();
const tls = OPENSSL.skip ? undefined : selfSigned(TLS_NAMES);
let server: Mariadb;

before(async () => {
  if (MARIADB.skip) return;
  server = await startMariadb(ending, tls);
  await server.run("create database shop");
  await server.run(`create user scaler@'%' identified by '${PASSWORD}'`);
  await server.run("create table shop.jobs (id int, state text)");
  await server.run("insert into shop.jobs values (1, 'new'), (2, 'new'), (3, 'new')");
  await server.run("create table shop.ledger (id int)");
  await server.run("grant select on shop.jobs to scaler@'%'");
  await server.run("grant select, insert, delete on shop.ledger to scaler@'%'");
});

const common = { username: "scaler", password: PASSWORD, database: "shop", query: "select count(*) from jobs" };

testSource(mysql, {
  skip: MARIADB.skip,
  value: 3,
  secrets: [PASSWORD],
  stage: tcpStage({
    settings(address, behaviour) {
      const settings = { ...address, ...common, timeoutSeconds: 2 };
      if (behaviour === "unauthorized") return { ...settings, password: `${PASSWORD}!` };
      if (behaviour === "forbidden") return { ...settings, query: "select count(*) from mysql.user" };
      if (behaviour === "notFound") return { ...settings, query: "select 1 from ledger join ledgers" };
      if (behaviour === "missing") return { ...settings, query: "select max(id) from jobs where state = 'old'" };
      return settings;
    },
    script: (behaviour) =>
      behaviour === "cutting"
        ? (socket) => void socket.destroy()
        : ["hanging", "cutting", "garbage", "giant"].includes(behaviour)
          ? undefined
          : passOn(server.port),
  }),
  // Read as MySQL's protocol, "HTT" announces a packet of 5 MiB, for which the client waits.
  kinds: { notFound: ["NotFound", "Unauthorized"], garbage: ["Malformed", "TimedOut"] },
  excused: {
    stale: "a database answers of now",
    throttled: "only by limits of an account",
    failing: "MariaDB words its errors of a query as Malformed",
  },
  wrong: {
    settings: { host: "", port: "3306", password: "", database: 3, timeoutSeconds: 0 },
    names: ["host", "port", "username", "password", "database", "query", "timeoutSeconds"],
  },
});

test("a real MariaDB", { skip: MARIADB.skip, timeout: 60_000 }, async (t) => {
  const settings = { host: "127.0.0.1", port: server.port, ...common };
  const value = async (query: string) => (await poll(mysql, { ...settings, query })).value;
  const fails = (query: string, more = {}) => failedPoll(mysql, { ...settings, query, ...more });

  await t.test("refuses a row larger than an answer may be, and reads on", async () => {
    const error = await failedPoll(mysql, { ...settings, query: "select repeat('x', 2000000)" });
    assert.match(error.message, /answered more than 1 MiB/);
    assert.equal(error.kind, "Malformed");
    await poll(mysql, settings);
  });

  for (const [query, expected] of [
    ["select cast(3.25 as decimal(10, 2)), 'else'", 3.25],
    ["select 9007199254740993", 9_007_199_254_740_992],
    ["select id from jobs order by id desc;", 3],
    ["select sum(id) from jobs", 6],
    ["select id > 0 from jobs", 1],
  ] as const) {
    await t.test(`${query}: ${expected}`, async () => assert.equal(await value(query), expected));
  }

  await t.test("no row and NULL are missing, not 0", async () => {
    for (const query of ["select 1 from jobs where false", "select null"]) {
      assert.equal((await fails(query)).kind, "NotFound");
    }
  });

  await t.test("an error that quotes a row shows its number alone", async () => {
    const failure = await fails("select extractvalue('<a/>', concat('~', 'row-', id)) from jobs");
    assert.match(failure.message, /refuses the query with error 1105/);
    assert.doesNotMatch(failure.message, /row-/);
  });

  await t.test("nothing can be written", async () => {
    for (const query of [
      "insert into ledger values (1)",
      "select 1; insert into ledger values (1)",
      "delete from ledger",
    ]) {
      assert.equal((await fails(query)).kind, "Malformed", query);
    }
    assert.equal(await value("select count(*) from ledger"), 0);
  });

  await t.test(
    "a query that gives no rows is refused, and changes nothing for those that share the connection",
    async () => {
      const tools = sourceTools();
      const parse = (query: string) => mysql.settings.parse({ ...settings, query });
      const signal = new AbortController().signal;
      const [loosen, write] = ["set session transaction read write", "insert into ledger values (1)"].map((query) =>
        mysql.connect(parse(query), tools),
      );
      for (const source of [loosen, write]) {
        await assert.rejects(source?.read(signal) ?? Promise.resolve(), { kind: "Malformed" });
      }
      await Promise.all([loosen?.close?.(), write?.close?.()]);
      assert.equal(await value("select count(*) from ledger"), 0);
    },
  );

  await t.test("a slow query is ended on the server too", async () => {
    const { kind } = await fails("select sleep(30) from jobs", { timeoutSeconds: 0.5 });
    assert.equal(kind, "TimedOut");
    const running = "select count(*) from information_schema.processlist where info like 'select sleep%'";
    await eventually(async () => assert.deepEqual(await server.run(running), [{ "count(*)": 0 }]));
  });

  await t.test("a server that ends the connection is Unavailable, and is read again after", async () => {
    const poll = fails("select sleep(10) from jobs");
    const [running] = await eventually(async () => {
      const found = await server.run("select id from information_schema.processlist where info like 'select sleep%'");
      assert.equal(found.length, 1);
      return found as { id: number }[];
    });
    await server.run(`kill connection ${running?.id}`);
    assert.equal((await poll).kind, "Unavailable");
    assert.equal(await value("select 1"), 1);
  });

  await t.test("many sources of one server share a few connections", async () => {
    const tools = sourceTools();
    const parse = (query: string) => mysql.settings.parse({ ...settings, query });
    const sources = Array.from({ length: 30 }, (_, n) => mysql.connect(parse(`select ${n}`), tools));
    const readings = await Promise.all(sources.map((source) => source.read(new AbortController().signal)));
    assert.deepEqual(
      readings.map((reading) => reading.value),
      [...sources.keys()],
    );
    // Those of the tests before take a moment to end.
    const count = "select count(*) as n from information_schema.processlist where user = 'scaler'";
    await eventually(async () => assert.deepEqual(await server.run(`${count} having n <= 4`), [{ n: 4 }]));
    await Promise.all(sources.map((source) => source.close?.()));
  });

  await t.test("a wrong database and bad SQL have their kinds", async () => {
    assert.match((await fails("select 1", { database: "none" })).kind, /Unauthorized|NotFound/);
    assert.equal((await fails("selct 1")).kind, "Malformed");
    assert.equal((await fails("select 'many'")).kind, "Malformed");
  });
});

test("a real MariaDB that speaks TLS", { skip: MARIADB.skip || OPENSSL.skip, timeout: 60_000 }, async (t) => {
  const query = "select variable_value <> '' from information_schema.session_status where variable_name = 'Ssl_cipher'";
  const settings = { port: server.port, ...common, query };
  const caCertificate = tls?.cert ?? "";
  await testTls(t, mysql, settings, caCertificate);

  await t.test("is asked over TLS if that is set, and not else", async () => {
    const host = "127.0.0.1";
    assert.equal((await poll(mysql, { ...settings, host, tls: true, caCertificate })).value, 1);
    assert.equal((await poll(mysql, { ...settings, host })).value, 0);
  });
});
