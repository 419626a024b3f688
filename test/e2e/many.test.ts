import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { allScaledTo } from "../support/end-to-end/expectations.ts";
import { inLanes } from "../support/end-to-end/in-lanes.ts";
import { groupPath } from "../support/end-to-end/objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../support/end-to-end/test-cluster.ts";
import { eventually } from "../support/waiting.ts";

const OBJECTS = 1_000;

const names = (count: number) => Array.from({ length: count }, (_, index) => `worker-${index}`);

describe("many objects on a real API server", {
  skip: REAL_API_SERVER.skip || BEANSTALKD.skip,
  timeout: 500_000,
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
