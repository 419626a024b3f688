import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { atEnd } from "../support/at-end.ts";
import { Stage } from "../support/end-to-end/stage.ts";
import { REAL_CONTROL_PLANE } from "../support/end-to-end/test-cluster.ts";
import { installWorkerAutoscalers, said } from "../support/end-to-end/worker-autoscalers.ts";
import { type OpenJobBroker, openRabbitmq, openRedisList, openRedisStream } from "../support/job-brokers.ts";
import { JobKubelet } from "../support/job-kubelet.ts";
import { RABBITMQ } from "../support/servers/rabbitmq.ts";
import { REDIS } from "../support/servers/redis.ts";
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

async function worksOnEachOnce(test: TestContext, open: OpenJobBroker): Promise<void> {
  const stage = await Stage.open(REAL_CONTROL_PLANE);
  atEnd(test, () => stage.close());
  const broker = await open(stage, stage.objects);
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
  atEnd(test, () => kubelet.stop());
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

const terms = { timeout: 240_000 };
const BROKERS = [
  { name: "a Redis list", open: openRedisList, skip: REDIS.skip },
  { name: "a Redis stream", open: openRedisStream, skip: REDIS.skip },
  { name: "a RabbitMQ queue", open: openRabbitmq, skip: RABBITMQ.skip },
];

for (const { name, open, skip } of BROKERS) {
  const title = `Jobs work on each message of ${name} once, over kills of the controller`;
  test(title, { ...terms, skip: REAL_CONTROL_PLANE.skip || skip }, (context) => worksOnEachOnce(context, open));
}
