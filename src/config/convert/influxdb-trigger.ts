import type { Note } from "./draft.ts";
import {
  CHECKED_CERTIFICATES,
  type Conversion,
  credential,
  lacking,
  perReplica,
  refused,
  type Settings,
  switchedOn,
  withNotes,
} from "./trigger.ts";

const LANGUAGES: Readonly<Record<string, string>> = { influxql: "influxql", flightsql: "sql" };

/** KEDA's influxdb: version 2 in Flux, or 3 in InfluxQL or SQL. */
export const influxdbTrigger: Conversion = ({ name, settings: s, secret }) => {
  const isThird = s.influxVersion === "3";
  const language = LANGUAGES[(s.queryType ?? "influxql").toLowerCase()];
  const wrong = [
    ...lacking(s, "serverURL", "query", "thresholdValue", isThird ? "database" : "organizationName"),
    ...switchedOn(s, { unsafeSsl: CHECKED_CERTIFICATES }),
    ...(["2", "3"].includes(s.influxVersion ?? "2") ? [] : [refused(s, "influxVersion", "2 or 3")]),
    ...(isThird && language === undefined ? [refused(s, "queryType", "InfluxQL or FlightSQL")] : []),
  ];
  if (wrong.length > 0) return { wrong };
  const { setting, note } = credential("influxdb", "bearerToken", secret);
  const influxdb = {
    url: s.serverURL,
    version: isThird ? "3" : "2",
    ...(isThird ? { database: s.database, language } : { organization: s.organizationName }),
    query: s.query,
    ...setting,
  };
  const draft = perReplica(name, { influxdb }, s.thresholdValue, s.activationThresholdValue);
  return withNotes(draft, [note, ...(isThird ? columnNote(s) : [])]);
};

function columnNote({ metricKey }: Settings): readonly Note[] {
  if (!metricKey) return [];
  const text = `the last column counts here: let it be ${metricKey}`;
  return [{ path: ["source", "influxdb", "query"], text }];
}
