import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { allScaledTo } from "../support/end-to-end/expectations.ts";
import { groupPath } from "../support/end-to-end/objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { REAL_API_SERVER, SANDBOX } from "../support/end-to-end/test-cluster.ts";
import { eventually } from "../support/waiting.ts";

const OBJECTS = 1_000;
const AT_ONCE = 16;
const ROUNDS = 40;
const A_ROUND = 10;
/** What a heap that is collected now and then may differ by; 400 objects that stay would cost as much again. */
const MOST_GROWTH_MEBIBYTES = 25;

async function inLanes<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `worker-${index}`);

describe("many objects on a real API server", {
  skip: REAL_API_SERVER.skip || BEANSTALKD.skip,
  timeout: 170_000,
}, () => {
  let stage: Stage;
  after(() => stage?.close());

  test("of 1,000 objects each gets its status, a dead beanstalkd is one connection, and a burst is served", async () => {
    stage = await Stage.open(REAL_API_SERVER);
    const [live, dead] = [await stage.beanstalkd(), await stage.beanstalkd()];
    await dead.stop();
    const port = (index: number) => (index % 10 === 0 ? dead.port : live.port);
    await inLanes([...names(OBJECTS).entries()], async ([index, name]) => {
      await stage.pair(name, { queueURI: `beanstalk://127.0.0.1:${port(index)}/${name}` });
    });
    const muster = await stage.run([], { direct: true }).ready();
    const haveStatus = async () => {
      const { items } = (await stage.objects.get(groupPath("default"))) as { items: { status?: object }[] };
      assert.equal(items.filter(({ status }) => status !== undefined).length, OBJECTS);
    };
    await eventually(haveStatus, { patienceMs: 90_000, pauseMs: 1_000 });
    const { items } = (await stage.objects.get(groupPath("default"))) as {
      items: { metadata: { name: string }; status: { conditions: { type: string; reason: string }[] } }[];
    };
    for (const { metadata, status } of items) {
      const expected =
        Number(metadata.name.slice("worker-".length)) % 10 === 0 ? "QueueUnreadable" : "ValidMetricFound";
      assert.equal(status.conditions.find(({ type }) => type === "ScalingActive")?.reason, expected, metadata.name);
    }
    const queue = await live.client(stage);
    assert.ok(Number(await queue.stat("stats", "current-connections")) <= 3, "one connection waits, one looks");
    const woken = names(OBJECTS).filter((_, index) => index % 10 === 1);
    for (const name of woken) await queue.put(name);
    await allScaledTo(stage, woken, 1);
    await muster.stop();
  });
});

describe("objects that come and go", { skip: BEANSTALKD.skip, timeout: 170_000 }, () => {
  let stage: Stage;
  after(() => stage?.close());

  test("memory stays flat over hundreds of objects that are made, scaled and deleted", async () => {
    stage = await Stage.open(SANDBOX);
    const beanstalkd = await stage.beanstalkd();
    const queue = await beanstalkd.client(stage);
    const muster = await stage.run([], { env: { NODE_OPTIONS: "--max-semi-space-size=1" } }).ready();
    const round = async (number: number): Promise<void> => {
      const made = names(A_ROUND).map((name) => `${name}-${number}`);
      await inLanes(made, (name) => stage.pair(name, { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${name}` }));
      for (const name of made) await queue.put(name);
      await allScaledTo(stage, made, 1);
      await inLanes(made, async (name) => {
        await stage.remove(`${groupPath("default")}/${name}`);
        await stage.remove(`/apis/apps/v1/namespaces/default/deployments/${name}`);
      });
    };
    for (let number = 0; number < ROUNDS / 2; number += 1) await round(number);
    const open = () => muster.metric("nodejs_active_resources");
    const [halfway, openHalfway] = [await muster.residentMebibytes(), await open()];
    for (let number = ROUNDS / 2; number < ROUNDS; number += 1) await round(number);
    const grown = (await muster.residentMebibytes()) - halfway;
    assert.ok(grown < MOST_GROWTH_MEBIBYTES, `from ${halfway} MiB by ${grown} MiB`);
    await eventually(async () => {
      assert.equal(await muster.metric("muster_observations"), 0);
      assert.ok((await open()) <= openHalfway + A_ROUND, `${await open()} timers and sockets, ${openHalfway} halfway`);
      assert.equal(await muster.metric("muster_reconcile_queue"), 0);
    });
    assert.doesNotMatch((await muster.get("/metrics")).text, /worker-0-0/);
    await muster.stop();
  });
});
