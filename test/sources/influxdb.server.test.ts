import assert from "node:assert/strict";
import { test } from "node:test";
import influxdb from "../../src/sources/influxdb.ts";
import { INFLUXDB, startInfluxdb } from "../support/servers/influxdb.ts";
import { failedPoll, poll } from "./poll.ts";

test("a real InfluxDB 1", { skip: INFLUXDB.skip, timeout: 500_000 }, async (t) => {
  const { url, username, password, run, write } = await startInfluxdb(t);
  const now = Date.now();
  await run("create database shop");
  await run("create user reader with password 'r'");
  await write(
    "shop",
    `lag,queue=a v=4 ${now - 120_000}\nlag,queue=a v=9 ${now - 1_000}\nlag,queue=b v=100 ${now - 500}`,
  );
  const common = { url, username, password, database: "shop" };
  const read = (query: string) => poll(influxdb, { ...common, query });

  await t.test("gives the last value with its own time", async () => {
    assert.deepEqual(await read("select last(v) from lag where queue = 'a'"), { at: now - 1_000, value: 9 });
    assert.deepEqual(await read("select v from lag where queue = 'a'"), { at: now - 1_000, value: 9 });
  });

  await t.test("a mean over a range speaks of now", async () => {
    const { at, value } = await read("select mean(v) from lag where time > now() - 1h");
    assert.equal(value, 113 / 3);
    assert.ok(Math.abs(Date.now() - at) < 60_000);
  });

  await t.test("an empty newest group is passed over", async () => {
    assert.equal(
      (
        await read(
          "select max(v) from lag where queue = 'a' and time > now() - 10m and time < now() + 1m group by time(10s)",
        )
      ).value,
      9,
    );
  });

  await t.test("missing series and databases are NotFound", async () => {
    assert.equal((await failedPoll(influxdb, { ...common, query: "select last(v) from nothing" })).kind, "NotFound");
    assert.equal(
      (await failedPoll(influxdb, { ...common, database: "none", query: "select v from lag" })).kind,
      "NotFound",
    );
  });

  await t.test("a wrong password and a user who may not read are Unauthorized", async () => {
    const query = "select v from lag";
    assert.equal((await failedPoll(influxdb, { ...common, password: "wrong", query })).kind, "Unauthorized");
    const failure = await failedPoll(influxdb, { ...common, username: "reader", password: "r", query });
    assert.equal(failure.kind, "Unauthorized", failure.message);
  });

  await t.test("bad InfluxQL is Malformed, with what InfluxDB says", async () => {
    const failure = await failedPoll(influxdb, { ...common, query: "select from" });
    assert.equal(failure.kind, "Malformed");
    assert.match(failure.message, /error parsing query/);
  });
});
