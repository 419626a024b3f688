import type { Problem } from "../../core/index.ts";
import { httpUrlProblems } from "./addresses.ts";
import { httpLogin } from "./http-login.ts";
import {
  CHECKED_CERTIFICATES,
  type Conversion,
  emptyNote,
  lacking,
  perReplica,
  type Settings,
  switchedOn,
  withNotes,
} from "./trigger.ts";

/** KEDA's prometheus. */
export const prometheusTrigger: Conversion = ({ name, settings: s, secret }) => {
  const login = httpLogin("prometheus", s, { field: "authModes", secret });
  const headers = pairsOf(s.customHeaders);
  const wrong = [
    ...lacking(s, "serverAddress", "query", "threshold"),
    ...httpUrlProblems(s, "serverAddress"),
    ...switchedOn(s, { unsafeSsl: CHECKED_CERTIFICATES }),
    ...login.problems,
    ...headerProblems(headers),
  ];
  if (wrong.length > 0) return { wrong };
  const prometheus = {
    url: withParameters(s.serverAddress ?? "", s),
    query: s.query,
    ...(headers.length > 0 ? { headers: Object.fromEntries(headers) } : {}),
    ...login.settings,
  };
  const emptyValue = s.ignoreNullValues === "false" ? undefined : 0;
  const draft = perReplica(name, { prometheus }, s.threshold, { activation: s.activationThreshold, emptyValue });
  return withNotes(draft, [...(emptyValue === undefined ? [] : [emptyNote(emptyValue)]), ...login.notes]);
};

/** The address with the parameters that the server is asked with besides the query. */
function withParameters(address: string, { namespace, queryParameters }: Settings): string {
  const parameters = [...(namespace ? [["namespace", namespace] as const] : []), ...pairsOf(queryParameters)];
  if (parameters.length === 0 || !URL.canParse(address)) return address;
  const url = new URL(address);
  for (const [key, value] of parameters) url.searchParams.append(key, value);
  return url.href;
}

/** "a=1,b=2" as pairs. */
function pairsOf(text = ""): readonly (readonly [string, string])[] {
  return text
    .split(",")
    .filter((pair) => pair.trim() !== "")
    .map((pair) => {
      const [key = "", ...value] = pair.split("=");
      return [key.trim(), value.join("=").trim()];
    });
}

/** Headers that hold credentials have no place in an object. */
function headerProblems(headers: readonly (readonly [string, string])[]): readonly Problem[] {
  return headers
    .filter(([header]) => /authorization|cookie|token|key|secret/i.test(header))
    .map(([header]) => ({
      path: "metadata.customHeaders",
      message: `expected headers without credentials, got ${header}`,
      remedy: "a token that goes into Authorization is bearerToken, in a Secret",
    }));
}
