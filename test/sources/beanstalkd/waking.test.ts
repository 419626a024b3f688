import assert from "node:assert/strict";
import { test } from "node:test";
import { BEANSTALKD, BeanstalkdServer } from "../../support/beanstalkd-server.ts";
import { eventually, within } from "../../support/waiting.ts";
import { tubesOf } from "./tube.ts";

const real = { skip: BEANSTALKD.skip, timeout: 60_000 };
const SOON = 3_000;

test(
  "a job wakes its tube and no other, and goes back as it was: priority, no delay, free for a worker",
  real,
  async (t) => {
    const server = await BeanstalkdServer.start(t);
    const client = await server.client(t);
    const tubeOf = tubesOf(t, server.port);
    let otherWoke = false;
    const other = tubeOf("other")
      .wait()
      .then(
        () => {
          otherWoke = true;
        },
        () => undefined,
      );
    const wait = tubeOf("orders").wait();
    await eventually(async () => assert.equal(await client.stat("stats-tube orders", "current-waiting"), "1"));
    const id = await client.put("orders", { priority: 5, body: "a body\r\nof two lines" });
    assert.equal(await within(SOON, wait), "maybe-work");
    await eventually(async () => assert.equal(await client.stat(`stats-job ${id}`, "state"), "ready"));
    assert.equal(await client.stat(`stats-job ${id}`, "pri"), "5");
    assert.equal(await client.stat(`stats-job ${id}`, "delay"), "0");
    assert.equal(await client.stat(`stats-job ${id}`, "reserves"), "1");
    assert.equal(await client.reserve("orders", 1), id);
    assert.equal(otherWoke, false);
    await client.put("other");
    await within(SOON, other);
    assert.equal(otherWoke, true);
  },
);

test("a job that lies there already wakes at once", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  await client.put("orders");
  await within(SOON, tubesOf(t, server.port)("orders").wait());
  await within(SOON, tubesOf(t, server.port)("orders", "look").wait());
});

test("once woken, a tube is left alone until the next wait", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  const tubeOf = tubesOf(t, server.port);
  const others = tubeOf("others").wait();
  const wait = tubeOf("orders").wait();
  await eventually(async () => assert.equal(await client.stat("stats-tube orders", "current-waiting"), "1"));
  const id = await client.put("orders");
  await within(SOON, wait);
  const second = await client.put("orders");
  await client.put("others");
  await within(SOON, others);
  assert.equal(await client.stat(`stats-job ${id}`, "reserves"), "1");
  assert.equal(await client.stat(`stats-job ${second}`, "reserves"), "0");
  await within(SOON, tubeOf("orders").wait());
});

test("all waiters of a tube are woken", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  const tubeOf = tubesOf(t, server.port);
  const waits = [tubeOf("orders"), tubeOf("orders"), tubeOf("orders", "look")].map((tube) => tube.wait());
  await client.put("orders");
  await within(SOON, Promise.all(waits));
});

test(
  "a tube that comes while the connection blocks is woken within milliseconds, not when the reserve ends",
  real,
  async (t) => {
    const server = await BeanstalkdServer.start(t);
    const client = await server.client(t);
    const tubeOf = tubesOf(t, server.port);
    const idle = tubeOf("idle")
      .wait()
      .catch(() => undefined);
    await eventually(async () => assert.equal(await client.stat("stats-tube idle", "current-waiting"), "1"));
    const milliseconds: number[] = [];
    for (let round = 0; round < 5; round++) {
      const wait = tubeOf(`late-${round}`).wait();
      const start = performance.now();
      await client.put(`late-${round}`);
      await within(SOON, wait);
      milliseconds.push(performance.now() - start);
    }
    t.diagnostic(`woken after ${milliseconds.map((time) => time.toFixed(1)).join(", ")} ms`);
    assert.ok(Math.min(...milliseconds) < 500, String(milliseconds));
    assert.equal(await client.stat("stats-tube idle", "current-waiting"), "1");
    await client.put("idle");
    await within(SOON, idle);
  },
);

test("a waiter that leaves is not woken and harms no other, and no job stays with us", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  const tubeOf = tubesOf(t, server.port);
  const left = new AbortController();
  const stays = tubeOf("orders").wait();
  const leaves = tubeOf("orders").wait(left.signal);
  const alone = tubeOf("alone").wait(left.signal);
  left.abort();
  await assert.rejects(within(SOON, leaves), { kind: "TimedOut" });
  await assert.rejects(within(SOON, alone), { kind: "TimedOut" });
  const id = await client.put("alone");
  await client.put("orders");
  await within(SOON, stays);
  await eventually(async () => assert.equal(await client.stat("stats", "current-jobs-reserved"), "0"));
  assert.equal(await client.stat(`stats-job ${id}`, "state"), "ready");
});

test("where touching is forbidden nothing is ever reserved, and work is seen all the same", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  const tubeOf = tubesOf(t, server.port, { mayTouch: false });
  const waits = Array.from({ length: 30 }, (_, index) => tubeOf(`tube-${index}`).wait());
  await tubeOf("tube-0").read();
  await client.put("unwatched");
  await client.put("tube-7");
  await within(SOON, Promise.race(waits));
  await within(SOON, waits[7] as Promise<unknown>);
  await client.put("tube-3");
  await within(SOON, waits[3] as Promise<unknown>);
  assert.equal(await client.stat("stats", "cmd-reserve"), "0");
  assert.equal(await client.stat("stats", "cmd-watch"), "0");
  for (const wait of waits) wait.catch(() => undefined);
});

test("a delayed job is seen when its delay is over, also by looking", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  const tubeOf = tubesOf(t, server.port);
  const waits = [tubeOf("orders").wait(), tubeOf("orders", "look").wait()];
  await client.put("orders", { delay: 1 });
  await within(10_000, Promise.all(waits));
});

test("the tube called default can be waited on, and is not watched unasked", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  const tubeOf = tubesOf(t, server.port);
  const orders = tubeOf("orders").wait();
  const id = await client.put("default");
  await client.put("orders");
  await within(SOON, orders);
  assert.equal(await client.stat(`stats-job ${id}`, "reserves"), "0");
  await within(SOON, tubeOf("default").wait());
});
