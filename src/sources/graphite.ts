import * as z from "zod";
import { graphiteHistory } from "./graphite/history.ts";
import { pointsOf } from "./graphite/points-of.ts";
import { renderUrl, targetOf } from "./graphite/render-url.ts";
import { HttpClient } from "./shared/http.ts";
import { checkedHttp, httpSettings } from "./shared/http-settings.ts";
import { httpUrl, text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { EmptyAnswerError } from "./shared/source-error.ts";

const settings = checkedHttp(
  z.strictObject({
    url: httpUrl("Base address of graphite-web, such as http://graphite:8080"),
    query: text(
      "Target to render; it must give exactly one series. May carry parameters of the render API after it, such as `&from=-15min&until=now`",
    ).refine((query) => query === "" || targetOf(query) !== "", "expected a target, and its parameters after it"),
    ...httpSettings,
  }),
);

export default defineSource({
  type: "graphite",
  about: "The newest point that is not null of one Graphite series",
  settings,
  pace: { movingSeconds: 10, steadySeconds: 60, asleepSeconds: 5 },
  example: { url: "http://graphite:8080", query: "summarize(kafka.lag.mails, '1min', 'max')&from=-15min" },
  notes: [
    "The reading is as old as its point: a series that stopped goes stale, whatever the server answers.",
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
        const newest = points.findLast(([value]) => value !== null);
        if (newest?.[0] == null) throw new EmptyAnswerError(`${settings.query} has no point that is not null`);
        return { at: newest[1] * 1000, value: newest[0] };
      },
      close: () => http.close(),
    };
  },
});
