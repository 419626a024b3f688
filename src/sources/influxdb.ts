import { flux } from "./influxdb/flux.ts";
import { influxdbHistory } from "./influxdb/history.ts";
import { influxql } from "./influxdb/influxql.ts";
import { rows } from "./influxdb/rows.ts";
import { influxdbSettings } from "./influxdb/settings.ts";
import { HttpClient } from "./shared/http.ts";
import { defineSource } from "./shared/source.ts";

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
    "An aggregate without `GROUP BY time(...)` (version 1) speaks of the time of the look, since InfluxDB dates it to the beginning of its range.",
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
