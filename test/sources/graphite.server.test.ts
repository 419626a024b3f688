import assert from "node:assert/strict";
import { test } from "node:test";
import graphite from "../../src/sources/graphite.ts";
import { GRAPHITE, startGraphite } from "../support/servers/graphite.ts";
import { eventually } from "../support/waiting.ts";
import { failedPoll, poll } from "./poll.ts";

test("a real Graphite", { skip: GRAPHITE.skip, timeout: 500_000 }, async (t) => {
  const { url, write } = await startGraphite(t);
  const now = Math.floor(Date.now() / 1000);
  await write("shop.lag", 5, now - 10);
  await write("shop.lag", 12, now - 5);
  await write("shop.other", 3, now - 5);
  const read = (query: string) => poll(graphite, { url, query });
  // Carbon shows what was written to it when it finds the time.
  await eventually(async () => assert.equal((await read("shop.other&from=-10min")).value, 3));
  await eventually(async () => assert.equal((await read("shop.lag&from=-10min")).value, 12));

  await t.test("gives the newest point with its own time", async () => {
    const reading = await eventually(async () => {
      const { at, value } = await read("shop.lag&from=-10min");
      assert.equal(value, 12);
      return at;
    });
    assert.equal(reading, (now - 5) * 1000);
  });

  await t.test("takes PHPA's queries", async () => {
    const target = "target=summarize(shop.lag,%20'1hour',%20'max')&from=-1hours&until=now&format=json";
    await eventually(async () => assert.equal((await read(target)).value, 12));
    assert.equal((await read("sumSeries(shop.*)&from=-10min")).value, 15);
  });

  await t.test("a missing series, and one without points, are NotFound", async () => {
    assert.equal((await failedPoll(graphite, { url, query: "shop.nothing" })).kind, "NotFound");
    assert.equal((await failedPoll(graphite, { url, query: "shop.lag&from=-2h&until=-1h" })).kind, "NotFound");
  });

  await t.test("two series, and a function that is none, are Malformed", async () => {
    assert.equal((await failedPoll(graphite, { url, query: "shop.*" })).kind, "Malformed");
    assert.equal((await failedPoll(graphite, { url, query: "nonsense(shop.lag)" })).kind, "Malformed");
  });
});
