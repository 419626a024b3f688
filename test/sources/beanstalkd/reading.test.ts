import assert from "node:assert/strict";
import { test } from "node:test";
import { BEANSTALKD, BeanstalkdServer } from "../../support/beanstalkd-server.ts";
import { eventually } from "../../support/waiting.ts";
import { tubesOf } from "./tube.ts";

const real = { skip: BEANSTALKD.skip, timeout: 60_000 };

test("counts jobs that are ready and reserved, not those delayed or buried", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  for (let job = 0; job < 6; job++) await client.put("orders");
  await client.put("orders", { delay: 60 });
  const buried = await client.reserve("orders");
  await client.command(`bury ${buried} 0`);
  await client.reserve("orders");
  await client.reserve("orders");
  const before = Date.now();
  const reading = await tubesOf(t, server.port)("orders").read();
  const { at, ...counts } = reading;
  assert.deepEqual(counts, { value: 5, waiting: 3, inFlight: 2, arrived: 7, completed: 0, idleWorkers: 0 });
  assert.ok(at >= before && at <= Date.now());
});

test("counts delayed jobs too where that is asked for", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  await client.put("orders");
  await client.put("orders", { delay: 60 });
  const { value, waiting } = await tubesOf(t, server.port)("orders", "look", { includeDelayed: true }).read();
  assert.deepEqual({ value, waiting }, { value: 2, waiting: 1 });
});

test("a tube that does not exist is an empty one", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const { value, idleWorkers } = await tubesOf(t, server.port)("nowhere").read();
  assert.deepEqual({ value, idleWorkers }, { value: 0, idleWorkers: 0 });
});

test("counts waiting workers without its own waiting connection", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const tube = tubesOf(t, server.port)("orders");
  const client = await server.client(t);
  const left = new AbortController();
  const wait = tube.wait(left.signal).catch(() => undefined);
  await eventually(async () => assert.equal(await client.stat("stats-tube orders", "current-waiting"), "1"));
  assert.equal((await tube.read()).idleWorkers, 0);
  const worker = await server.client(t);
  const reserved = worker.reserve("orders", 60).catch(() => undefined);
  await eventually(async () => assert.equal(await client.stat("stats-tube orders", "current-waiting"), "2"));
  assert.equal((await tube.read()).idleWorkers, 1);
  left.abort();
  await wait;
  // The connection stops watching the tube when its reserve ends; until then it goes on leaving itself out.
  await eventually(async () => assert.equal(await client.stat("stats-tube orders", "current-waiting"), "1"));
  assert.equal((await tube.read()).idleWorkers, 1);
  worker.close();
  await reserved;
});

test("asks about many tubes over one connection, in any order", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  const tubeOf = tubesOf(t, server.port);
  const counts = Array.from({ length: 300 }, (_, index) => index % 4);
  for (const [index, jobs] of counts.entries()) {
    for (let job = 0; job < jobs; job++) await client.put(`tube-${index}`);
  }
  const readings = await Promise.all(counts.map((_, index) => tubeOf(`tube-${index}`).read()));
  assert.deepEqual(
    readings.map(({ value }) => value),
    counts,
  );
  assert.equal(await client.stat("stats", "current-connections"), "2");
});

test("reads on while the server drains", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const client = await server.client(t);
  await client.put("orders");
  server.drain();
  await eventually(async () => assert.equal(await client.stat("stats", "draining"), "true"));
  assert.equal((await tubesOf(t, server.port)("orders").read()).value, 1);
});
