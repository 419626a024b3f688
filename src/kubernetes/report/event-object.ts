import { randomBytes } from "node:crypto";
import { type Incident, type Origin, printable } from "../../core/index.ts";

/** What the API server accepts. */
const LONGEST_MESSAGE = 1024;
const LONGEST_REASON = 128;
const LONGEST_NAME = 253;

/** An incident that came up once or more. */
export interface Occurrence {
  readonly name: string;
  readonly firstAt: number;
  lastAt: number;
  count: number;
}

/** A name no other event has, chosen before the first attempt to write it, so that a repeated attempt is harmless. */
export function eventName({ name }: Origin, at: number): string {
  const suffix = `.${at.toString(16)}${randomBytes(4).toString("hex")}`;
  return `${name.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
}

/** The core/v1 Event, as `kubectl describe` shows it. */
export function eventObject(
  origin: Origin,
  apiVersion: string,
  incident: Incident,
  occurrence: Occurrence,
  instance: string,
): Record<string, unknown> {
  const { kind, namespace, name, uid } = origin;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: occurrence.name, namespace },
    involvedObject: { apiVersion, kind, namespace, name, ...(uid ? { uid } : {}) },
    type: incident.type,
    reason: incident.reason.slice(0, LONGEST_REASON),
    message: cut(printable(incident.message)),
    source: { component: "muster" },
    reportingComponent: "muster",
    reportingInstance: instance.slice(0, LONGEST_REASON),
    firstTimestamp: seconds(occurrence.firstAt),
    lastTimestamp: seconds(occurrence.lastAt),
    count: occurrence.count,
  };
}

/** What changes when the same incident comes up again. */
export function eventPatch({ lastAt, count }: Occurrence): Record<string, unknown> {
  return { count, lastTimestamp: seconds(lastAt) };
}

function cut(message: string): string {
  return message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE - 1)}…`;
}

/** metav1.Time has whole seconds. */
function seconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
