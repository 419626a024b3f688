import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { allScaledTo } from "../support/end-to-end/expectations.ts";
import { inLanes } from "../support/end-to-end/in-lanes.ts";
import { groupPath } from "../support/end-to-end/objects.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { SANDBOX } from "../support/end-to-end/test-cluster.ts";
import { eventually } from "../support/waiting.ts";

const ROUNDS = 40;
const A_ROUND = 10;
/** What a heap that is collected now and then may differ by; 400 objects that stay would cost as much again. */
const MOST_GROWTH_MEBIBYTES = 25;

describe("objects that come and go", { skip: BEANSTALKD.skip, timeout: 500_000 }, () => {
  let stage: Stage;
  after(() => stage?.close());

  test("memory stays flat over hundreds of objects that are made, scaled and deleted", async () => {
    stage = await Stage.open(SANDBOX);
    const beanstalkd = await stage.beanstalkd();
    const queue = await beanstalkd.client(stage);
    const muster = await stage.run([], { env: { NODE_OPTIONS: "--max-semi-space-size=1" } }).ready();
    const round = async (number: number): Promise<void> => {
      const made = Array.from({ length: A_ROUND }, (_, index) => `worker-${index}-${number}`);
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
