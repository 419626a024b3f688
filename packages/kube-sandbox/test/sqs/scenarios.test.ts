import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { ELASTICMQ, startElasticMq } from "../../../../test/support/servers/elasticmq.ts";
import { clientOf, sqsServer } from "../../../../test/support/sqs-server.ts";
import { eventually } from "../../../../test/support/waiting.ts";

/** What every SQS must do alike, the embedded one and those that others wrote. Each uses queues of its own. */
const SCENARIOS: Readonly<Record<string, (sqs: SQSClient) => Promise<void>>> = {
  "counts what is visible, in flight and delayed": async (sqs) => {
    const QueueUrl = await create(sqs, "counts");
    for (const DelaySeconds of [0, 0, 0, 60])
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x", DelaySeconds }));
    const [message] = await receive(sqs, { QueueUrl, VisibilityTimeout: 60, MaxNumberOfMessages: 1 });
    assert.deepEqual(await counts(sqs, QueueUrl), [2, 1, 1]);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    assert.deepEqual(await counts(sqs, QueueUrl), [2, 0, 1]);
  },

  "wakes a long poll with the message": async (sqs) => {
    const QueueUrl = await create(sqs, "wakes");
    const waiting = receive(sqs, { QueueUrl, WaitTimeSeconds: 20 });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "first" }));
    assert.equal((await waiting)[0]?.Body, "first");
  },

  "shows a message again when its visibility timeout ends": async (sqs) => {
    const QueueUrl = await create(sqs, "timeout");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
    await receive(sqs, { QueueUrl, VisibilityTimeout: 1 });
    assert.deepEqual(await counts(sqs, QueueUrl), [0, 1, 0]);
    await eventually(async () => assert.deepEqual(await counts(sqs, QueueUrl), [1, 0, 0]));
  },

  "counts a receive with visibility 0 and leaves the message where it is": async (sqs) => {
    const QueueUrl = await create(sqs, "peek");
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
    await receive(sqs, { QueueUrl, VisibilityTimeout: 0 });
    const [message] = await eventually(async () => {
      const again = await receive(sqs, { QueueUrl, VisibilityTimeout: 0 });
      assert.equal(again.length, 1);
      return again;
    });
    assert.ok(Number(message?.Attributes?.ApproximateReceiveCount) >= 2);
    await eventually(async () => assert.deepEqual(await counts(sqs, QueueUrl), [1, 0, 0]));
  },

  "moves a message that was received too often to the dead-letter queue": async (sqs) => {
    const dead = await create(sqs, "dead");
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 1 });
    const QueueUrl = await create(sqs, "poisoned", { RedrivePolicy });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
    await receive(sqs, { QueueUrl, VisibilityTimeout: 1 });
    await eventually(async () => {
      assert.deepEqual(await receive(sqs, { QueueUrl }), []);
      assert.deepEqual(await counts(sqs, dead), [1, 0, 0]);
    });
  },

  "keeps the order of a message group and blocks it while one is in flight": async (sqs) => {
    const QueueUrl = await create(sqs, "orders.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
    for (const MessageBody of ["one", "two"])
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: "a" }));
    const [first] = await receive(sqs, { QueueUrl, MaxNumberOfMessages: 1 });
    assert.equal(first?.Body, "one");
    assert.deepEqual(await receive(sqs, { QueueUrl }), []);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    assert.deepEqual(
      (await receive(sqs, { QueueUrl })).map(({ Body }) => Body),
      ["two"],
    );
  },

  "reports that a missing queue does not exist": async (sqs) => {
    const QueueUrl = (await create(sqs, "here")).replace("here", "missing");
    await assert.rejects(sqs.send(new GetQueueAttributesCommand({ QueueUrl })), { name: "QueueDoesNotExist" });
  },

  "refuses to wait for more than 20 seconds": async (sqs) => {
    const QueueUrl = await create(sqs, "impatient");
    await assert.rejects(receive(sqs, { QueueUrl, WaitTimeSeconds: 21 }), /WaitTimeSeconds/);
  },
};

async function create(sqs: SQSClient, QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl ?? "";
}

async function receive(sqs: SQSClient, input: ReceiveMessageCommandInput) {
  const MessageSystemAttributeNames = ["ApproximateReceiveCount" as const];
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ MaxNumberOfMessages: 10, MessageSystemAttributeNames, ...input }),
  );
  return Messages;
}

/** Visible, in flight, delayed. */
async function counts(sqs: SQSClient, QueueUrl: string): Promise<number[]> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  const shown: Readonly<Record<string, string>> = Attributes ?? {};
  return ["", "NotVisible", "Delayed"].map((kind) => Number(shown[`ApproximateNumberOfMessages${kind}`]));
}

describe("the embedded SQS", () => {
  for (const [name, run] of Object.entries(SCENARIOS))
    test(name, async (context) => {
      await run((await sqsServer(context)).sqs);
    });
});

test("ElasticMQ passes the same scenarios", {
  skip: ELASTICMQ.skip,
  timeout: 500_000,
}, async (context) => {
  const sqs = clientOf(await startElasticMq(context));
  context.after(() => sqs.destroy());
  for (const [name, run] of Object.entries(SCENARIOS)) await context.test(name, () => run(sqs));
});
