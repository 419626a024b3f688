import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import { scaledTo } from "../support/end-to-end/expectations.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import { eventually } from "../support/waiting.ts";

/** What Kubernetes sets in every container. */
const POD = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };

for (const kind of CLUSTERS.slice(0, 1)) {
  describe(`a controller in a pod that uses a kubeconfig, on ${kind.name}`, {
    skip: kind.skip || BEANSTALKD.skip,
    timeout: 150_000,
  }, () => {
    let stage: Stage;
    before(async () => {
      stage = await Stage.open(kind);
    });
    after(() => stage?.close());

    test("objects do not lead to its own pod, unless the operator allows it", async () => {
      const beanstalkd = await stage.beanstalkd();
      await (await beanstalkd.client(stage)).put("jobs");
      await stage.pair("jobs", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/jobs` });
      const refusing = await stage.run([], { env: POD }).ready();
      await eventually(async () => assert.match(refusing.text, /may not lead to the controller's own pod/));
      assert.equal((await refusing.stop()).status, 0);
      await stage.run(["--allow-source-hosts", "127.0.0.0/8"], { env: POD }).ready();
      await scaledTo(stage, "jobs", 1);
    });
  });
}
