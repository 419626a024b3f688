import * as z from "zod";
import { type AwsAddress, checkEndpoint, endpointFrom, regionFrom } from "./shared/aws/client.ts";
import { MetricBatch } from "./shared/aws/metric-batch.ts";
import { timeoutSeconds } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { metricsAddress, parseQueueUrl, queueUrlProblem, SqsConnection } from "./sqs/connection.ts";
import { QueueHistory, SqsQueue } from "./sqs/queue.ts";

const settings = z.strictObject({
  queueUrl: z
    .string()
    .superRefine((url, context) => {
      const problem = queueUrlProblem(url);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .meta({
      description: "The queue's URL; its host gives the region, a VPC endpoint, FIPS or an emulator",
      examples: ["https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"],
    }),
  region: z
    .string()
    .regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, "expected a region such as eu-west-1")
    .optional()
    .describe("Region, if the URL does not give it; absent: the URL's, else AWS_REGION, else us-east-1"),
  includeInFlight: z.boolean().default(true).describe("Whether messages that workers have received count too"),
  includeDelayed: z.boolean().default(false).describe("Whether messages that are delayed count too"),
  rate: z
    .boolean()
    .default(false)
    .describe(
      "Whether to ask CloudWatch for the messages that came in per minute (five minutes that end five minutes ago)",
    ),
  idleness: z
    .boolean()
    .default(false)
    .describe(
      "Whether to ask CloudWatch, while the queue is empty, if anything was received (ten minutes that end ten minutes ago)",
    ),
  completions: z
    .boolean()
    .default(false)
    .describe(
      "Whether to ask CloudWatch for the messages that were deleted in each minute (five minutes that end five minutes ago); a drain rule asks in any case",
    ),
  wake: z
    .enum(["receive", "look"])
    .default("receive")
    .describe(
      "How Muster notices a first message. receive: at once, by waiting at the queue, which raises the message's receive count by one. look: by polling the counts alone",
    ),
  longPollSeconds: z
    .number()
    .int("expected a whole number")
    .min(1, "expected 1 to 20 seconds")
    .max(20, "expected 1 to 20 seconds")
    .default(20)
    .describe("Seconds that one receive waits at an empty queue; fewer cost more requests"),
  timeoutSeconds: timeoutSeconds(),
});

export default defineSource({
  type: "sqs",
  about: "Messages of an Amazon SQS queue, visible and in flight",
  settings,
  countsFlow: true,
  forDrain: { completions: true },
  pace: { movingSeconds: 1, steadySeconds: 20 },
  example: { queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/mails" },
  notes: [
    "It is read with the controller's own AWS credentials: see [AWS](../aws.md).",
    "Tested against the sandbox and ElasticMQ, never against AWS itself.",
  ],
  fromQueueUri: (uri) => (/^https?:\/\//i.test(uri) ? { queueUrl: uri } : undefined),
  connect(settings, tools) {
    const queue = parseQueueUrl(settings.queueUrl);
    const region = settings.region ?? queue.region ?? regionFrom(tools.environment);
    const address = withEndpoint(queue, region, endpointFrom(tools.environment, "SQS"));
    const metrics = withEndpoint(metricsAddress(queue, region), region, endpointFrom(tools.environment, "CLOUDWATCH"));
    for (const each of [address, metrics]) checkEndpoint(each, tools);
    const connection = SqsConnection.share(address, tools);
    const batch = MetricBatch.share(metrics, tools);
    return new SqsQueue({
      ...settings,
      queue,
      connection: connection.value,
      history: new QueueHistory(queue.name, batch.value, tools.now),
      now: tools.now,
      mayReceive: tools.mayTouch && settings.wake === "receive",
      release: async () => {
        await Promise.all([connection.release(), batch.release()]);
      },
    });
  },
});

/** The environment's endpoint goes before the URL's host. */
function withEndpoint(
  { endpoint, useFips, useDualStack }: Omit<AwsAddress, "region">,
  region: string,
  configured: string | undefined,
): AwsAddress {
  if (configured !== undefined) return { region, endpoint: configured, isOperators: true };
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(useFips && { useFips }),
    ...(useDualStack && { useDualStack }),
  };
}
