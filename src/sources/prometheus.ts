import * as z from "zod";
import type { Reading } from "../core/index.ts";
import { prometheusHistory } from "./prometheus/history.ts";
import { promqlRequest } from "./prometheus/promql-request.ts";
import { HttpClient } from "./shared/http.ts";
import { checkedHttp, headers, httpSettings } from "./shared/http-settings.ts";
import { numeric } from "./shared/numeric.ts";
import { httpUrl, text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { EmptyAnswerError, SourceError } from "./shared/source-error.ts";

const settings = checkedHttp(
  z.strictObject({
    url: httpUrl(
      "Base address of Prometheus or of what speaks its API (Thanos, Mimir, VictoriaMetrics), such as http://prometheus:9090",
    ),
    query: text("Instant query in PromQL; it must give a scalar or exactly one element"),
    headers: headers(),
    ...httpSettings,
  }),
);

const sample = z.tuple([z.number(), z.string()]);
const answerShape = z.object({
  data: z.discriminatedUnion("resultType", [
    z.object({ resultType: z.enum(["scalar", "string"]), result: sample }),
    z.object({ resultType: z.literal("vector"), result: z.array(z.object({ value: sample.optional() })) }),
    z.object({ resultType: z.literal("matrix"), result: z.array(z.unknown()) }),
  ]),
});

export default defineSource({
  type: "prometheus",
  about: "The value of an instant query in PromQL; no element, NaN and Inf are a missing value, never 0",
  settings,
  pace: { movingSeconds: 10, steadySeconds: 60, asleepSeconds: 5 },
  example: {
    url: "http://prometheus:9090",
    query: 'sum(kafka_consumergroup_lag{group="mailer"})',
    headers: { "X-Scope-OrgID": "shop" },
  },
  notes: [
    "No element, NaN and Inf are a missing value; several elements, a range and a histogram are refused.",
    "Parameters of `url`, such as Thanos' `?namespace=shop`, are sent along with the query.",
    "An instant query answers with the time of the query: for up to five minutes after a target has gone, Prometheus still gives its last value.",
  ],
  history: {
    // Prometheus refuses more than 11,000 points of a series.
    mostPoints: 10_000,
    step: "asked",
    pointsAt: "end",
    open: prometheusHistory,
  },
  connect(settings, tools) {
    const http = new HttpClient(settings, tools, Object.values(settings.headers));
    return {
      read: async (signal) => readingFrom(await http.json({ ...promqlRequest(settings, "query"), signal })),
      close: () => http.close(),
    };
  },
});

function readingFrom(answer: unknown): Reading {
  const parsed = answerShape.safeParse(answer);
  if (!parsed.success)
    throw new SourceError("Malformed", "expected the answer of an instant query, with data.resultType and data.result");
  const [at, value] = onlySample(parsed.data.data);
  const number = numeric(value);
  if (number === undefined) throw noNumber(value);
  return { at: at * 1000, value: number };
}

/** NaN and Inf are no data; another text is an answer that makes no sense. */
function noNumber(value: string): SourceError {
  if (/^(?:NaN|[+-]?Inf)$/.test(value)) return new EmptyAnswerError(`the query gives ${value}, which is not a value`);
  return new SourceError("NotFound", "the query gives a text, which is not a value");
}

function onlySample({ resultType, result }: z.output<typeof answerShape>["data"]): z.output<typeof sample> {
  if (resultType === "scalar") return result;
  if (resultType !== "vector")
    throw new SourceError("Malformed", `expected a scalar or one element, got a ${resultType}: write an instant query`);
  const [element, ...others] = result;
  if (!element) throw new EmptyAnswerError("the query gives no element");
  if (others.length > 0)
    throw new SourceError(
      "Malformed",
      `expected one element, got ${result.length}: aggregate them, for instance by sum()`,
    );
  if (!element.value) throw new SourceError("Malformed", "expected a number, got a histogram");
  return element.value;
}
