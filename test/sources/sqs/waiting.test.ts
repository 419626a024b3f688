import assert from "node:assert/strict";
import { test } from "node:test";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SqsServer } from "kube-sandbox";
import { scriptedHttp } from "../../support/scripted-http.ts";
import { RequestCount, sqsServer, sqsSource } from "../../support/sqs.ts";
import { eventually } from "../../support/waiting.ts";

const forever = () => new AbortController().signal;

async function waitUntilPolled({ account }: SqsServer): Promise<void> {
  await eventually(async () => assert.ok(account.named("jobs").polls.waiting > 0));
}

function createJobs({ account }: SqsServer, maxReceiveCount?: number): void {
  account.create("dead", {});
  const deadLetterTargetArn = account.named("dead").queue.arn;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount });
  account.create("jobs", maxReceiveCount === undefined ? {} : { RedrivePolicy });
}

test("a first message ends the wait at once and stays for the workers", async (context) => {
  const { server, sqs } = await sqsServer(context);
  createJobs(server);
  const source = sqsSource(context, server, { longPollSeconds: 20 });
  const wait = source.waitForWork?.(forever());
  await waitUntilPolled(server);
  const startedAt = performance.now();
  await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs`, MessageBody: "one" }));
  assert.equal(await wait, "maybe-work");
  assert.ok(performance.now() - startedAt < 5_000);
  assert.deepEqual(server.account.named("jobs").queue.counts(), { ready: 1, delayed: 0, inFlight: 0 });
  assert.equal((await source.read(forever())).value, 1);
});

test("an empty long poll is followed by another and by no other request", async (context) => {
  const count = new RequestCount();
  const { server } = await sqsServer(context, { refuse: count.refuse });
  createJobs(server, 5);
  const source = sqsSource(context, server);
  await source.read(forever());
  const cut = new AbortController();
  const wait = source.waitForWork?.(cut.signal).catch(() => undefined);
  await eventually(async () => assert.ok(count.of("ReceiveMessage") >= 3));
  cut.abort();
  await wait;
  assert.equal(count.of("GetQueueAttributes"), 1);
});

test("a queue that gives messages up after few receives is not touched", async (context) => {
  const count = new RequestCount();
  const { server } = await sqsServer(context, { refuse: count.refuse });
  createJobs(server, 4);
  assert.equal(await sqsSource(context, server).waitForWork?.(forever()), "unsupported");
  assert.equal(count.of("ReceiveMessage"), 0);
});

test("a change of the redrive policy is noticed at the next reading", async (context) => {
  const { server } = await sqsServer(context);
  createJobs(server, 100);
  const source = sqsSource(context, server);
  await source.read(forever());
  server.account.create("other", {});
  const deadLetterTargetArn = server.account.named("dead").queue.arn;
  server.account
    .named("jobs")
    .queue.attributes.set({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }) });
  await source.read(forever());
  assert.equal(await source.waitForWork?.(forever()), "unsupported");
});

test("a dry run and wake: look never receive", async (context) => {
  const count = new RequestCount();
  const { server } = await sqsServer(context, { refuse: count.refuse });
  createJobs(server);
  assert.equal(await sqsSource(context, server, {}, { mayTouch: false }).waitForWork?.(forever()), "unsupported");
  assert.equal(await sqsSource(context, server, { wake: "look" }).waitForWork?.(forever()), "unsupported");
  assert.equal(count.of("ReceiveMessage"), 0);
});

test("one wake raises a message's receive count by one", async (context) => {
  const { server, sqs } = await sqsServer(context);
  createJobs(server);
  const QueueUrl = `${server.url}/1/jobs`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
  await sqsSource(context, server).waitForWork?.(forever());
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ["ApproximateReceiveCount"] }),
  );
  assert.equal(Messages?.[0]?.Attributes?.ApproximateReceiveCount, "2");
});

test("a wake on a FIFO queue leaves its message group to the workers", async (context) => {
  const { server, sqs } = await sqsServer(context);
  server.account.create("jobs.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const QueueUrl = `${server.url}/1/jobs.fifo`;
  const source = sqsSource(context, server, { queueUrl: "https://sqs.eu-west-1.amazonaws.com/1/jobs.fifo" });
  for (const MessageBody of ["one", "two"])
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: "a" }));
  assert.equal(await source.waitForWork?.(forever()), "maybe-work");
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  assert.deepEqual(
    Messages?.map(({ Body }) => Body),
    ["one", "two"],
  );
});

test("a message that was seen counts while SQS's counts lag behind, and no longer", async (context) => {
  let waiting = "0";
  const stage = await scriptedHttp(({ headers }) =>
    headers["x-amz-target"] === "AmazonSQS.ReceiveMessage"
      ? { body: { Messages: [{ MessageId: "1", ReceiptHandle: "r", Body: "b" }] } }
      : { body: { Attributes: { ApproximateNumberOfMessages: waiting, ApproximateNumberOfMessagesNotVisible: "0" } } },
  );
  context.after(() => stage.close());
  const source = sqsSource(context, stage);
  assert.equal((await source.read(forever())).value, 0);
  await source.waitForWork?.(forever());
  assert.equal((await source.read(forever())).value, 1);
  waiting = "5";
  assert.equal((await source.read(forever())).value, 5);
  waiting = "0";
  assert.equal((await source.read(forever())).value, 0);
});

test("a queue that is deleted ends the wait as NotFound, and one made again is waited on", async (context) => {
  const { server, sqs } = await sqsServer(context);
  createJobs(server);
  const source = sqsSource(context, server, { longPollSeconds: 20 });
  const wait = source.waitForWork?.(forever());
  await waitUntilPolled(server);
  server.account.delete("jobs");
  await assert.rejects(wait ?? Promise.resolve(), {
    kind: "NotFound",
    message: `queue jobs of account 82910 in ap-south-1 (${server.url}) does not exist: make it, or correct its URL or region`,
  });
  server.account.create("jobs", {});
  assert.equal((await source.read(forever())).value, 0);
  const again = source.waitForWork?.(forever());
  await waitUntilPolled(server);
  await sqs.send(new SendMessageCommand({ QueueUrl: `${server.url}/1/jobs`, MessageBody: "one" }));
  assert.equal(await again, "maybe-work");
});

test("a server that answers long polls at once is not asked without end", async (context) => {
  const stage = await scriptedHttp(({ headers }) =>
    headers["x-amz-target"] === "AmazonSQS.ReceiveMessage"
      ? { body: {} }
      : { body: { Attributes: { ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0" } } },
  );
  context.after(() => stage.close());
  assert.equal(await sqsSource(context, stage).waitForWork?.(forever()), "unsupported");
  assert.ok(stage.requests.length <= 3);
});

test("reports a connection cut in the middle of a long poll at once", async (context) => {
  const stage = await scriptedHttp(({ headers }) =>
    headers["x-amz-target"] === "AmazonSQS.ReceiveMessage"
      ? (response) => {
          response.writeHead(200, { "content-length": "100" });
          response.write("{", () => response.destroy());
        }
      : { body: { Attributes: { ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0" } } },
  );
  context.after(() => stage.close());
  await assert.rejects(sqsSource(context, stage).waitForWork?.(forever()) ?? Promise.resolve(), {
    kind: "Unavailable",
  });
});

test("without the right to receive, one wait fails and the queue is polled from then on", async (context) => {
  const count = new RequestCount();
  const { server } = await sqsServer(context, {
    refuse: (request) => {
      count.refuse(request);
      return request.action === "ReceiveMessage" ? "AccessDenied" : undefined;
    },
  });
  createJobs(server);
  const source = sqsSource(context, server);
  await assert.rejects(source.waitForWork?.(forever()) ?? Promise.resolve(), {
    kind: "Unauthorized",
    message: /allow sqs:ReceiveMessage in its IAM policy$/,
  });
  assert.equal(await source.waitForWork?.(forever()), "unsupported");
  assert.equal((await source.read(forever())).value, 0);
  assert.equal(count.of("ReceiveMessage"), 1);
});

test("credentials that fail for a while do not keep us from receiving afterwards", async (context) => {
  let isExpired = false;
  const { server } = await sqsServer(context, { refuse: () => (isExpired ? "ExpiredToken" : undefined) });
  createJobs(server);
  server.account.named("jobs").queue.send({ body: "x", attributes: {} }, "test");
  const source = sqsSource(context, server);
  assert.equal(await source.waitForWork?.(forever()), "maybe-work");
  isExpired = true;
  await assert.rejects(source.waitForWork?.(forever()) ?? Promise.resolve(), { kind: "Unauthorized" });
  await assert.rejects(source.read(forever()), { kind: "Unauthorized" });
  isExpired = false;
  assert.equal(await source.waitForWork?.(forever()), "maybe-work");
});
