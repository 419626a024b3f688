import * as z from "zod";
import { type Operation, type OperationContext, operation } from "./account.ts";
import { type Minute, mergeMinutes } from "./metric-store.ts";
import { invalidParameter, SqsError } from "./sqs-error.ts";

const MAX_QUERIES = 500;
/** CloudWatch's limit of points in one answer. */
const MAX_POINTS = 100_800;
const STATISTICS = ["Sum", "Average", "Minimum", "Maximum", "SampleCount"] as const;

const Dimensions = z.array(z.object({ Name: z.string(), Value: z.string() })).default([]);
const seconds = z.number();
const queryShape = z.object({
  Id: z
    .string()
    .regex(/^[a-z][a-zA-Z0-9_]*$/, "Must begin with a lower-case letter and hold letters, digits, underscores."),
  Label: z.string().optional(),
  ReturnData: z.boolean().default(true),
  MetricStat: z
    .object({
      Metric: z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions }),
      Period: z.number().int().min(1),
      Stat: z.enum(STATISTICS),
    })
    .optional(),
});
type Query = z.output<typeof queryShape>;

const STATISTIC: Readonly<Record<(typeof STATISTICS)[number], (values: Minute) => number>> = {
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ min }) => min,
  Maximum: ({ max }) => max,
  SampleCount: ({ count }) => count,
};

/** The two operations of CloudWatch that reading a queue's history needs. */
export const metricOperations: Readonly<Record<string, Operation>> = {
  GetMetricData: operation(
    z.object({
      StartTime: seconds,
      EndTime: seconds,
      ScanBy: z.enum(["TimestampAscending", "TimestampDescending"]).default("TimestampDescending"),
      MetricDataQueries: z.array(queryShape),
    }),
    (input, context) => {
      const { MetricDataQueries: queries, StartTime, EndTime } = input;
      if (queries.length === 0 || queries.length > MAX_QUERIES)
        throw new SqsError(
          "ValidationError",
          `The collection MetricDataQueries must have a size from 1 to ${MAX_QUERIES}, it has ${queries.length}.`,
        );
      if (new Set(queries.map(({ Id }) => Id)).size < queries.length)
        throw new SqsError("ValidationError", "The values for parameter id in MetricDataQueries are not unique.");
      if (StartTime >= EndTime)
        throw new SqsError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.");
      const results = queries.map((query) => answer(query, [StartTime * 1000, EndTime * 1000], context));
      if (results.reduce((sum, { Values }) => sum + Values.length, 0) > MAX_POINTS)
        throw new SqsError("ValidationError", `The answer would hold more than ${MAX_POINTS} points.`);
      if (input.ScanBy === "TimestampDescending")
        for (const { Timestamps, Values } of results) [Timestamps.reverse(), Values.reverse()];
      return { Messages: [], MetricDataResults: results.filter((_, index) => queries[index]?.ReturnData) };
    },
  ),

  PutMetricData: operation(
    z.object({
      Namespace: z.string(),
      MetricData: z
        .array(z.object({ MetricName: z.string(), Dimensions, Timestamp: seconds.optional(), Value: z.number() }))
        .max(1000),
    }),
    ({ Namespace, MetricData }, { account }) => {
      for (const { MetricName, Dimensions: dimensions, Timestamp, Value } of MetricData) {
        const now = account.clock.now();
        const at = Timestamp === undefined ? now : Timestamp * 1000;
        if (Math.abs(at - now) > 2 * 3_600_000)
          throw invalidParameter("Timestamp", Timestamp, "Must be within two hours of now.");
        account.metrics.add({ namespace: Namespace, name: MetricName, dimensions }, at, Value);
      }
      return {};
    },
  ),
};

function answer(query: Query, [from, until]: readonly [number, number], { account }: OperationContext) {
  if (query.MetricStat === undefined)
    throw new SqsError("ValidationError", "This server answers MetricStat queries; it computes no expressions.");
  const { Metric, Period, Stat } = query.MetricStat;
  if (Period % 60 !== 0) throw new SqsError("ValidationError", "Period must be a multiple of 60.");
  const { Namespace, MetricName, Dimensions } = Metric;
  const period = Period * 1000;
  const first = Math.floor(from / period) * period;
  const metric = { namespace: Namespace, name: MetricName, dimensions: Dimensions };
  const periods = new Map<number, Minute>();
  for (const [at, values] of account.metrics.minutes(metric, first, until) ?? []) {
    const start = Math.floor(at / period) * period;
    periods.set(start, mergeMinutes(periods.get(start), values));
  }
  return {
    Id: query.Id,
    Label: query.Label ?? MetricName,
    Timestamps: [...periods.keys()].map((start) => start / 1000),
    Values: [...periods.values()].map(STATISTIC[Stat]),
    StatusCode: "Complete",
  };
}
