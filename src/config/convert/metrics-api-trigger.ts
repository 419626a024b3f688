import type { Problem } from "../../core/index.ts";
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

/** KEDA's metrics-api, as far as it reads JSON. */
export const metricsApiTrigger: Conversion = ({ name, settings: s, secret }) => {
  const wrong = problems(s);
  if (wrong.length > 0) return { wrong };
  const secretKey = s.authMode === "bearer" ? "bearerToken" : s.authMode === "basic" ? "password" : undefined;
  const login = secretKey === undefined ? undefined : credential("http", secretKey, secret);
  const http = {
    url: s.url,
    path: pointer(s.valueLocation ?? ""),
    ...(s.authMode === "basic" ? { username: s.username } : {}),
    ...login?.setting,
  };
  return withNotes(perReplica(name, { http }, s.targetValue, s.activationTargetValue), login ? [login.note] : []);
};

function problems(s: Settings): readonly Problem[] {
  const found = [
    ...lacking(s, "url", "valueLocation", "targetValue"),
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
  if (!["", "bearer", "basic"].includes(s.authMode ?? "")) found.push(refused(s, "authMode", "bearer or basic"));
  if (s.authMode === "basic" && !s.username) {
    found.push(refused(s, "username", "the user name", "write it here, as it is no secret"));
  }
  return found;
}

/** GJSON's "queues.0.size" as /queues/0/size. */
function pointer(location: string): string {
  return `/${location.split(".").join("/")}`;
}
