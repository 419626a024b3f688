import { ownValue } from "../../shared/own-value.ts";
import { parseSelector } from "../../sources/http/exposition.ts";
import {
  CHECKED_CERTIFICATES,
  credential,
  difference,
  emptyNote,
  findMissing,
  refuse,
  type Settings,
  type TriggerType,
} from "./trigger.ts";

/** KEDA's prometheus. */
export const prometheus: TriggerType = {
  fields: { threshold: "target", activationThreshold: "number", ignoreNullValues: "switch", unsafeSsl: "switch" },
  required: ["serverAddress", "query", "threshold"],
  urls: ["serverAddress"],
  off: { unsafeSsl: CHECKED_CERTIFICATES },
  convert(s, secret) {
    const login = convertLogin("prometheus", s, "authModes", secret);
    const headers = parsePairs(s.customHeaders);
    const emptyValue = s.ignoreNullValues === "false" ? undefined : 0;
    return {
      problems: [
        ...login.problems,
        ...headers
          .filter(([header]) => /authorization|cookie|token|key|secret/i.test(header))
          .map(([header]) => ({
            path: "metadata.customHeaders",
            message: `expected headers without credentials, got ${header}`,
            remedy: "a token that goes into Authorization is bearerToken, in a Secret",
          })),
      ],
      source: {
        prometheus: {
          url: withParameters(s.serverAddress ?? "", s),
          query: s.query,
          ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
          ...login.settings,
        },
      },
      each: s.threshold,
      activation: s.activationThreshold,
      emptyValue,
      notes: [emptyValue !== undefined && emptyNote(emptyValue), login.note],
    };
  },
};

/** The address with the parameters that the server is asked with besides the query. */
function withParameters(address: string, { namespace, queryParameters }: Settings): string {
  const parameters = [...(namespace ? [["namespace", namespace] as const] : []), ...parsePairs(queryParameters)];
  if (parameters.length === 0 || !URL.canParse(address)) return address;
  const url = new URL(address);
  for (const [key, value] of parameters) url.searchParams.append(key, value);
  return url.href;
}

/** "a=1,b=2" as pairs. */
function parsePairs(text = ""): readonly (readonly [string, string])[] {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  return pairs.map((pair) => {
    const [key = "", ...value] = pair.split("=");
    return [key.trim(), value.join("=").trim()];
  });
}

/** KEDA's graphite. */
export const graphite: TriggerType = {
  fields: { threshold: "target", activationThreshold: "number" },
  required: ["serverAddress", "query"],
  urls: ["serverAddress"],
  convert(s, secret) {
    const login = convertLogin("graphite", s, "authMode", secret);
    // KEDA escapes the query, so that these characters are the target's own.
    const target = (s.query ?? "").replace(/[%&]/g, encodeURIComponent);
    const query = s.queryTime ? `${target}&from=${s.queryTime}` : target;
    const span = secondsOfSpan(s.queryTime ?? "");
    const freshnessSeconds = span === undefined ? undefined : Math.max(FRESHNESS, span);
    return {
      problems: login.problems,
      source: { graphite: { url: s.serverAddress, query, ...login.settings } },
      each: s.threshold ?? "100",
      activation: s.activationThreshold,
      emptyValue: 0,
      ...(freshnessSeconds === undefined ? {} : { more: { freshnessSeconds } }),
      notes: [
        emptyNote(0),
        freshnessSeconds === undefined
          ? difference("source.graphite.query", OLD_POINTS)
          : difference("freshnessSeconds", "under KEDA the newest point of all queryTime counted, however old it was"),
        login.note,
      ],
    };
  },
};

/** The usual freshnessSeconds. */
const FRESHNESS = 120;
const OLD_POINTS = `a value that is older than freshnessSeconds (${FRESHNESS} where none is stated) lowers nothing here; under KEDA it counted, however old it was`;

const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86_400, w: 604_800 };

/** Graphite's "-10Minutes" or "-1h" in seconds; undefined for another form. */
function secondsOfSpan(text: string): number | undefined {
  const [, count, unit] = /^-(\d{1,6})(s|min|h|d|w)(?:ec|econd|ute|r|our|ay|eek)?s?$/i.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * (SECONDS[unit.toLowerCase()] ?? Number.NaN);
}

const LANGUAGES: Readonly<Record<string, string>> = { influxql: "influxql", flightsql: "sql" };

const FIRST_ROW =
  "KEDA took the first value of the answer, here it is the last one of the first series: end the query with |> first() or |> last(), so that there is one";

