import * as z from "zod";
import { checkedHttp, httpSettings } from "../shared/http-settings.ts";
import { httpUrl, reportedAt, secret, text } from "../shared/settings.ts";

/** The settings of an InfluxDB source, whichever version it asks. */
export const influxdbSettings = checkedHttp(
  z.strictObject({
    url: httpUrl("Base address of InfluxDB, such as http://influxdb:8086"),
    version: z
      .enum(["1", "2", "3"])
      .default("1")
      .describe("Major version of the server: 1 is asked in InfluxQL, 2 in Flux, 3 in SQL or InfluxQL"),
    query: text("Query; the last value of the last row of its first series is the reading"),
    database: text("Database (versions 1 and 3)").optional(),
    organization: text("Organization (version 2)").optional(),
    language: z.enum(["influxql", "sql"]).default("influxql").describe("Language of the query (version 3)"),
    ...httpSettings,
    bearerToken: secret("API token (versions 2 and 3; version 1 takes a username and a password)").optional(),
  }),
)
  .refine(
    ({ version, organization }) => version !== "2" || organization !== undefined,
    reportedAt("organization", "expected the organization, as version 2 asks"),
  )
  .refine(
    ({ version, database }) => version === "2" || database !== undefined,
    reportedAt("database", "expected the database, as versions 1 and 3 ask"),
  );

export type InfluxdbSettings = z.output<typeof influxdbSettings>;
