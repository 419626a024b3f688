import { randomUUID } from "node:crypto";
import { type Incident, type Instant, type NotifyTarget, type Origin, printable } from "../core/index.ts";
import { ownValue } from "../shared/own-value.ts";

/** What can have happened to an autoscaler. */
export const NOTIFICATION_TYPES = [
  "scaled",
  "at-max",
  "stalled",
  "unreadable",
  "recovered",
  "fallback",
  "contested",
  "interrupted",
  "problem",
] as const;

export type NotificationType = (typeof NOTIFICATION_TYPES)[number];

/** Something that happened, in the words of its event or condition. */
export interface Notification {
  /** The same for each attempt to deliver it. */
  readonly id: string;
  readonly type: NotificationType;
  readonly origin: Origin;
  readonly incident: Incident;
  /** When it happened for the first time of `count`, and for the last time. */
  readonly firstAt: Instant;
  readonly at: Instant;
  readonly count: number;
}

/** By the reason of an incident. What is not here is a problem where it is a warning, and nothing to tell otherwise. */
const TYPES: Readonly<Record<string, NotificationType>> = {
  SuccessfulRescale: "scaled",
  Stalled: "stalled",
  QueueUnreadable: "unreadable",
  MetricUnreadable: "unreadable",
  ReadingStale: "unreadable",
  ReadingImplausible: "unreadable",
  Recovered: "recovered",
  FallbackInForce: "fallback",
  WorkloadContested: "contested",
  WorkloadClaimed: "contested",
  WorkloadHasRival: "contested",
  StoppedBusyWorkers: "interrupted",
  TooManyReplicas: "at-max",
};

/** The notification of an incident; undefined: nobody wants to be told. */
export function notificationOf(origin: Origin, incident: Incident, now: Instant): Notification | undefined {
  const type = TYPES[incident.reason] ?? (incident.type === "Warning" ? "problem" : undefined);
  if (type === undefined) return undefined;
  return { id: randomUUID(), type, origin, incident, firstAt: now, at: now, count: 1 };
}

/** Two of the same kind and object as one: the newer one speaks for both. */
export function merged(older: Notification, newer: Notification): Notification {
  return { ...newer, firstAt: older.firstAt, count: older.count + newer.count };
}

/** Of the same object and type. */
export function keyOf({ type, origin }: Notification): string {
  return `${type} ${subjectOf(origin)}`;
}

function subjectOf({ kind, namespace, name }: Origin): string {
  return `${kind}/${namespace}/${name}`;
}

/** How notifications are worded. */
export interface Wording {
  /** What CloudEvents call their source: names this cluster's Muster. */
  readonly source: string;
  /** A line of a message to Slack; {{field}} stands for a field. */
  readonly slackTemplate: string;
}

export const USUAL_WORDING: Wording = {
  source: "/muster",
  slackTemplate: "{{icon}} *{{namespace}}/{{name}}* {{type}}{{times}}: {{message}}",
};

interface Content {
  readonly contentType: string;
  readonly body: string;
}

/** How many fit into one request of that form. */
export const MOST_IN_ONE: Readonly<Record<NotifyTarget["format"], number>> = { cloudevents: 1, batch: 100, slack: 20 };

/** The body of one request that tells of all of these. */
export function contentFor(
  format: NotifyTarget["format"],
  notifications: readonly Notification[],
  wording: Wording,
): Content {
  if (format === "slack") {
    const lines = notifications.map((one) => slackLine(one, wording.slackTemplate));
    return { contentType: "application/json", body: JSON.stringify({ text: lines.join("\n") }) };
  }
  const events = notifications.map((one) => cloudEvent(one, wording.source));
  if (format === "batch") {
    return { contentType: "application/cloudevents-batch+json; charset=UTF-8", body: JSON.stringify(events) };
  }
  return { contentType: "application/cloudevents+json; charset=UTF-8", body: JSON.stringify(events[0]) };
}

/** CloudEvents 1.0 in structured mode. */
function cloudEvent(notification: Notification, source: string): object {
  const { id, type, origin, incident, firstAt, at, count } = notification;
  const { kind, namespace, name, file } = origin;
  return {
    specversion: "1.0",
    id,
    source,
    type: `dev.muster.autoscaler.${type}`,
    subject: printable(subjectOf(origin)),
    time: new Date(at).toISOString(),
    datacontenttype: "application/json",
    data: {
      ...{ kind, namespace, name, ...(file !== undefined && { file: printable(file) }) },
      severity: incident.type === "Warning" ? "warning" : "normal",
      reason: incident.reason,
      message: printable(incident.message),
      count,
      firstTime: new Date(firstAt).toISOString(),
    },
  };
}

const ICONS: Readonly<Partial<Record<NotificationType, string>>> = {
  scaled: ":arrows_counterclockwise:",
  recovered: ":white_check_mark:",
};

function slackLine({ type, origin, incident, count, at }: Notification, template: string): string {
  const fields: Readonly<Record<string, string>> = {
    icon: ICONS[type] ?? ":warning:",
    kind: origin.kind,
    namespace: origin.namespace,
    name: origin.name,
    type,
    reason: incident.reason,
    message: incident.message,
    time: new Date(at).toISOString(),
    count: String(count),
    times: count > 1 ? ` (${count} times)` : "",
  };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (written, field: string) =>
    escapeForSlack(ownValue(fields, field) ?? written),
  );
}

/** What would begin a mention or a link. */
function escapeForSlack(text: string): string {
  return printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
