import type { Problem } from "../../core/index.ts";
import { httpUrlProblems } from "./addresses.ts";
import { httpLogin } from "./http-login.ts";
import {
  CHECKED_CERTIFICATES,
  type Conversion,
  lacking,
  perReplica,
  refused,
  type Settings,
  switchedOn,
  withNotes,
} from "./trigger.ts";

/** KEDA's metrics-api, as far as it reads JSON. */
export const metricsApiTrigger: Conversion = ({ name, settings: s, secret }) => {
  const login = httpLogin("http", s, { field: "authMode", secret });
  const wrong = [...problems(s), ...login.problems];
  if (wrong.length > 0) return { wrong };
  const http = { url: s.url, path: pointer(s.valueLocation ?? ""), ...login.settings };
  return withNotes(perReplica(name, { http }, s.targetValue, { activation: s.activationTargetValue }), login.notes);
};

function problems(s: Settings): readonly Problem[] {
  const found = [
    ...lacking(s, "url", "valueLocation", "targetValue"),
    ...httpUrlProblems(s, "url"),
    ...switchedOn(s, {
      aggregateFromKubeServiceEndpoints: "have one address answer for all of them, as a single URL is read here",
      unsafeSsl: CHECKED_CERTIFICATES,
    }),
  ];
  if ((s.format ?? "json") !== "json") found.push(refused(s, "format", "json"));
  if (/[^\w.-]|\.\.|^\.|\.$/.test(s.valueLocation ?? "")) {
    found.push(
      refused(s, "valueLocation", 'a plain path such as "queues.0.size", as GJSON\'s operators are not known'),
    );
  }
  return found;
}

/** GJSON's "queues.0.size" as /queues/0/size. */
function pointer(location: string): string {
  return `/${location.split(".").join("/")}`;
}
