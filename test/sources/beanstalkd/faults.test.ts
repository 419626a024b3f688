import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BEANSTALKD, BeanstalkdServer } from "../../support/beanstalkd-server.ts";
import { freePort, scriptedTcp } from "../../support/scripted-tcp.ts";
import { eventually, within } from "../../support/waiting.ts";
import { tubesOf } from "./tube.ts";

const real = { skip: BEANSTALKD.skip, timeout: 60_000 };
const SOON = 3_000;
/** More than a reserve of one second and the three seconds an answer may take. */
const HUNG = 15_000;

test("a server that is down is dialled less and less often, and each read says why it fails", real, async (t) => {
  const dialledAt: number[] = [];
  const refusing = await scriptedTcp((socket) => {
    dialledAt.push(performance.now());
    socket.destroy();
  });
  t.after(() => refusing.close());
  const tube = tubesOf(t, refusing.port)("orders");
  const reasons = new Set<string>();
  while (dialledAt.length < 4) {
    await assert.rejects(within(SOON, tube.read()), (error: { kind?: string; message: string }) => {
      reasons.add(`${error.kind}: ${error.message}`);
      return true;
    });
    await sleep(1);
  }
  const expected = `Unavailable: beanstalkd at 127.0.0.1:${refusing.port}: the server closed the connection`;
  assert.deepEqual([...reasons], [expected]);
  const shortestPauses = [50, 100, 200];
  for (const [index, shortest] of shortestPauses.entries()) {
    const pause = (dialledAt[index + 1] ?? 0) - (dialledAt[index] ?? 0);
    assert.ok(pause >= shortest, `dialled again after ${pause} ms, expected at least ${shortest}`);
  }
});

test("a server that is down at the start is read once it is up", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  await server.stop();
  const tube = tubesOf(t, server.port)("orders");
  await assert.rejects(tube.read(), { kind: "Unavailable", message: /cannot be reached \(ECONNREFUSED\)/ });
  await assert.rejects(within(SOON, tube.wait()), { kind: "Unavailable" });
  await server.start();
  assert.equal((await eventually(() => tube.read())).value, 0);
});

test("when the server restarts, waits fail at once, and reads and waits work again afterwards", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const tubeOf = tubesOf(t, server.port);
  await tubeOf("orders").read();
  const waits = [tubeOf("orders").wait(), tubeOf("others").wait(), tubeOf("looked-at", "look").wait()];
  const outcomes = Promise.allSettled(waits);
  const client = await server.client(t);
  await eventually(async () => assert.equal(await client.stat("stats-tube orders", "current-waiting"), "1"));
  await server.stop();
  for (const outcome of await within(SOON, outcomes)) {
    assert.equal(outcome.status === "rejected" && outcome.reason.kind, "Unavailable");
  }
  await server.start();
  await eventually(() => tubeOf("orders").read());
  const again = eventually(() => tubeOf("orders").wait());
  const producer = await server.client(t);
  await producer.put("orders");
  await within(SOON, again);
});

test("a server that hangs times out reads and waits, and is read again when it goes on", real, async (t) => {
  const [server, other] = [await BeanstalkdServer.start(t), await BeanstalkdServer.start(t)];
  const tube = tubesOf(t, server.port)("orders");
  await tube.read();
  const wait = tube.wait();
  const client = await server.client(t);
  await eventually(async () => assert.equal(await client.stat("stats-tube orders", "current-waiting"), "1"));
  server.hang();
  const hung = Promise.allSettled([tube.read(), wait]);
  const otherTube = tubesOf(t, other.port)("orders");
  assert.equal((await within(1_000, otherTube.read())).value, 0);
  for (const outcome of await within(HUNG, hung)) {
    assert.equal(outcome.status === "rejected" && outcome.reason.kind, "TimedOut");
  }
  server.resume();
  assert.equal((await eventually(() => tube.read())).value, 0);
});

test("a job that the server hands to a connection that has gone is back for others", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const tube = tubesOf(t, server.port)("orders");
  const client = await server.client(t);
  const failed = assert.rejects(tube.wait(), { kind: "Unavailable" });
  await eventually(async () => assert.equal(await client.stat("stats-tube orders", "current-waiting"), "1"));
  server.hang();
  const put = client.put("orders");
  await tube.close();
  await within(SOON, failed);
  server.resume();
  const id = await put;
  await eventually(async () => assert.equal(await client.stat(`stats-job ${id}`, "state"), "ready"));
});

test("closing ends what is under way, frees the connections, and reads afterwards say so", real, async (t) => {
  const server = await BeanstalkdServer.start(t);
  const tube = tubesOf(t, server.port)("orders");
  await tube.read();
  const client = await server.client(t);
  server.hang();
  const outcomes = Promise.allSettled([tube.read(), tube.wait()]);
  await tube.close();
  for (const outcome of await within(SOON, outcomes)) {
    assert.equal(outcome.status === "rejected" && outcome.reason.kind, "Unavailable");
  }
  await assert.rejects(tube.read(), { kind: "Unavailable", message: /closed/ });
  server.resume();
  await eventually(async () => assert.equal(await client.stat("stats", "current-connections"), "1"));
});

test("tells a closed port from an unknown name", { timeout: 60_000 }, async (t) => {
  const port = await freePort();
  await assert.rejects(tubesOf(t, port)("orders").read(), {
    kind: "Unavailable",
    message: `beanstalkd at 127.0.0.1:${port} cannot be reached (ECONNREFUSED)`,
  });
  await assert.rejects(tubesOf(t, port, { host: "no-such-host.invalid" })("orders").read(), {
    kind: "Unavailable",
    message: /cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/,
  });
});
