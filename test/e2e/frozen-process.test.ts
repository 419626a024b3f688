import assert from "node:assert/strict";
import { test } from "node:test";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { SANDBOX } from "../support/end-to-end/test-cluster.ts";
import { eventually } from "../support/waiting.ts";

const LONGER_THAN_THE_TEST_SECONDS = 3_600;

test("a frozen process holds no beanstalkd job, takes no second one, and scales when it goes on", {
  skip: BEANSTALKD.skip,
  timeout: 500_000,
}, async (t) => {
  const stage = await Stage.open(SANDBOX);
  t.after(() => stage.close());
  const beanstalkd = await stage.beanstalkd();
  const queue = await beanstalkd.client(stage);
  await stage.pair("worker", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/worker` });
  const muster = await stage.run().ready();
  await eventually(async () => assert.equal(await queue.stat("stats-tube worker", "current-waiting"), "1"));
  muster.signal("SIGSTOP");
  // Within the second in which a reserve of it is still waiting, whatever the way in which it waits.
  const id = await queue.put("worker", { ttr: LONGER_THAN_THE_TEST_SECONDS });
  await eventually(async () => assert.equal(await queue.stat("stats-tube worker", "current-waiting"), "0"));
  assert.equal(await queue.stat(`stats-job ${id}`, "state"), "ready");
  const second = await queue.put("worker");
  assert.equal(await queue.stat(`stats-job ${second}`, "reserves"), "0");
  assert.equal(await queue.reserve("worker", 0), id, "a worker gets it at once");
  muster.signal("SIGCONT");
  await scaledTo(stage, "worker", 1);
});
