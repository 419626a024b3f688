import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { ManualClock } from "../../../../test/support/manual-clock.ts";
import { sqsServer } from "../../../../test/support/sqs-server.ts";

async function createFifo(sqs: SQSClient, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: "jobs.fifo", Attributes: { FifoQueue: "true", ...Attributes } }),
  );
  return QueueUrl ?? "";
}

async function sendAll(
  sqs: SQSClient,
  QueueUrl: string,
  messages: readonly (readonly [string, string])[],
): Promise<void> {
  for (const [MessageGroupId, MessageBody] of messages)
    await sqs.send(
      new SendMessageCommand({ QueueUrl, MessageGroupId, MessageBody, MessageDeduplicationId: MessageBody }),
    );
}

async function receive(sqs: SQSClient, input: ReceiveMessageCommandInput) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"], ...input }),
  );
  return Messages;
}

test("a message group waits for its message in flight, other groups do not", async (context) => {
  const { sqs } = await sqsServer(context);
  const QueueUrl = await createFifo(sqs);
  await sendAll(sqs, QueueUrl, [
    ["a", "a1"],
    ["a", "a2"],
    ["b", "b1"],
  ]);
  const [first] = await receive(sqs, { QueueUrl, MaxNumberOfMessages: 1 });
  assert.equal(first?.Body, "a1");
  assert.deepEqual(
    (await receive(sqs, { QueueUrl })).map(({ Body }) => Body),
    ["b1"],
  );
  assert.deepEqual(await receive(sqs, { QueueUrl }), []);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
  assert.deepEqual(
    (await receive(sqs, { QueueUrl })).map(({ Body }) => Body),
    ["a2"],
  );
});

test("a released message comes first in its group again", async (context) => {
  const { sqs } = await sqsServer(context);
  const QueueUrl = await createFifo(sqs);
  await sendAll(sqs, QueueUrl, [
    ["a", "a1"],
    ["a", "a2"],
  ]);
  const [first] = await receive(sqs, { QueueUrl, MaxNumberOfMessages: 1 });
  const { ReceiptHandle } = first ?? {};
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  assert.deepEqual(
    (await receive(sqs, { QueueUrl })).map(({ Body }) => Body),
    ["a1", "a2"],
  );
});

test("a receive with visibility 0 does not block its message group", async (context) => {
  const { sqs } = await sqsServer(context);
  const QueueUrl = await createFifo(sqs);
  await sendAll(sqs, QueueUrl, [
    ["a", "a1"],
    ["a", "a2"],
  ]);
  await receive(sqs, { QueueUrl, VisibilityTimeout: 0, MaxNumberOfMessages: 1 });
  assert.deepEqual(
    (await receive(sqs, { QueueUrl })).map(({ Body }) => Body),
    ["a1", "a2"],
  );
});

test("the same deduplication id within five minutes is one message", async (context) => {
  const clock = new ManualClock();
  const { sqs } = await sqsServer(context, { clock });
  const QueueUrl = await createFifo(sqs, { ContentBasedDeduplication: "true" });
  const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageGroupId: "a", MessageBody: "same" }));
  const first = await send();
  clock.advance(299_000);
  assert.equal((await send()).MessageId, first.MessageId);
  clock.advance(2_000);
  assert.notEqual((await send()).MessageId, first.MessageId);
  assert.equal((await receive(sqs, { QueueUrl })).length, 2);
});

test("a FIFO queue requires a group and a way to deduplicate", async (context) => {
  const { sqs } = await sqsServer(context);
  const QueueUrl = await createFifo(sqs);
  const send = (MessageGroupId?: string) =>
    sqs.send(new SendMessageCommand({ QueueUrl, MessageGroupId, MessageBody: "x" }));
  await assert.rejects(send(), /MessageGroupId/);
  await assert.rejects(send("a"), /ContentBasedDeduplication enabled or MessageDeduplicationId/);
});

test("a message received too often goes to the dead-letter queue at the next receive", async (context) => {
  const clock = new ManualClock();
  const { sqs, server } = await sqsServer(context, { clock });
  const dead = await sqs.send(new CreateQueueCommand({ QueueName: "dead" }));
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: server.account.named("dead").queue.arn,
    maxReceiveCount: 2,
  });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs", Attributes: { RedrivePolicy } }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
  for (let attempt = 1; attempt <= 2; attempt++) {
    const [message] = await receive(sqs, { QueueUrl, VisibilityTimeout: 10 });
    assert.equal(message?.Attributes?.ApproximateReceiveCount, String(attempt));
    clock.advance(10_000);
  }
  assert.deepEqual(server.account.named("jobs").queue.counts(), { ready: 1, delayed: 0, inFlight: 0 });
  assert.deepEqual(await receive(sqs, { QueueUrl }), []);
  const [moved] = await receive(sqs, { QueueUrl: dead.QueueUrl });
  assert.equal(moved?.Body, "poison");
  assert.equal(moved?.Attributes?.DeadLetterQueueSourceArn, server.account.named("jobs").queue.arn);
});
