import * as z from "zod";
import type { History, HistoryPart } from "../shared/history.ts";
import { HttpClient } from "../shared/http.ts";
import type { HttpSettings } from "../shared/http-settings.ts";
import { numeric } from "../shared/numeric.ts";
import type { SourceTools } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import { type PromqlSettings, promqlRequest } from "./promql-request.ts";

const answerShape = z.object({
  data: z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])).optional() })),
  }),
  warnings: z.array(z.string()).optional(),
});

/** The values of a query at each step of a range. */
export function prometheusHistory(settings: PromqlSettings & HttpSettings, tools: SourceTools): History {
  const http = new HttpClient(settings, tools, Object.values(settings.headers));
  return {
    async read({ from, to, stepSeconds }, signal) {
      // Both ends of Prometheus's range are part of it.
      const range = { start: seconds(from), end: seconds(to - stepSeconds * 1000), step: String(stepSeconds) };
      return partOf(await http.json({ ...promqlRequest(settings, "query_range", range), signal }));
    },
    close: () => http.close(),
  };
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function partOf(given: unknown): HistoryPart {
  const answer = answerShape.safeParse(given);
  if (!answer.success) throw new SourceError("Malformed", "expected the answer of a range query, with a matrix");
  const { data, warnings = [] } = answer.data;
  const [series, ...others] = data.result;
  if (others.length > 0) {
    const count = data.result.length;
    throw new SourceError("Malformed", `expected one series, got ${count}: aggregate them, for instance by sum()`);
  }
  if (series !== undefined && series.values === undefined) {
    throw new SourceError("Malformed", "expected numbers, got histograms");
  }
  return { points: (series?.values ?? []).map(([at, value]) => ({ at: at * 1000, value: numeric(value) })), warnings };
}
