import * as z from "zod";
import { withAnySignal } from "../shared/async.ts";
import { type AwsAddress, checkEndpoint, endpointFrom, regionFrom } from "./shared/aws/client.ts";
import { CloudWatchCalls, type MetricQuestion } from "./shared/aws/cloudwatch-calls.ts";
import { MetricBatch } from "./shared/aws/metric-batch.ts";
import { httpUrl, text, timeoutSeconds } from "./shared/settings.ts";
import { defineSource, type History, type SourceTools } from "./shared/source.ts";
import { EmptyAnswerError, SourceError } from "./shared/source-error.ts";
import { answerWithin } from "./shared/time-limit.ts";

const STATISTIC =
  /^(Sum|Average|Minimum|Maximum|SampleCount|IQM|(p|tm|wm|tc|ts)\d{1,2}(\.\d{1,10})?|(TM|WM|TC|TS|PR)\(.+\))$/;
/** The window has at least this many periods. */
const FEWEST_PERIODS = 3;

const settings = z
  .strictObject({
    namespace: text("Namespace of the metric, such as AWS/SQS").optional(),
    metricName: text("Name of the metric, such as ApproximateAgeOfOldestMessage").optional(),
    dimensions: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe("Dimensions that the series has, all of them, such as QueueName: jobs"),
    stat: z
      .string()
      .regex(STATISTIC, "expected a statistic such as Sum, Average, Maximum or p99")
      .default("Average")
      .describe("Statistic of each period: Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as p99"),
    expression: text(
      "Instead of a metric: an expression that stands by itself (a Metrics Insights query, SEARCH) and gives one series",
    ).optional(),
    periodSeconds: z
      .number()
      .int("expected a whole number")
      .max(86_400, "expected at most 86400 seconds")
      .refine((seconds) => [1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0), {
        error: "expected 1, 5, 10, 20, 30 or a multiple of 60 seconds",
      })
      .default(60)
      .describe("Seconds of one point; only periods that are over count"),
    withinSeconds: z
      .number()
      .int("expected a whole number")
      .min(60, "expected 60 to 86400 seconds")
      .max(86_400, "expected 60 to 86400 seconds")
      .default(900)
      .describe(
        "How far back the newest point may lie, in seconds (at least three periods); without one the series is missing",
      ),
    region: z
      .string()
      .regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, "expected a region such as eu-west-1")
      .optional()
      .describe("Region of the metric; absent: AWS_REGION, else us-east-1"),
    endpoint: httpUrl("Address of CloudWatch, for emulators and VPC endpoints; absent: AWS's own").optional(),
    timeoutSeconds: timeoutSeconds(),
  })
  .superRefine(({ namespace, metricName, expression }, context) => {
    const isMetric = namespace !== undefined && metricName !== undefined;
    const hasPart = namespace !== undefined || metricName !== undefined;
    if (expression === undefined ? isMetric : !hasPart) return;
    const path = [expression === undefined && namespace === undefined ? "namespace" : "metricName"];
    context.addIssue({ code: "custom", path, message: "expected either namespace and metricName, or an expression" });
  });
type Settings = z.output<typeof settings>;

export default defineSource({
  type: "cloudwatch",
  about: "The newest point of one Amazon CloudWatch series",
  settings,
  pace: { movingSeconds: 60, steadySeconds: 60 },
  example: {
    namespace: "AWS/SQS",
    metricName: "ApproximateAgeOfOldestMessage",
    dimensions: { QueueName: "mails" },
    stat: "Maximum",
    region: "eu-west-1",
  },
  notes: [
    "It is read with the controller's own AWS credentials, which need `cloudwatch:GetMetricData`.",
    "Up to 500 metrics of a region are one call, and an answer serves for its minute.",
    "Points come minutes late: let freshnessSeconds be as long as withinSeconds.",
    "Tested on answers as AWS's documentation shows them and against the sandbox, never against AWS: try it with `muster check --probe` first.",
  ],
  history: {
    // 500 series share an answer of 100,800 points; one by itself has room for a week of minutes.
    mostPoints: 10_080,
    step: "asked",
    pointsAt: "begin",
    open: (settings, tools) =>
      cloudwatchHistory(addressOf(settings, tools), questionOf(settings), tools, settings.timeoutSeconds),
  },
  connect(settings, tools) {
    const address = addressOf(settings, tools);
    checkEndpoint(address, tools);
    const { region } = address;
    const batch = MetricBatch.share(address, tools);
    const closed = new AbortController();
    const question = questionOf(settings);
    const shown = settings.expression ?? `${settings.namespace} ${settings.metricName}`;
    return {
      read: (signal) =>
        withAnySignal([signal, closed.signal], async (own) => {
          const limits = { seconds: settings.timeoutSeconds, signal: own, what: `CloudWatch in ${region}` };
          await answerWithin(limits, () => batch.value.refresh(question, settings.timeoutSeconds));
          const { points, failure } = batch.value.known(question);
          if (failure instanceof EmptyAnswerError) throw new EmptyAnswerError(`${shown}: ${failure.message}`);
          if (failure !== undefined) throw new SourceError(failure.kind, `${shown}: ${failure.message}`);
          const newest = points?.findLast(({ at }) => at + settings.periodSeconds * 1000 <= tools.now());
          if (newest === undefined)
            throw new EmptyAnswerError(`${shown} has no point in ${region}: check its name and dimensions`);
          return newest;
        }),
      close: async () => {
        closed.abort();
        await batch.release();
      },
    };
  },
});

function addressOf(settings: Settings, { environment }: Pick<SourceTools, "environment">): AwsAddress {
  const region = settings.region ?? regionFrom(environment);
  if (settings.endpoint !== undefined) return { region, endpoint: settings.endpoint };
  const endpoint = endpointFrom(environment, "CLOUDWATCH");
  return { region, ...(endpoint !== undefined && { endpoint, isOperators: true }) };
}

function questionOf(settings: Settings): MetricQuestion {
  const { namespace = "", metricName = "", dimensions, stat, expression, periodSeconds, withinSeconds } = settings;
  return {
    series: expression === undefined ? { namespace, metricName, dimensions, stat } : { expression },
    periodSeconds,
    fromSecondsAgo: Math.max(withinSeconds, FEWEST_PERIODS * periodSeconds),
    untilSecondsAgo: 0,
  };
}

/** The points of a series between two moments, in periods as long as the step. */
function cloudwatchHistory(
  address: AwsAddress,
  { series }: Pick<MetricQuestion, "series">,
  tools: SourceTools,
  seconds: number,
): History {
  const calls = new CloudWatchCalls(address, tools);
  return {
    async read({ from, to, stepSeconds }, signal) {
      const window = { fromSecondsAgo: (to - from) / 1000, untilSecondsAgo: 0 };
      const [outcome] = await calls.ask([{ series, periodSeconds: stepSeconds, ...window }], to, { seconds, signal });
      if (outcome === undefined) throw new SourceError("Malformed", "CloudWatch left a question unanswered");
      if ("points" in outcome) return { points: outcome.points };
      if (outcome.failure.kind === "NotFound") return { points: [] };
      throw outcome.failure;
    },
    close: async () => calls.dispose(),
  };
}
