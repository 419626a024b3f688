import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { clientOf, sqsServer } from "../../../../test/support/sqs-server.ts";

/** Sends a raw request, as no SDK would. */
async function post(url: string, action: string, body: string): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "x-amz-target": action }, body });
}

test("a missing queue is reported in both forms that clients read", async (context) => {
  const { server } = await sqsServer(context);
  const body = JSON.stringify({ QueueUrl: `${server.url}/000000000000/none` });
  const response = await post(server.url, "AmazonSQS.GetQueueAttributes", body);
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
  assert.equal(((await response.json()) as { __type: string }).__type, "com.amazonaws.sqs#QueueDoesNotExist");
});

test("values out of range are refused by name", async (context) => {
  const { sqs } = await sqsServer(context);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs" }));
  const wrong = [
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 21 }),
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 0 }),
    new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: -1 }),
  ];
  for (const command of wrong)
    await assert.rejects(
      sqs.send(command),
      /Value -?\d+ for parameter \w+ is invalid. Reason: Must be >= \d+ and <= \d+/,
    );
  const AttributeNames = ["Nonsense" as QueueAttributeName];
  await assert.rejects(sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames })), {
    name: "InvalidAttributeName",
  });
  const tooLong = "x".repeat(1_048_577);
  await assert.rejects(
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: tooLong })),
    /shorter than 1048576 bytes/,
  );
  await assert.rejects(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "\u0001" })), {
    name: "InvalidMessageContents",
  });
});

test("bad queue attributes are refused", async (context) => {
  const { sqs } = await sqsServer(context);
  const create = (QueueName: string, Attributes: Record<string, string>) =>
    sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  await assert.rejects(create("jobs", { VisibilityTimeout: "43201" }), { name: "InvalidAttributeValue" });
  await assert.rejects(create("jobs", { VisibilityTimeout: "1e3" }), { name: "InvalidAttributeValue" });
  await assert.rejects(create("jobs", { RedrivePolicy: "{" }), /maxReceiveCount/);
  await assert.rejects(create("jobs", { Colour: "red" }), { name: "InvalidAttributeName" });
  await assert.rejects(create("jobs.fifo", {}), /FIFO/);
  await assert.rejects(create("no spaces", {}), /alphanumeric/);
});

test("malformed requests get an answer, and the server continues", async (context) => {
  const { server, sqs } = await sqsServer(context);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs" }));
  const bodies = ["", "{", "[]", "null", "7", '{"QueueUrl":7}', '{"QueueUrl":null}', '{"__proto__":{"QueueUrl":"x"}}'];
  for (const body of bodies)
    for (const action of ["GetQueueAttributes", "SendMessage", "ReceiveMessage", "SendMessageBatch", "constructor"]) {
      const response = await post(server.url, `AmazonSQS.${action}`, body);
      assert.equal(response.status, 400, `${action} ${body}`);
    }
  assert.equal((await fetch(server.url)).status, 400);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "still there" }));
});

test("a request larger than any batch is refused", async (context) => {
  const { server } = await sqsServer(context);
  const response = await post(server.url, "AmazonSQS.SendMessage", " ".repeat(9 * 1024 * 1024)).catch(() => undefined);
  assert.ok(response === undefined || response.status === 400);
  assert.equal((await fetch(server.url)).status, 400);
});

test("memory for messages is bounded", async (context) => {
  const { sqs } = await sqsServer(context, { maxStoredBytes: 100 });
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs" }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(90) }));
  await assert.rejects(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(11) })), {
    name: "OverLimit",
  });
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  assert.equal(Messages?.length, 1);
});

test("the hook `refuse` rejects requests", async (context) => {
  const seen: string[] = [];
  const { server } = await sqsServer(context, {
    refuse: ({ action, queueName, accessKeyId }) => {
      seen.push(`${action} ${queueName} ${accessKeyId}`);
      return "AccessDenied";
    },
  });
  const sqs = clientOf(server.url);
  context.after(() => sqs.destroy());
  const QueueUrl = `${server.url}/000000000000/jobs`;
  await assert.rejects(sqs.send(new ReceiveMessageCommand({ QueueUrl })), (error: Error) =>
    /AccessDenied/.test(error.name),
  );
  assert.deepEqual(seen, ["ReceiveMessage jobs AKIATEST"]);
});
