import type { AwsAddress } from "../shared/aws/aws-address.ts";
import { CloudWatchCalls } from "../shared/aws/cloudwatch-calls.ts";
import type { MetricQuestion } from "../shared/aws/metric-question.ts";
import type { History } from "../shared/history.ts";
import type { SourceTools } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";

/** The points of a series between two moments, in periods as long as the step. */
export function cloudwatchHistory(
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
