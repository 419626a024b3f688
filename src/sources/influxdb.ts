import type { Instant } from "../core/index.ts";
import { flux, fluxTables } from "./influxdb/flux.ts";
import {
  askInfluxql,
  askRows,
  type InfluxdbSettings,
  type InfluxSeries,
  influxdbSettings,
  influxql,
  type Question,
  rows,
  rowsIn,
  seriesIn,
  valueIn,
} from "./influxdb/protocols.ts";
import { HttpClient } from "./shared/http.ts";
import { defineSource, type History, type HistoryPoint, type HistoryRange, type SourceTools } from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";
import { instantOf, numeric } from "./shared/values.ts";

const PROTOCOLS = { "1": influxql, "2": flux, "3": rows };

export default defineSource({
  type: "influxdb",
  about:
    "The last value of the last row of a query's first series, from InfluxDB 1 (InfluxQL), 2 (Flux) or 3 (SQL or InfluxQL)",
  settings: influxdbSettings,
  pace: { movingSeconds: 10, steadySeconds: 60, asleepSeconds: 5 },
  example: {
    url: "http://influxdb:8086",
    database: "shop",
    query: "SELECT last(lag) FROM kafka WHERE topic = 'mails' AND time > now() - 10m",
    username: "muster",
    password: { secretRef: { name: "influxdb", key: "password" } },
  },
  notes: [
    "Newest rows without a value are passed over; no row is a missing value.",
    "An aggregate without `GROUP BY time(...)` (version 1) has the time of the poll, since InfluxDB dates it to the beginning of its range.",
    "Version 1 is tested against a real server. Versions 2 and 3 never were: their tests answer as InfluxData's documentation shows it, so try your query with `muster check --probe` first.",
  ],
  history: { mostPoints: 10_000, step: "own", pointsAt: "begin", open: influxdbHistory },
  connect(settings, tools) {
    const http = new HttpClient(settings, tools);
    const ask = PROTOCOLS[settings.version];
    return {
      read: (signal) => ask({ http, settings, asked: tools.now(), signal }),
      close: () => http.close(),
    };
  },
});

/** The points that a query gives for a range, which it names by `$from` and `$to`. */
function influxdbHistory(settings: InfluxdbSettings, tools: SourceTools): History {
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
