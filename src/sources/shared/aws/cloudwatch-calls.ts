import type { CloudWatchClient, GetMetricDataCommandInput, MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import * as z from "zod";
import type { FailureKind, Instant } from "../../../core/index.ts";
import type { ConnectionTools } from "../source.ts";
import { EmptyAnswerError, SourceError } from "../source-error.ts";
import { answerWithin } from "../time-limit.ts";
import { type AwsAddress, clientOptions, shownAddress } from "./client.ts";
import { asSourceError } from "./failure.ts";

/** What is asked of CloudWatch: one series, over a window that ends some time ago. */
export interface MetricQuestion {
  readonly series:
    | {
        readonly namespace: string;
        readonly metricName: string;
        readonly dimensions: Readonly<Record<string, string>>;
        /** Such as "Sum" or "p99". */
        readonly stat: string;
      }
    | { readonly expression: string };
  /** Seconds of one point. */
  readonly periodSeconds: number;
  /** The window, in seconds before the start of the present minute. */
  readonly fromSecondsAgo: number;
  readonly untilSecondsAgo: number;
}

interface MetricPoint {
  readonly at: Instant;
  readonly value: number;
}

export interface MetricAnswer {
  /** Oldest first. Absent: never answered. */
  readonly points?: readonly MetricPoint[];
  /** When those points were asked for. */
  readonly answeredAt?: Instant;
  /** Present while the last attempt failed. */
  readonly failure?: SourceError;
}

/** Equal for equal questions. */
export function questionKey({ series, periodSeconds, fromSecondsAgo, untilSecondsAgo }: MetricQuestion): string {
  const parts =
    "expression" in series
      ? [series.expression]
      : [series.namespace, series.metricName, series.stat, ...Object.entries(series.dimensions).sort().flat()];
  return JSON.stringify([periodSeconds, fromSecondsAgo, untilSecondsAgo, ...parts]);
}

const MAX_CONNECTIONS = 10;
/** 500 series of a day by minutes fit into this many pages. */
const MAX_PAGES = 10;

/** One series' points, or why there are none. */
export type MetricOutcome = { readonly points: readonly MetricPoint[] } | { readonly failure: SourceError };

const answerShape = z.object({
  NextToken: z.string().optional(),
  MetricDataResults: z
    .array(
      z.object({
        Id: z.string(),
        Label: z.string().default(""),
        Timestamps: z.array(z.date()).default([]),
        Values: z.array(z.unknown()).default([]),
        StatusCode: z.string().default("Complete"),
      }),
    )
    .default([]),
});
type Series = z.output<typeof answerShape>["MetricDataResults"][number];

/** GetMetricData of one region, for up to 500 questions of one window. */
export class CloudWatchCalls {
  readonly #address: AwsAddress;
  readonly #tools: ConnectionTools;
  #loading: Promise<{ client: CloudWatchClient; sdk: typeof import("@aws-sdk/client-cloudwatch") }> | undefined;

  constructor(address: AwsAddress, tools: ConnectionTools) {
    this.#address = address;
    this.#tools = tools;
  }

  /** One outcome for each question, in order. Rejects with a SourceError where the whole call failed. */
  async ask(
    questions: readonly MetricQuestion[],
    minuteStart: Instant,
    { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
  ): Promise<MetricOutcome[]> {
    const what = `CloudWatch in ${shownAddress(this.#address)}`;
    const series = await answerWithin({ seconds, signal, what }, (own) =>
      this.#pages(inputFor(questions, minuteStart), own),
    );
    return questions.map((_, index) => outcomeOf(series.get(idOf(index)) ?? []));
  }

  dispose(): void {
    void this.#loading?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
  }

  async #pages(input: GetMetricDataCommandInput, signal: AbortSignal): Promise<Map<string, Series[]>> {
    const { client, sdk } = await this.#load();
    const found = new Map<string, Series[]>();
    let NextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const command = new sdk.GetMetricDataCommand(NextToken === undefined ? input : { ...input, NextToken });
      const answer = answerShape.safeParse(await this.#send(() => client.send(command, { abortSignal: signal })));
      if (!answer.success) throw new SourceError("Malformed", "CloudWatch's answer has not the shape that it should");
      for (const series of answer.data.MetricDataResults)
        found.set(series.Id, [...(found.get(series.Id) ?? []), series]);
      NextToken = answer.data.NextToken;
      if (NextToken === undefined) return found;
    }
    throw new SourceError(
      "Malformed",
      `CloudWatch's answer has more than ${MAX_PAGES} pages: ask for a shorter window`,
    );
  }

  async #send<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const where = shownAddress(this.#address);
      throw asSourceError(error, { action: "cloudwatch:GetMetricData", about: `CloudWatch in ${where}`, where });
    }
  }

  #load() {
    this.#loading ??= (async () => {
      const options = clientOptions(this.#address, this.#tools, MAX_CONNECTIONS);
      const sdk = await import("@aws-sdk/client-cloudwatch");
      return { sdk, client: new sdk.CloudWatchClient(options) };
    })();
    return this.#loading;
  }
}

function idOf(index: number): string {
  return `q${index}`;
}

function inputFor(questions: readonly MetricQuestion[], minuteStart: Instant): GetMetricDataCommandInput {
  const window = questions[0] ?? { fromSecondsAgo: 0, untilSecondsAgo: 0 };
  return {
    StartTime: new Date(minuteStart - window.fromSecondsAgo * 1000),
    EndTime: new Date(minuteStart - window.untilSecondsAgo * 1000),
    ScanBy: "TimestampAscending",
    MetricDataQueries: questions.map((question, index) => ({ Id: idOf(index), ...queryFor(question) })),
  };
}

function queryFor({ series, periodSeconds }: MetricQuestion): Omit<MetricDataQuery, "Id"> {
  if ("expression" in series) return { Expression: series.expression, Period: periodSeconds };
  const Dimensions = Object.entries(series.dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: series.namespace, MetricName: series.metricName, Dimensions };
  return { MetricStat: { Metric, Period: periodSeconds, Stat: series.stat } };
}

/** `parts`: the series' pages. */
function outcomeOf(parts: readonly Series[]): MetricOutcome {
  const labels = new Set(parts.map(({ Label }) => Label));
  if (labels.size === 0) return { failure: new EmptyAnswerError("CloudWatch has no series for the question") };
  if (labels.size > 1)
    return failed("Malformed", `expected one series, CloudWatch has ${labels.size}: narrow the question`);
  const bad = parts.find(({ StatusCode }) => StatusCode !== "Complete" && StatusCode !== "PartialData");
  if (bad !== undefined) {
    const kind = bad.StatusCode === "Forbidden" ? "Unauthorized" : "Unavailable";
    return failed(kind, `CloudWatch could not answer (${bad.StatusCode})`);
  }
  return { points: parts.flatMap(pointsOf) };
}

/** What is not a finite number is no point. */
function pointsOf({ Timestamps, Values }: Series): MetricPoint[] {
  return Timestamps.flatMap((time, index) => {
    const value = Values[index];
    return typeof value === "number" && Number.isFinite(value) ? [{ at: time.getTime(), value }] : [];
  });
}

function failed(kind: FailureKind, message: string): MetricOutcome {
  return { failure: new SourceError(kind, message) };
}
