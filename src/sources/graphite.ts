import * as z from "zod";
import { HttpClient, withPath } from "./shared/http.ts";
import { checkedHttp, httpSettings, httpUrl, text } from "./shared/settings.ts";
import { defineSource, type History, type SourceTools } from "./shared/source.ts";
import { EmptyAnswerError, SourceError } from "./shared/source-error.ts";

const settings = checkedHttp(
  z.strictObject({
    url: httpUrl("Base address of graphite-web, such as http://graphite:8080"),
    query: text(
      "Target to render; it must give exactly one series. May carry parameters of the render API after it, such as `&from=-15min&until=now`",
    ).refine((query) => query === "" || targetOf(query) !== "", "expected a target, and its parameters after it"),
    ...httpSettings,
  }),
);
type Settings = z.output<typeof settings>;

export default defineSource({
  type: "graphite",
  about: "The newest point that is not null of one Graphite series",
  settings,
  pace: { movingSeconds: 10, steadySeconds: 60, asleepSeconds: 5 },
  example: { url: "http://graphite:8080", query: "summarize(kafka.lag.mails, '1min', 'max')&from=-15min" },
  notes: [
    "The reading is as old as its point: a series that stopped goes stale, even if the server answers.",
    "Without a `from`, Graphite answers a whole day: `&from=-15min` saves it and us the work.",
    "No series, and only nulls, are a missing value; several series are refused.",
    "The query may begin with `target=`, be percent-encoded, and carry parameters of the render API, as in PHPA's files.",
  ],
  history: { mostPoints: 10_000, step: "own", pointsAt: "begin", open: graphiteHistory },
  connect(settings, tools) {
    const http = new HttpClient(settings, tools);
    const url = renderUrl(settings.url, settings.query);
    return {
      async read(signal) {
        const points = pointsOf(await http.json({ url, signal }), settings.query);
        if (points === undefined) throw new EmptyAnswerError(`no series matches ${settings.query}`);
        if (points.length === 0) throw new EmptyAnswerError(`${settings.query} has no point`);
        const newest = points.findLast(([value]) => value !== null);
        // A series whose points are all null is one that nobody writes at present, which says nothing of its value.
        if (newest?.[0] == null) throw new SourceError("NotFound", `${settings.query} has no point that is not null`);
        return { at: newest[1] * 1000, value: newest[0] };
      },
      close: () => http.close(),
    };
  },
});

/** The points of a series between two moments, as its archive has them. */
function graphiteHistory(settings: Settings, tools: SourceTools): History {
  const http = new HttpClient(settings, tools);
  return {
    async read({ from, to }, signal) {
      // Graphite begins after its `from`, and may end with its `until`.
      const range = { from: String(Math.floor(from / 1000) - 1), until: String(Math.ceil(to / 1000)) };
      const url = renderUrl(settings.url, settings.query, range);
      const points = pointsOf(await http.json({ url, signal }), settings.query) ?? [];
      return { points: points.map(([value, second]) => ({ at: second * 1000, value: value ?? undefined })) };
    },
    close: () => http.close(),
  };
}

const answerShape = z.array(
  z.object({ target: z.string().optional(), datapoints: z.array(z.tuple([z.number().nullable(), z.number()])) }),
);

/** The points of the only series in an answer of the render API: value and second; undefined where there is none. */
function pointsOf(given: unknown, query: string): readonly (readonly [number | null, number])[] | undefined {
  const answer = answerShape.safeParse(given);
  if (!answer.success)
    throw new SourceError("Malformed", "expected the render API's list of series with their datapoints");
  const [series, ...others] = answer.data;
  if (others.length > 0) {
    throw new SourceError("Malformed", `expected one series, got ${answer.data.length}: narrow the query ${query}`);
  }
  return series?.datapoints;
}

/** PHPA puts the query into the URL raw, so it may begin with `target=`, be percent-encoded and carry more parameters. */
function renderUrl(base: string, query: string, range: Readonly<Record<string, string>> = {}): URL {
  const url = withPath(base, "render/");
  const [, ...parameters] = withoutPrefix(query).split("&");
  const target = targetOf(query);
  const search = new URLSearchParams([["target", target], ...new URLSearchParams(parameters.join("&"))]);
  search.set("format", "json");
  for (const [name, value] of Object.entries(range)) search.set(name, value);
  url.search = search.toString();
  return url;
}

/** The target itself, as Graphite reads it. */
function targetOf(query: string): string {
  const [target = ""] = withoutPrefix(query).split("&");
  return decode(target);
}

function withoutPrefix(query: string): string {
  return query.replace(/^[?&]?target=/, "");
}

/** A `+` is a plus sign in Graphite's functions, not a space; a lone `%` is itself. */
function decode(target: string): string {
  return target.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
}
