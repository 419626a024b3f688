import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Sandbox, startSandbox, startSqsServer } from "kube-sandbox";
import { simulatedWorkers } from "../../src/demo/simulated-workers.ts";
import { BEANSTALKD, BeanstalkdServer } from "../support/beanstalkd-server.ts";
import { eventually } from "../support/waiting.ts";

/** A sandbox with a Deployment whose pods consume this queue. */
async function openSandbox(
  context: TestContext,
  queueUrl: string,
  secondsPerMessage: number,
  replicas: number,
): Promise<Sandbox> {
  const sandbox = await startSandbox({ pods: simulatedWorkers({ startSeconds: 0, stopSeconds: 0 }) });
  context.after(() => sandbox.close());
  const annotations = {
    "sandbox.muster.dev/queue-url": queueUrl,
    "sandbox.muster.dev/seconds-per-message": String(secondsPerMessage),
  };
  sandbox.apply(JSON.stringify(deployment(replicas, annotations)));
  return sandbox;
}

function deployment(replicas: number, annotations: Readonly<Record<string, string>>): object {
  const labels = { app: "worker" };
  const template = { metadata: { labels, annotations }, spec: { containers: [{ name: "worker", image: "worker:1" }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "worker" }, spec };
}

// biome-ignore lint/suspicious/noExplicitAny: each action has an answer of its own
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

/** Messages that are visible and in flight. */
async function counts(url: string, ask: Ask): Promise<string[]> {
  const { Attributes } = await ask("GetQueueAttributes", { QueueUrl: url, AttributeNames: ["All"] });
  return [Attributes.ApproximateNumberOfMessages, Attributes.ApproximateNumberOfMessagesNotVisible];
}

test("workers consume a real SQS queue once their pods are ready", async (context) => {
  const { url, ask } = await queue(context);
  for (let index = 0; index < 6; index += 1) await ask("SendMessage", { QueueUrl: url, MessageBody: String(index) });
  await openSandbox(context, url, 0.05, 2);
  await eventually(async () => assert.deepEqual(await counts(url, ask), ["0", "0"]));
});

test("a stopped worker finishes its message and takes no other", async (context) => {
  const { url, ask } = await queue(context);
  for (const body of ["first", "second"]) await ask("SendMessage", { QueueUrl: url, MessageBody: body });
  const sandbox = await openSandbox(context, url, 0.5, 1);
  await eventually(async () => assert.deepEqual(await counts(url, ask), ["1", "1"]));
  sandbox.apply(JSON.stringify(deployment(0, {})));
  await eventually(async () => assert.equal(sandbox.store.count("pods"), 0));
  assert.deepEqual(await counts(url, ask), ["1", "0"]);
});

test("an event reports an unreachable queue", async (context) => {
  const sandbox = await openSandbox(context, "http://127.0.0.1:9/000000000000/none", 0.01, 1);
  await eventually(async () =>
    assert.ok(sandbox.store.list("events").some((event) => event.reason === "QueueUnreachable")),
  );
});

test("a pod without a queue of its own consumes the one in QUEUE_URL; annotations win over the options", () => {
  const pods = simulatedWorkers({ startSeconds: 7, stopSeconds: 8 });
  const pod = (annotations: Record<string, string>, env: object[]) =>
    pods({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a", uid: "1", resourceVersion: "1", creationTimestamp: "", annotations },
      spec: { containers: [{ name: "a", env }] },
    });
  const { run, ...idle } = pod({}, [{ name: "QUEUE_URL", value: "" }]);
  assert.deepEqual([run, idle], [undefined, { startSeconds: 7, stopSeconds: 8 }]);
  assert.equal(typeof pod({}, [{ name: "QUEUE_URL", value: "http://127.0.0.1:9/1/a" }]).run, "function");
  const annotated = pod({ "sandbox.muster.dev/start-seconds": "0.5", "sandbox.muster.dev/stop-seconds": "-1" }, []);
  assert.deepEqual([annotated.startSeconds, annotated.stopSeconds], [0.5, 8]);
});

test("workers consume a real beanstalkd tube", { skip: BEANSTALKD.skip }, async (context) => {
  const server = await BeanstalkdServer.start(context);
  const client = await server.client(context);
  await client.put("mails");
  await client.put("mails");
  await openSandbox(context, `beanstalk://127.0.0.1:${server.port}/mails`, 0.01, 1);
  await eventually(async () => assert.equal(await client.stat("stats", "cmd-delete"), "2"));
});