/** Whether a Flux query ends in a function that gives one row for each series. */
function endsInOneRow(query: string): boolean {
  return /\|>\s*(?:first|last|count|sum|mean|median|max|min)\([^()]*\)\s*$/.test(query);
}

/** KEDA's influxdb: version 2 in Flux, or 3 in InfluxQL or SQL. */
export const influxdb: TriggerType = {
  fields: { thresholdValue: "target", activationThresholdValue: "number", unsafeSsl: "switch" },
  required: ["serverURL", "query", "thresholdValue"],
  urls: ["serverURL"],
  off: { unsafeSsl: CHECKED_CERTIFICATES },
  convert(s, secret) {
    const version = s.influxVersion ?? "2";
    const isThird = version === "3";
    const language = ownValue(LANGUAGES, (s.queryType ?? "influxql").toLowerCase());
    const { setting, note: tokenNote } = credential("influxdb", "bearerToken", secret);
    return {
      problems: [
        ...findMissing(s, isThird ? "database" : "organizationName"),
        !["2", "3"].includes(version) && refuse(s, "influxVersion", "2 or 3"),
        isThird && language === undefined && refuse(s, "queryType", "InfluxQL or FlightSQL"),
      ],
      source: {
        influxdb: {
          url: s.serverURL,
          version: isThird ? "3" : "2",
          ...(isThird ? { database: s.database, language } : { organization: s.organizationName }),
          query: s.query,
          ...setting,
        },
      },
      each: s.thresholdValue,
      activation: s.activationThresholdValue,
      ...(isThird && { emptyValue: 0 }),
      notes: [
        tokenNote,
        isThird && emptyNote(0),
        !isThird && !endsInOneRow(s.query ?? "") && difference("source.influxdb.query", FIRST_ROW),
        difference("source.influxdb.query", OLD_POINTS),
        isThird &&
          s.metricKey &&
          difference("source.influxdb.query", `the last column counts here: let it be ${s.metricKey}`),
      ],
    };
  },
};

/** KEDA's metrics-api, as far as it reads JSON. */
export const metricsApi: TriggerType = {
  fields: {
    targetValue: "target",
    activationTargetValue: "number",
    unsafeSsl: "switch",
    aggregateFromKubeServiceEndpoints: "switch",
  },
  required: ["url", "valueLocation", "targetValue"],
  urls: ["url"],
  off: {
    aggregateFromKubeServiceEndpoints: "have one address answer for all of them, as a single URL is read here",
    unsafeSsl: CHECKED_CERTIFICATES,
  },
  convert(s, secret) {
    const login = convertLogin("http", s, "authMode", secret);
    const location = s.valueLocation ?? "";
    const format = s.format ?? "json";
    const isSeries = format === "prometheus";
    const isPlain = !/[^\w.-]|\.\.|^\.|\.$/.test(location);
    return {
      problems: [
        !["json", "yaml", "prometheus"].includes(format) && refuse(s, "format", "json, yaml or prometheus"),
        !isSeries &&
          !isPlain &&
          refuse(s, "valueLocation", 'a plain path such as "queues.0.size", as GJSON\'s operators are not known'),
        isSeries &&
          parseSelector(location) === undefined &&
          refuse(s, "valueLocation", 'a metric by = and != of its labels, such as jobs_waiting{queue="mails"}'),
        ...login.problems,
      ],
      // GJSON's "queues.0.size" is /queues/0/size.
      source: {
        http: {
          url: s.url,
          ...(format !== "json" && { format }),
          path: isSeries ? location : `/${location.split(".").join("/")}`,
          ...login.settings,
        },
      },
      each: s.targetValue,
      activation: s.activationTargetValue,
      notes: [login.note],
    };
  },
};

/** What a trigger's authModes (some call it authMode) ask for, in our sources' settings. */
function convertLogin(type: string, s: Settings, field: "authModes" | "authMode", secret: string) {
  const [mode, ...others] = (s[field] ?? "").split(",").flatMap((one) => one.trim() || []);
  if (mode === undefined) return { settings: {}, problems: [] };
  if (!["bearer", "basic"].includes(mode) || others.length > 0) {
    const remedy = "client certificates and other headers are not sent: let a proxy beside the server add them";
    return { settings: {}, problems: [refuse(s, field, "bearer or basic", remedy)] };
  }
  const { setting, note } = credential(type, mode === "bearer" ? "bearerToken" : "password", secret);
  if (mode === "bearer") return { settings: setting, note, problems: [] };
  const problems = s.username ? [] : [refuse(s, "username", "the user name", "write it here, as it is no secret")];
  return { settings: { username: s.username, ...setting }, note, problems };
}
