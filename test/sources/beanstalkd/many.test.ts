import assert from "node:assert/strict";
import { test } from "node:test";
import { BEANSTALKD, BeanstalkdServer } from "../../support/beanstalkd-server.ts";
import { eventually, within } from "../../support/waiting.ts";
import { answering, ok, tubeStats } from "./answering.ts";
import { tubesOf } from "./tube.ts";

const real = { skip: BEANSTALKD.skip, timeout: 500_000 };
const MiB = 1024 * 1024;

test("a burst on 100 tubes at once wakes all of them, and leaves every job to the workers", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  const tubeOf = tubesOf(t, server.port);
  const waits = Array.from({ length: 1_000 }, (_, index) => tubeOf(`tube-${index}`).wait());
  for (const wait of waits) wait.catch(() => undefined);
  await eventually(async () => assert.equal(await client.stat("stats-tube tube-999", "current-waiting"), "1"));
  const puts = Array.from({ length: 100 }, (_, index) => `use tube-${index}\r\nput 1 0 60 1\r\nx`);
  const start = performance.now();
  const put = client.command(puts.join("\r\n"));
  await within(10_000, Promise.all(waits.slice(0, 100)));
  t.diagnostic(`all woken ${(performance.now() - start).toFixed(1)} ms after the puts were sent`);
  await put;
  const reader = await server.client(t);
  await eventually(async () => assert.equal(await reader.stat("stats", "current-jobs-ready"), "100"));
  assert.equal(await reader.stat("stats", "current-jobs-reserved"), "0");
});

test(
  "10,000 idle tubes are waited on with one connection for each thousand of them, and one for polls",
  real,
  async (t) => {
    const server = await BeanstalkdServer.start(t);
    const client = await server.client(t);
    const tubeOf = tubesOf(t, server.port);
    const memory = process.memoryUsage.rss();
    const start = performance.now();
    const waits = Array.from({ length: 10_000 }, (_, index) => tubeOf(`tube-${index}`).wait());
    for (const wait of waits) wait.catch(() => undefined);
    await eventually(async () => assert.equal(await client.stat("stats-tube tube-9999", "current-waiting"), "1"));
    const ready = performance.now() - start;
    assert.equal(await client.stat("stats", "current-connections"), "12");
    const cpu = process.cpuUsage();
    const put = performance.now();
    await client.put("tube-5000");
    await within(10_000, waits[5_000] as Promise<unknown>);
    const woken = performance.now() - put;
    const { user, system } = process.cpuUsage(cpu);
    t.diagnostic(
      `all watched after ${ready.toFixed(0)} ms, one woken in ${woken.toFixed(1)} ms (${(user + system) / 1000} ms of CPU)`,
    );
    t.diagnostic(`${((process.memoryUsage.rss() - memory) / MiB).toFixed(0)} MiB more than without them`);
  },
);

test("sweeps leave most of a busy server's time to others", { timeout: 60_000 }, async (t) => {
  const LIST_MS = 100;
  let jobs = 0;
  let lists = 0;
  const { server } = await answering(t, (command, answer) => {
    if (command === "stats") return ok(`---\ncurrent-jobs-ready: 1\ncmd-put: ${++jobs}\n`);
    if (command !== "list-tubes") return tubeStats(0);
    lists++;
    setTimeout(() => answer(ok("---\n- tube-0\n")), LIST_MS);
    return undefined;
  });
  const tubeOf = tubesOf(t, server.port);
  for (let tube = 0; tube < 20; tube++) {
    tubeOf(`tube-${tube}`, "look")
      .wait()
      .catch(() => undefined);
  }
  const start = performance.now();
  await eventually(async () => assert.ok(lists >= 5));
  // The first may be for new tubes alone. Three rounds lie between the others, and the sweeps took a quarter of each.
  assert.ok(performance.now() - start > 3 * 4 * LIST_MS * 0.9, `${performance.now() - start} ms`);
});
