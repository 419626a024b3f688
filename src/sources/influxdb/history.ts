import type { Instant } from "../../core/index.ts";
import type { History, HistoryPoint, HistoryRange } from "../shared/history.ts";
import { HttpClient } from "../shared/http.ts";
import { instantOf } from "../shared/instant-of.ts";
import { numeric } from "../shared/numeric.ts";
import type { SourceTools } from "../shared/source.ts";
import { SourceError } from "../shared/source-error.ts";
import { fluxTables } from "./flux.ts";
import { askInfluxql, type InfluxSeries, seriesIn } from "./influxql.ts";
import type { Question } from "./question.ts";
import { askRows, rowsIn, valueIn } from "./rows.ts";
import type { InfluxdbSettings } from "./settings.ts";

/** The points that a query gives for a range, which it names by `$from` and `$to`. */
export function influxdbHistory(settings: InfluxdbSettings, tools: SourceTools): History {
  const http = new HttpClient(settings, tools);
  const { version, query, language } = settings;
  const isFlux = version === "2";
  return {
    async read(range, signal) {
      if (!/\$from\b/.test(query) || !/\$to\b/.test(query)) throw withoutRange(isFlux);
      const asked = {
        ...settings,
        query: rangedQuery(query, range, { isFlux, isSql: version === "3" && language === "sql" }),
      };
      return { points: await POINTS[version]({ http, settings: asked, signal }) };
    },
    close: () => http.close(),
  };
}

type Asked = Omit<Question, "asked">;

const POINTS: Readonly<Record<InfluxdbSettings["version"], (asked: Asked) => Promise<readonly HistoryPoint[]>>> = {
  "1": async (asked) => pointsOfSeries(seriesIn(await askInfluxql(asked), asked.http)),
  "2": async (asked) => {
    const { head, tables } = await fluxTables(asked);
    return onlyOne(tables).map((row) => pointOf(row[head.time], row[head.value]));
  },
  "3": async (asked) => {
    const given = await askRows(asked);
    const rows = rowsIn(given);
    if (rows === undefined) return pointsOfSeries(seriesIn(given, asked.http));
    return rows.map((row) => pointOf(row.time, valueIn(row)));
  },
};

function pointsOfSeries(all: readonly InfluxSeries[]): readonly HistoryPoint[] {
  const series = onlyOne(all.map((one) => [one]))[0];
  if (series === undefined) return [];
  if (series.partial) throw new SourceError("Malformed", "InfluxDB has cut the answer off: ask for a longer step");
  const time = series.columns.indexOf("time");
  return series.values.map((row) => pointOf(row[time], row.at(-1)));
}

function onlyOne<Row>(tables: readonly (readonly Row[])[]): readonly Row[] {
  const [table = [], ...others] = tables;
  if (others.length === 0) return table;
  throw new SourceError(
    "Malformed",
    `expected one series, got ${tables.length}: narrow the query or group by time only`,
  );
}

function pointOf(time: unknown, value: unknown): HistoryPoint {
  const at = instantOf(time);
  if (at === undefined) throw new SourceError("Malformed", "expected a time in each row, in a column named time");
  return { at, value: numeric(value) };
}

/** The query with the range in its language's own words. */
function rangedQuery(query: string, { from, to, stepSeconds }: HistoryRange, { isFlux, isSql }: Language): string {
  const moment = (at: Instant) => (isFlux ? new Date(at).toISOString() : `'${new Date(at).toISOString()}'`);
  const words: Readonly<Record<string, string>> = {
    from: moment(from),
    to: moment(to),
    step: isSql ? `'${stepSeconds} seconds'` : `${Math.round(stepSeconds * 1000)}ms`,
  };
  return query.replace(/\$(from|to|step)\b/g, (_, word: string) => words[word] ?? "");
}

interface Language {
  readonly isFlux: boolean;
  readonly isSql: boolean;
}

function withoutRange(isFlux: boolean): SourceError {
  const words = isFlux
    ? 'range(start: $from, stop: $to) |> aggregateWindow(every: $step, fn: sum, timeSrc: "_start")'
    : "WHERE time >= $from AND time < $to GROUP BY time($step)";
  return new SourceError("Malformed", `expected a query with $from and $to in it, such as ... ${words}`);
}
