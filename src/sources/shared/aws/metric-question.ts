import type { Instant } from "../../../core/index.ts";
import type { SourceError } from "../source-error.ts";

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

export interface MetricPoint {
  readonly at: Instant;
  readonly value: number;
}

/** The newest that is known about a question. */
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
