import { httpUrlProblems } from "./addresses.ts";
import type { Note } from "./draft.ts";
import {
  CHECKED_CERTIFICATES,
  type Conversion,
  credential,
  emptyNote,
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
    ...httpUrlProblems(s, "serverURL"),
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
  const load = { activation: s.activationThresholdValue, ...(isThird ? { emptyValue: 0 } : {}) };
  const draft = perReplica(name, { influxdb }, s.thresholdValue, load);
  return withNotes(draft, [note, ...(isThird ? [emptyNote(0), ...columnNote(s)] : [])]);
};

function columnNote({ metricKey }: Settings): readonly Note[] {
  if (!metricKey) return [];
  const text = `the last column counts here: let it be ${metricKey}`;
  return [{ path: ["source", "influxdb", "query"], text }];
}
