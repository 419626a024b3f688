import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { conditionOf, eventsOf, scaledTo } from "../support/end-to-end/expectations.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS, REAL_API_SERVER } from "../support/end-to-end/test-cluster.ts";
import { runMuster } from "../support/muster.ts";
import { eventually } from "../support/waiting.ts";

const DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/contested";

for (const kind of CLUSTERS) {
  describe(`rivals on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 120_000 }, () => {
    let stage: Stage;
    let queue: BeanstalkdClient;
    let muster: MusterProcess;

    before(async () => {
      stage = await Stage.open(kind);
      const beanstalkd = await stage.beanstalkd();
      queue = await beanstalkd.client(stage);
      await stage.pair("contested", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/contested` });
      muster = await stage.run().ready();
    });
    after(() => stage?.close());

    test("a manager that sets the replicas three times is named in the condition, an event and muster why", async () => {
      await queue.put("contested");
      for (let time = 1; time <= 3; time += 1) {
        await scaledTo(stage, "contested", 1);
        if (time === 3) await conditionOf(stage, "contested", "Ready", "ReadyForNewScale");
        await stage.objects.patch(`${DEPLOYMENT}?fieldManager=helm`, { spec: { replicas: 4 + time } });
        await scaledTo(stage, "contested", 4 + time);
        // Down from there waits for the cool-down, so the next round begins below.
        await stage.objects.patch(`${DEPLOYMENT}?fieldManager=test`, { spec: { replicas: 0 } });
      }
      const { message } = await conditionOf(stage, "contested", "Ready", "WorkloadHasRival");
      const who = kind === REAL_API_SERVER ? "helm \\(Update\\)" : "a client that the API server does not name";
      const expected = new RegExp(
        `${who}, which set spec.replicas 3 times in .* s \\(last at \\d{4}-.*Z, to 7\\), scales`,
      );
      assert.match(message, expected);
      await eventually(async () => {
        assert.ok((await eventsOf(stage, "contested")).includes("Warning WorkloadHasRival"));
      });
      const { address } = await muster.saying("Started");
      const { stdout } = await runMuster(["why", "default/contested", "--server", String(address)]);
      assert.match(stdout.replace(/\s+/g, " "), expected);
    });
  });
}
