import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { ELASTICMQ, startElasticMq } from "../support/servers/elasticmq.ts";
import { clientOf, sqsSource } from "../support/sqs.ts";
import { eventually } from "../support/waiting.ts";

const forever = () => new AbortController().signal;

test("reads and waits at ElasticMQ's queues as at Amazon's", {
  skip: ELASTICMQ.skip,
  timeout: 500_000,
}, async (context) => {
  const url = await startElasticMq(context);
  const sqs = clientOf(url);
  context.after(() => sqs.destroy());

  await context.test("a queue that is not there is NotFound", async (inner) => {
    await assert.rejects(sqsSource(inner, { url }).read(forever()), { kind: "NotFound" });
  });

  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs" }));
  const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));

  await context.test("a first message ends a wait, and then what is visible and in flight counts", async (inner) => {
    const source = sqsSource(inner, { url }, { longPollSeconds: 20, queueUrl: QueueUrl });
    assert.equal((await source.read(forever())).value, 0);
    const wait = source.waitForWork?.(forever());
    await send();
    assert.equal(await wait, "maybe-work");
    await send();
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1, VisibilityTimeout: 60 }));
    await eventually(async () => {
      const { value, waiting, inFlight } = await source.read(forever());
      assert.deepEqual({ value, waiting, inFlight }, { value: 2, waiting: 1, inFlight: 1 });
    });
  });

  await context.test("a small maxReceiveCount keeps us from receiving", async (inner) => {
    const AttributeNames = ["QueueArn" as const];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 2 });
    const fragile = await sqs.send(new CreateQueueCommand({ QueueName: "fragile", Attributes: { RedrivePolicy } }));
    const source = sqsSource(inner, { url }, { queueUrl: fragile.QueueUrl });
    assert.equal(await source.waitForWork?.(forever()), "unsupported");
  });

  await context.test(
    "a server without CloudWatch gives the counts and says what it could not find out",
    async (inner) => {
      const { value, arrivalsPerMinute, doubts } = await sqsSource(inner, { url }, { rate: true }).read(forever());
      assert.deepEqual([value, arrivalsPerMinute], [2, undefined]);
      assert.equal(doubts?.length, 1);
    },
  );
});
