import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { ManualClock } from "../../../../test/support/manual-clock.ts";
import { sqsServer } from "../../../../test/support/sqs-server.ts";

const MINUTE = 60_000;

function queueMetric(Id: string, MetricName: string, Stat = "Sum", Period = 60): MetricDataQuery {
  const Dimensions = [{ Name: "QueueName", Value: "jobs" }];
  return { Id, MetricStat: { Metric: { Namespace: "AWS/SQS", MetricName, Dimensions }, Period, Stat } };
}

function cloudWatchOf(endpoint: string): CloudWatchClient {
  const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "test-secret-value" };
  return new CloudWatchClient({ endpoint, region: "eu-central-1", maxAttempts: 1, credentials });
}

test("CloudWatch has each minute's sends, receives and length of a queue", async (context) => {
  const clock = new ManualClock();
  const start = clock.now();
  const { sqs, server } = await sqsServer(context, { clock });
  const cloudWatch = cloudWatchOf(server.url);
  context.after(() => cloudWatch.destroy());
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "jobs" }));
  for (let index = 0; index < 3; index++) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  clock.advance(2 * MINUTE);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  clock.advance(MINUTE);
  const { MetricDataResults = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(start - 5 * MINUTE),
      EndTime: new Date(start + 3 * MINUTE),
      ScanBy: "TimestampAscending",
      MetricDataQueries: [
        queueMetric("sent", "NumberOfMessagesSent"),
        queueMetric("received", "NumberOfMessagesReceived"),
        queueMetric("empty", "NumberOfEmptyReceives"),
        queueMetric("visible", "ApproximateNumberOfMessagesVisible", "Maximum"),
        queueMetric("all", "NumberOfMessagesSent", "Sum", 300),
        queueMetric("none", "NoSuchMetric"),
      ],
    }),
  );
  const values = Object.fromEntries(MetricDataResults.map(({ Id, Values }) => [Id, Values]));
  assert.deepEqual(values, {
    sent: [3, 0, 1],
    received: [0, 0, 4],
    empty: [0, 0, 1],
    visible: [0, 3, 3],
    all: [4],
    none: [],
  });
  assert.deepEqual(MetricDataResults[0]?.Timestamps?.[0], new Date(start));
});

test("CloudWatch accepts 500 queries in a call and refuses 501", async (context) => {
  const { server } = await sqsServer(context);
  const cloudWatch = cloudWatchOf(server.url);
  context.after(() => cloudWatch.destroy());
  const ask = (count: number) =>
    cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(0),
        EndTime: new Date(MINUTE),
        MetricDataQueries: Array.from({ length: count }, (_, index) =>
          queueMetric(`q${index}`, "NumberOfMessagesSent"),
        ),
      }),
    );
  assert.equal((await ask(500)).MetricDataResults?.length, 500);
  await assert.rejects(ask(501), /from 1 to 500/);
});

test("stores custom metrics, also in the gzipped form that the SDK uses for many", async (context) => {
  const { server } = await sqsServer(context);
  const cloudWatch = cloudWatchOf(server.url);
  context.after(() => cloudWatch.destroy());
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  await cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: "Shop",
      MetricData: Array.from({ length: 500 }, (_, Value) => ({ MetricName: "Lag", Value, Timestamp: new Date(now) })),
    }),
  );
  const { MetricDataResults } = await cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - 5 * MINUTE),
      EndTime: new Date(now + MINUTE),
      MetricDataQueries: [
        { Id: "lag", MetricStat: { Metric: { Namespace: "Shop", MetricName: "Lag" }, Period: 60, Stat: "Average" } },
      ],
    }),
  );
  assert.deepEqual(MetricDataResults?.[0]?.Values, [249.5]);
});
