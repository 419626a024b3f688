import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { sqsServer } from "../../../../test/support/sqs-server.ts";

test("creates, finds, lists by pages and deletes queues", async (context) => {
  const { sqs, server } = await sqsServer(context);
  for (const QueueName of ["a-1", "a-2", "b-1"]) await sqs.send(new CreateQueueCommand({ QueueName }));
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: "a-1" }));
  assert.equal(QueueUrl, `${server.url}/000000000000/a-1`);
  const page = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "a-", MaxResults: 1 }));
  assert.deepEqual(page.QueueUrls, [QueueUrl]);
  const { NextToken } = page;
  const rest = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "a-", MaxResults: 1, NextToken }));
  assert.deepEqual(rest.QueueUrls, [`${server.url}/000000000000/a-2`]);
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  await assert.rejects(sqs.send(new GetQueueUrlCommand({ QueueName: "a-1" })), { name: "QueueDoesNotExist" });
});

test("a real queue's URL finds the queue of that name", async (context) => {
  const { sqs, server } = await sqsServer(context);
  server.account.create("sms-sender", {});
  const QueueUrl = "https://sqs.ap-south-1.amazonaws.com/82910/sms-sender";
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "x-amz-target": "AmazonSQS.SendMessage", "content-type": "application/x-amz-json-1.0" },
    body: JSON.stringify({ QueueUrl, MessageBody: "hello" }),
  });
  assert.equal(response.status, 200);
  const local = `${server.url}/000000000000/sms-sender`;
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: local }));
  assert.equal(Messages?.[0]?.Body, "hello");
});

test("creating a queue again fails only if its attributes differ", async (context) => {
  const { sqs } = await sqsServer(context);
  const create = (VisibilityTimeout: string) =>
    sqs.send(new CreateQueueCommand({ QueueName: "jobs", Attributes: { VisibilityTimeout } }));
  assert.deepEqual((await create("60")).QueueUrl, (await create("60")).QueueUrl);
  await assert.rejects(create("61"), { name: "QueueNameExists" });
});

test("batches report a result for each entry", async (context) => {
  const { sqs } = await sqsServer(context);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs" }));
  const sent = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: [
        { Id: "good", MessageBody: "one" },
        { Id: "bad", MessageBody: "two", DelaySeconds: 901 },
        { Id: "other", MessageBody: "three" },
      ],
    }),
  );
  assert.deepEqual(
    sent.Successful?.map(({ Id }) => Id),
    ["good", "other"],
  );
  assert.deepEqual(
    sent.Failed?.map(({ Id, Code }) => [Id, Code]),
    [["bad", "InvalidParameterValue"]],
  );
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  const changed = await sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl,
      Entries: Entries.map((each) => ({ ...each, VisibilityTimeout: 9 })),
    }),
  );
  assert.equal(changed.Successful?.length, 2);
  const deleted = await sqs.send(
    new DeleteMessageBatchCommand({ QueueUrl, Entries: [...Entries, { Id: "x", ReceiptHandle: "nonsense" }] }),
  );
  assert.deepEqual([deleted.Successful?.length, deleted.Failed?.[0]?.Code], [2, "ReceiptHandleIsInvalid"]);
  const tooMany = Array.from({ length: 11 }, (_, index) => ({ Id: String(index), MessageBody: "x" }));
  await assert.rejects(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: tooMany })), {
    name: "TooManyEntriesInBatchRequest",
  });
  await assert.rejects(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] })), { name: "EmptyBatchRequest" });
});

test("message attributes come back with the digest that SQS's documentation defines", async (context) => {
  const { sqs } = await sqsServer(context);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs" }));
  const MessageAttributes = {
    kind: { DataType: "String", StringValue: "sms" },
    blob: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2, 3]) },
  };
  const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x", MessageAttributes }));
  const binary = Buffer.from(
    "\0\0\0\x04blob\0\0\0\x06Binary\x02\0\0\0\x03\x01\x02\x03" + "\0\0\0\x04kind\0\0\0\x06String\x01\0\0\0\x03sms",
    "latin1",
  );
  const digest = createHash("md5").update(binary).digest("hex");
  assert.equal(sent.MD5OfMessageAttributes, digest);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["ki*", "blob"] }));
  assert.equal(Messages?.[0]?.MD5OfMessageAttributes, digest);
  assert.deepEqual(Messages?.[0]?.MessageAttributes?.blob?.BinaryValue, new Uint8Array([1, 2, 3]));
});

test("purging empties a queue and attributes can be set later", async (context) => {
  const { sqs } = await sqsServer(context);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs" }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "77" } }));
  const AttributeNames = ["ApproximateNumberOfMessages" as const, "VisibilityTimeout" as const];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  assert.deepEqual(Attributes, { ApproximateNumberOfMessages: "0", VisibilityTimeout: "77" });
});
