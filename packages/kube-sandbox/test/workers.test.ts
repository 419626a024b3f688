import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { BEANSTALKD, BeanstalkdServer } from "../../../test/support/beanstalkd-server.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { startSqsServer } from "../src/sqs/start-sqs-server.ts";
import type { Sandbox } from "../src/start-sandbox.ts";
import { openSandbox } from "./support/sandbox.ts";
import { webDeployment } from "./support/web-deployment.ts";

const PATH = "/apis/apps/v1/namespaces/default/deployments";

function worker(queueUrl: string, secondsPerMessage: number, replicas: number): object {
  const deployment = webDeployment("worker", replicas);
  const annotations = {
    "sandbox.muster.dev/queue-url": queueUrl,
    "sandbox.muster.dev/seconds-per-message": String(secondsPerMessage),
  };
  const template = deployment.spec.template as { metadata: object };
  template.metadata = { ...template.metadata, annotations };
  return deployment;
}

// biome-ignore lint/suspicious/noExplicitAny: the answers are as many as the actions
type Ask = (action: string, input?: object) => Promise<any>;

async function queue(context: TestContext): Promise<{ readonly url: string; readonly ask: Ask }> {
  const server = await startSqsServer();
  context.after(() => server.close());
  const ask: Ask = async (action, input = {}) => {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    return text === "" ? {} : JSON.parse(text);
  };
  return { url: (await ask("CreateQueue", { QueueName: "jobs" })).QueueUrl, ask };
}

const consumed = (sandbox: Sandbox): number => sandbox.workers().consumed;

test("workers take messages from the real queue at their rate, once their pods are ready", async (context) => {
  const { url, ask } = await queue(context);
  const { sandbox, api } = await openSandbox(context);
  for (let index = 0; index < 6; index += 1) await ask("SendMessage", { QueueUrl: url, MessageBody: String(index) });
  await api.post(PATH, worker(url, 0.05, 2));
  await eventually(() => consumed(sandbox) === 6, "six messages are consumed");
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
  const { Attributes } = await ask("GetQueueAttributes", { QueueUrl: url, AttributeNames: names });
  assert.deepEqual(Object.values(Attributes), ["0", "0"]);
  assert.deepEqual(sandbox.workers(), { running: 2, busy: 0, consumed: 6 });
});

test("a worker that is asked to stop finishes its message, and takes no other", async (context) => {
  const { url, ask } = await queue(context);
  const { sandbox, api } = await openSandbox(context);
  for (const body of ["first", "second"]) await ask("SendMessage", { QueueUrl: url, MessageBody: body });
  await api.post(PATH, worker(url, 0.5, 1));
  await eventually(() => sandbox.workers().busy === 1, "the worker is busy");
  await api.merge(`${PATH}/worker/scale`, { spec: { replicas: 0 } });
  await eventually(() => sandbox.store.count("pods") === 0, "its pod has ended");
  assert.deepEqual(sandbox.workers(), { running: 0, busy: 0, consumed: 1 });
  const { Attributes } = await ask("GetQueueAttributes", { QueueUrl: url, AttributeNames: ["All"] });
  assert.equal(Attributes.ApproximateNumberOfMessages, "1");
});

test("a queue that cannot be reached is told by an event, and harms nothing", async (context) => {
  const { sandbox, api } = await openSandbox(context);
  await api.post(PATH, worker("http://127.0.0.1:9/000000000000/none", 0.01, 1));
  const warned = (): boolean => sandbox.store.list("events").some((event) => event.reason === "QueueUnreachable");
  await eventually(warned, "an event says so");
  assert.equal((await api.get(`${PATH}/worker`)).status, 200);
});

test("workers take jobs from a real beanstalkd", { skip: BEANSTALKD.skip }, async (context) => {
  const server = await BeanstalkdServer.start(context);
  const client = await server.client(context);
  await client.put("mails");
  await client.put("mails");
  const { sandbox, api } = await openSandbox(context);
  await api.post(PATH, worker(`beanstalk://127.0.0.1:${server.port}/mails`, 0.01, 1));
  await eventually(() => consumed(sandbox) === 2, "both jobs are consumed");
});
