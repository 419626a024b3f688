import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { BeanstalkdClient } from "../support/beanstalkd-client.ts";
import { BEANSTALKD } from "../support/beanstalkd-server.ts";
import type { MusterProcess } from "../support/end-to-end/muster-process.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { CLUSTERS } from "../support/end-to-end/test-cluster.ts";
import {
  createWorkerAutoscaler,
  installWorkerAutoscalers,
  workerAutoscaler,
} from "../support/end-to-end/worker-autoscalers.ts";
import { runMuster } from "../support/muster.ts";
import { eventually } from "../support/waiting.ts";

/** Workers take so long over a job. */
const WORK_MS = 400;

for (const kind of CLUSTERS) {
  describe(`a drain rule on ${kind.name}`, { skip: kind.skip || BEANSTALKD.skip, timeout: 500_000 }, () => {
    let stage: Stage;
    let clients: readonly BeanstalkdClient[];
    let muster: MusterProcess;
    const signal = async () => (await workerAutoscaler(stage, "packer")).status?.signals?.[0];
    const because = async () => (await workerAutoscaler(stage, "packer")).status?.lastDecision?.steps[0]?.because ?? "";
    const why = async () => {
      const server = String((await muster.saying("Started")).address);
      return (await runMuster(["why", "default/packer", "--server", server])).stdout;
    };
    const put = async (jobs: number) => {
      for (let job = 0; job < jobs; job += 1) await clients[0]?.put("packer");
    };
    /** Works one job off after the other until none is left. */
    const work = async (client: BeanstalkdClient) => {
      for (let id = await client.reserve("packer"); id !== undefined; id = await client.reserve("packer")) {
        await sleep(WORK_MS);
        await client.command(`delete ${id}`);
      }
    };

    before(async () => {
      stage = await Stage.open(kind);
      await installWorkerAutoscalers(stage);
      const beanstalkd = await stage.beanstalkd();
      clients = await Promise.all(Array.from({ length: 3 }, () => beanstalkd.client(stage)));
      muster = await stage.run().ready();
      await stage.deployment("packer");
      const tube = { host: "127.0.0.1", port: beanstalkd.port, tube: "packer" };
      await createWorkerAutoscaler(stage, "packer", {
        signals: [{ name: "queue", source: { beanstalkd: tube }, drain: { withinSeconds: 30 } }],
      });
    });
    after(() => stage?.close());

    test("before anything is learned a message counts as the whole objective, and the decision says so", async () => {
      await put(60);
      await eventually(async () =>
        assert.match(await because(), /it is not known yet how long one takes: \d+ drain them/),
      );
      await eventually(async () =>
        assert.ok((await stage.replicas("packer")) >= 4, "four at once, then twice as many"),
      );
    });

    test("what workers finish teaches how long a message takes: the status and muster why tell it", async () => {
      await Promise.all(clients.map(work));
      const learned = await eventually(async () => {
        const found = (await signal())?.learned;
        assert.ok(found);
        return found;
      });
      // A busy machine makes workers slower, and only that.
      const seconds = WORK_MS / 1000;
      assert.ok(
        learned.secondsPerMessage > seconds * 0.6 && learned.secondsPerMessage < seconds * 4,
        `${learned.secondsPerMessage}`,
      );
      assert.ok(learned.messages >= 5 && learned.messages <= 60, `${learned.messages}`);
      await eventually(async () =>
        assert.match(await why(), /queue: 0, .*0\.\d+ s a message \(learned from \d+, \d+ s before\)/),
      );
    });

    test("another process goes on with what the last one learned", async () => {
      await muster.stop();
      muster = await stage.run().ready();
      await put(90);
      await eventually(async () =>
        assert.match(await why(), /90 waiting, .* s a message \(learned from \d+ messages, \d+ s ago\)/),
      );
      assert.ok((await signal())?.learned);
    });
  });
}
