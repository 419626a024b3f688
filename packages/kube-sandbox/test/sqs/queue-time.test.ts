import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { ManualClock } from "../../../../test/support/manual-clock.ts";
import { sqsServer } from "../../../../test/support/sqs-server.ts";
import type { SqsServer } from "../../src/sqs/start-sqs-server.ts";

async function createQueue(sqs: SQSClient, name: string, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  return QueueUrl ?? "";
}

/** Visible, in flight, delayed. */
async function counts(sqs: SQSClient, QueueUrl: string): Promise<number[]> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  const shown: Readonly<Record<string, string>> = Attributes ?? {};
  return ["", "NotVisible", "Delayed"].map((kind) => Number(shown[`ApproximateNumberOfMessages${kind}`]));
}

async function longPollWaits({ account }: SqsServer): Promise<void> {
  while (account.named("jobs").polls.waiting === 0) await new Promise(setImmediate);
}

test("a visibility timeout ends without a receive", async (context) => {
  const clock = new ManualClock();
  const { sqs } = await sqsServer(context, { clock });
  const QueueUrl = await createQueue(sqs, "jobs", { VisibilityTimeout: "30" });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
  await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  assert.deepEqual(await counts(sqs, QueueUrl), [0, 1, 0]);
  clock.advance(29_999);
  assert.deepEqual(await counts(sqs, QueueUrl), [0, 1, 0]);
  clock.advance(1);
  assert.deepEqual(await counts(sqs, QueueUrl), [1, 0, 0]);
});

test("a delay ends without a receive, and delayed messages are neither visible nor in flight", async (context) => {
  const clock = new ManualClock();
  const { sqs } = await sqsServer(context, { clock });
  const QueueUrl = await createQueue(sqs, "jobs", { DelaySeconds: "5" });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "two", DelaySeconds: 60 }));
  assert.deepEqual(await counts(sqs, QueueUrl), [0, 0, 2]);
  clock.advance(5_000);
  assert.deepEqual(await counts(sqs, QueueUrl), [1, 0, 1]);
});

test("a receive with visibility 0 leaves the message visible but counts as a receive", async (context) => {
  const { sqs } = await sqsServer(context);
  const QueueUrl = await createQueue(sqs, "jobs");
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
  const receive = { QueueUrl, VisibilityTimeout: 0, MessageSystemAttributeNames: ["ApproximateReceiveCount" as const] };
  await sqs.send(new ReceiveMessageCommand(receive));
  const { Messages } = await sqs.send(new ReceiveMessageCommand(receive));
  assert.equal(Messages?.[0]?.Attributes?.ApproximateReceiveCount, "2");
  assert.deepEqual(await counts(sqs, QueueUrl), [1, 0, 0]);
});

test("changing the visibility to 0 makes a message visible, and an old receipt deletes nothing", async (context) => {
  const { sqs } = await sqsServer(context);
  const QueueUrl = await createQueue(sqs, "jobs");
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
  const first = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  const ReceiptHandle = first.Messages?.[0]?.ReceiptHandle;
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  const second = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  assert.deepEqual(await counts(sqs, QueueUrl), [0, 1, 0]);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second.Messages?.[0]?.ReceiptHandle }));
  assert.deepEqual(await counts(sqs, QueueUrl), [0, 0, 0]);
});

test("old messages expire", async (context) => {
  const clock = new ManualClock();
  const { sqs } = await sqsServer(context, { clock });
  const QueueUrl = await createQueue(sqs, "jobs", { MessageRetentionPeriod: "60" });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
  clock.advance(30_000);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "two" }));
  clock.advance(30_001);
  assert.deepEqual(await counts(sqs, QueueUrl), [1, 0, 0]);
});

test("a long poll ends empty after its wait time", async (context) => {
  const clock = new ManualClock();
  const { sqs, server } = await sqsServer(context, { clock });
  const QueueUrl = await createQueue(sqs, "jobs");
  const receive = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await longPollWaits(server);
  clock.advance(20_000);
  assert.equal((await receive).Messages, undefined);
  assert.equal(clock.pending, 0);
});

test("a long poll wakes when a message comes, becomes visible again or ends its delay", async (context) => {
  const clock = new ManualClock();
  const { sqs, server } = await sqsServer(context, { clock });
  const QueueUrl = await createQueue(sqs, "jobs");
  const poll = () => sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, VisibilityTimeout: 3 }));

  const sent = poll();
  await longPollWaits(server);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
  assert.equal((await sent).Messages?.[0]?.Body, "one");

  const again = poll();
  await longPollWaits(server);
  clock.advance(3_000);
  const { Messages } = await again;
  assert.equal(Messages?.[0]?.Body, "one");
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages?.[0]?.ReceiptHandle }));

  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "late", DelaySeconds: 10 }));
  const delayed = poll();
  await longPollWaits(server);
  clock.advance(10_000);
  assert.equal((await delayed).Messages?.[0]?.Body, "late");
  assert.equal(clock.pending, 0);
});

test("a receiver that disconnects takes no message", async (context) => {
  const { sqs, server } = await sqsServer(context);
  const QueueUrl = await createQueue(sqs, "jobs");
  const hangUp = new AbortController();
  const receive = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
    abortSignal: hangUp.signal,
  });
  const { polls } = server.account.named("jobs");
  await longPollWaits(server);
  hangUp.abort();
  await assert.rejects(receive, { name: "AbortError" });
  while (polls.waiting > 0) await new Promise(setImmediate);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "one" }));
  assert.deepEqual(await counts(sqs, QueueUrl), [1, 0, 0]);
});
