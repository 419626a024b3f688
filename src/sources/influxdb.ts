import { z } from "zod";
import type { Reading } from "../core/index.ts";
import { flux } from "./influxdb/flux.ts";
import { influxql } from "./influxdb/influxql.ts";
import { rows } from "./influxdb/rows.ts";
import { HttpClient } from "./shared/http.ts";
import { checkHttpSettings, httpSettings } from "./shared/http-settings.ts";
import { httpUrl, secret, text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";

const settings = z
  .strictObject({
    url: httpUrl("Base address of InfluxDB, such as http://influxdb:8086"),
    version: z.enum(["1", "2", "3"]).default("1").describe("Major version of the server: 1 is asked in InfluxQL, 2 in Flux, 3 in SQL or InfluxQL"),
    query: text("Query; the last value of the last row of its first series is the reading"),
    database: text("Database (versions 1 and 3)").optional(),
    organization: text("Organization (version 2)").optional(),
    language: z.enum(["influxql", "sql"]).default("influxql").describe("Language of the query (version 3)"),
    ...httpSettings,
    bearerToken: secret("API token (versions 2 and 3; version 1 takes a username and a password)").optional(),
  })
  .superRefine(checkHttpSettings)
  .superRefine((settings, context) => {
    const needed = settings.version === "2" ? "organization" : "database";
    if (settings[needed] === undefined) {
      context.addIssue({ code: "custom", path: [needed], message: `expected the ${needed} that version ${settings.version} asks` });
    }
  });

/** Settings of an InfluxDB source once parsed. */
export type InfluxdbSettings = z.output<typeof settings>;

const PROTOCOLS = { "1": influxql, "2": flux, "3": rows };

export default defineSource({
  type: "influxdb",
  about: "The last value of the last row of a query's first series, from InfluxDB 1 (InfluxQL), 2 (Flux) or 3 (SQL or InfluxQL)",
  settings,
  pace: { movingSeconds: 10, steadySeconds: 60 },
  connect(settings, tools) {
    const { bearerToken, ...others } = settings;
    // Version 2 has a scheme of its own for the token, which its protocol sends.
    const common = settings.version === "2" ? others : settings;
    const http = new HttpClient(common, tools, bearerToken === undefined ? [] : [bearerToken]);
    const ask = PROTOCOLS[settings.version];
    return {
      read: (signal): Promise<Reading> => ask({ http, settings, asked: tools.now(), signal }),
      close: () => http.close(),
    };
  },
});
