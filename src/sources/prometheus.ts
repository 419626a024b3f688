import * as z from "zod";
import type { Reading } from "../core/index.ts";
import { HttpClient, type HttpRequest, withPath } from "./shared/http.ts";
import { checkedHttp, headers, httpSettings, httpUrl, text } from "./shared/settings.ts";
import { type ConsumerList, defineSource, type History, type HistoryPart, type SourceTools } from "./shared/source.ts";
import { EmptyAnswerError, SourceError } from "./shared/source-error.ts";
import { numeric } from "./shared/values.ts";

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

type Settings = z.output<typeof settings>;

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
    'As `busyWorkers.source`, the query gives one element for each worker, with a label `pod`: above 0 it is busy, 0 is idle, and a pod without an element counts as busy. Write a plain selector, such as `jobs_in_progress{app="mailer"}`: of that Prometheus says when each sample was taken. Nobody is stopped by samples older than 90 s, or older than Muster\'s marks on the pods, so a scale-down waits for the next scrape. The result of an expression, such as `sum by (pod) (...)`, has the time of the query alone: then the last scrape counts, however old it is.',
    "An instant query answers with the time of the query: for up to five minutes after a target has gone, Prometheus still gives its last value.",
  ],
  consumers: { open: listBusySeries },
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

const busyShape = z.object({
  data: z.object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: z.object({ pod: z.string() }), value: sample })),
  }),
});

/** An element for each worker, busy or idle, by the label `pod`. */
function listBusySeries(settings: Settings, tools: SourceTools): ConsumerList {
  const http = new HttpClient(settings, tools, Object.values(settings.headers));
  const ask = async (query: string, more: Readonly<Record<string, string>>, signal: AbortSignal) => {
    const answer = busyShape.safeParse(
      await http.json({ ...promqlRequest({ ...settings, query }, "query", more), signal }),
    );
    if (answer.success) return answer.data.data.result;
    const message = 'expected a vector whose elements have a label pod, such as jobs_in_progress{app="mailer"}';
    throw new SourceError("Malformed", message);
  };
  return {
    async read(signal) {
      const elements = await ask(settings.query, {}, signal);
      const [first] = elements;
      if (first === undefined)
        throw new EmptyAnswerError("the query gives no element, which does not mean that all are idle");
      // NaN and Inf are no number of messages: such a worker may well be busy.
      const consumers = elements.map(({ metric, value }) => ({ worker: metric.pod, messages: numeric(value[1]) ?? 1 }));
      // Elements have the time of the query; their samples' own times are values of another one, as of the same moment.
      const time = String(first.value[0]);
      const taken = (await ask(`timestamp(${settings.query}\n)`, { time }, signal)).map(({ value }) =>
        numeric(value[1]),
      );
      return { at: Math.min(...[...taken, first.value[0]].map((one = 0) => one * 1000)), consumers, listsIdle: true };
    },
    close: () => http.close(),
  };
}

const rangeShape = z.object({
  data: z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])).optional() })),
  }),
  warnings: z.array(z.string()).optional(),
});

/** The values of a query at each step of a range. */
function prometheusHistory(settings: Settings, tools: SourceTools): History {
  const http = new HttpClient(settings, tools, Object.values(settings.headers));
  return {
    async read({ from, to, stepSeconds }, signal) {
      // Both ends of Prometheus's range are part of it.
      const range = { start: seconds(from), end: seconds(to - stepSeconds * 1000), step: String(stepSeconds) };
      return partFrom(await http.json({ ...promqlRequest(settings, "query_range", range), signal }));
    },
    close: () => http.close(),
  };
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function partFrom(given: unknown): HistoryPart {
  const answer = rangeShape.safeParse(given);
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

/** A query longer than this goes into a form, since servers and proxies limit a URL to about 8 KiB. */
const LONGEST_URL_QUERY = 1_500;

/** The request of an instant query, or of one over a range with more parameters. */
function promqlRequest(
  settings: Settings,
  endpoint: "query" | "query_range",
  more: Readonly<Record<string, string>> = {},
): Omit<HttpRequest, "signal"> {
  const url = withPath(settings.url, `api/v1/${endpoint}`);
  const asked = Object.entries({ query: settings.query, ...more });
  const form = new URLSearchParams([...url.searchParams, ...asked]).toString();
  if (form.length <= LONGEST_URL_QUERY) {
    url.search = form;
    return { url, headers: settings.headers, errorIn };
  }
  url.search = "";
  const type = { "content-type": "application/x-www-form-urlencoded" };
  return { url, method: "POST", body: form, headers: { ...settings.headers, ...type }, errorIn };
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview, with the types of error in its code. */
const errorShape = z.object({
  status: z.literal("error"),
  errorType: z.enum([
    "timeout",
    "canceled",
    "execution",
    "bad_data",
    "internal",
    "unavailable",
    "not_found",
    "not_acceptable",
  ]),
  error: z.string(),
});

function errorIn(answer: unknown): string | undefined {
  const { data } = errorShape.safeParse(answer);
  return data && `${data.errorType}: ${data.error}`;
}
