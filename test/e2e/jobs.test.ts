import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Stage } from "../support/end-to-end/stage.ts";
import { REAL_CONTROL_PLANE } from "../support/end-to-end/test-cluster.ts";
import { installWorkerAutoscalers, said } from "../support/end-to-end/worker-autoscalers.ts";
import { JobKubelet } from "../support/job-kubelet.ts";
import { REDIS, startRedis } from "../support/servers/redis.ts";
import { eventually } from "../support/waiting.ts";

const MESSAGES = 120;
const KILLS = 6;
const MOST_JOBS = 10;
const WORK_MS = 300;
const AUTOSCALERS = "/apis/muster.dev/v1alpha1/namespaces/default/workerautoscalers";
const POD = {
  restartPolicy: "Never",
  terminationGracePeriodSeconds: 0,
  containers: [{ name: "worker", image: "worker:1" }],
};

/** A queue of a real broker, as a worker and a producer see it. */
interface Broker {
  readonly source: object;
  readonly jobs: object;
  put(message: string): Promise<void>;
  /** Takes a message, works on it by `work`, and acknowledges it; undefined: there is none. */
  workOnOne(work: () => Promise<void>): Promise<string | undefined>;
}

/** Takes messages off a list, which hides those that are worked on. */
async function redisList(test: TestContext): Promise<Broker> {
  const { port, client } = await startRedis(test);
  return {
    source: { redis: { host: "127.0.0.1", port, structure: "list", key: "videos" } },
    jobs: { strategy: "Accurate" },
    put: async (message) => void (await client.rpush("videos", message)),
    workOnOne: async (work) => {
      const message = (await client.lpop("videos")) ?? undefined;
      if (message !== undefined) await work();
      return message;
    },
  };
}

async function worksOnEachOnce(test: TestContext, broker: Broker): Promise<void> {
  const stage = await Stage.open(REAL_CONTROL_PLANE);
  test.after(() => stage.close());
  await installWorkerAutoscalers(stage);
  const worked: string[] = [];
  let [running, most, idle] = [0, 0, 0];
  const kubelet = new JobKubelet(stage.client, "videos", async () => {
    running += 1;
    most = Math.max(most, running);
    const message = await broker.workOnOne(() => pause(Math.random() * WORK_MS));
    if (message === undefined) idle += 1;
    else worked.push(message);
    running -= 1;
    return 0;
  });
  test.after(() => kubelet.stop());
  await stage.objects.create(AUTOSCALERS, {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "videos" },
    spec: {
      jobTemplate: { spec: { backoffLimit: 0, template: { spec: POD } } },
      jobs: broker.jobs,
      maxReplicas: MOST_JOBS,
      pollIntervalSeconds: 1,
      signals: [{ name: "queue", source: broker.source }],
    },
  });
  for (let number = 0; number < MESSAGES; number += 1) await broker.put(String(number));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const muster = await stage.run().ready();
    await pause(Math.random() * 2_000);
    await muster.stop("SIGKILL");
  }
  stage.run();
  await eventually(async () => assert.ok(worked.length >= MESSAGES, `${worked.length} worked on`), {
    patienceMs: 90_000,
  });
  await pause(2_000);
  assert.equal(new Set(worked).size, MESSAGES);
  assert.equal(worked.length, MESSAGES);
  assert.ok(most <= MOST_JOBS, `${most} at once`);
  test.diagnostic(`${idle} of ${kubelet.started} Jobs found no message`);
  assert.ok(idle <= MESSAGES / 10, `${idle} Jobs found no message`);
  await said(stage, "videos", "Ready", "ReadyForNewScale");
}

const skip = REAL_CONTROL_PLANE.skip;
const terms = { timeout: 180_000 };

test(
  "Jobs work on each message of a Redis list once, over kills of the controller",
  {
    ...terms,
    skip: skip || REDIS.skip,
  },
  async (context) => worksOnEachOnce(context, await redisList(context)),
);
