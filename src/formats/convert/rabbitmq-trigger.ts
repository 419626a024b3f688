import type { Problem } from "../../core/index.ts";
import { hostPortOf, urlOf } from "./addresses.ts";
import type { Note, SignalDraft } from "./draft.ts";
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

const QUEUE_LENGTH = "20";
const SCHEMES = ["amqp", "amqps", "http", "https"];

/** KEDA's rabbitmq: the queue's length, or the rate of arrivals. */
export const rabbitmqTrigger: Conversion = ({ name, settings: s, secret }) => {
  const stated = s.host === undefined ? undefined : urlOf(s.host, SCHEMES);
  const host = typeof stated === "string" ? undefined : stated;
  const wrong = problems(s, host);
  if (typeof stated === "string") wrong.push({ path: "metadata.host", message: stated });
  if (host === undefined || wrong.length > 0) return { wrong };
  const isHttp = host.protocol.startsWith("http");
  const countsUnacknowledged = isHttp && s.excludeUnacknowledged !== "true";
  const username = decodeURIComponent(host.username) || s.username;
  const password = username ? credential("rabbitmq", "password", secret) : undefined;
  const rabbitmq = {
    ...serverOf(host, isHttp),
    ...(username ? { username, ...password?.setting } : {}),
    ...virtualHostOf(host, s),
    queue: s.queueName,
    ...(countsUnacknowledged ? { managementUrl: `${host.protocol}//${host.host}${prefixOf(host)}` } : {}),
  };
  const notes = [
    ...(isHttp ? [PORT_NOTE] : []),
    ...(countsUnacknowledged ? [] : [READY_NOTE]),
    ...(password ? [password.note] : []),
  ];
  return withNotes(signal(name, rabbitmq, s), notes);
};

function serverOf({ host, protocol }: URL, isHttp: boolean) {
  const isTls = protocol === "amqps:" || protocol === "https:";
  const usual = isTls ? 5671 : 5672;
  const server = hostPortOf(host, usual);
  if (typeof server === "string") throw new Error(server);
  return { ...server, ...(isHttp ? { port: usual } : {}), ...(isTls ? { tls: true } : {}) };
}

/** The last part of the path: before it, over HTTP, is where the management API is. */
function virtualHostOf({ pathname, protocol }: URL, { vhostName }: Settings) {
  const path = protocol.startsWith("http") ? pathname.slice(pathname.lastIndexOf("/") + 1) : pathname.slice(1);
  const virtualHost = vhostName ?? decodeURIComponent(path);
  return virtualHost === "" ? {} : { virtualHost };
}

function prefixOf({ pathname }: URL): string {
  return pathname.slice(0, pathname.lastIndexOf("/"));
}

const PORT_NOTE: Note = {
  path: ["source", "rabbitmq", "port"],
  text: "KEDA asked the management API alone; this counts ready messages over AMQP, whose usual port is taken: check it",
};

const READY_NOTE: Note = {
  path: ["source", "rabbitmq", "queue"],
  text: "as with this trigger, ready messages alone count; managementUrl counts those that workers hold unacknowledged too",
};

function signal(name: string, rabbitmq: object, s: Settings): SignalDraft {
  if (!isRate(s)) {
    const each = s.value ?? s.queueLength ?? QUEUE_LENGTH;
    return perReplica(name, { rabbitmq }, each, { activation: s.activationValue });
  }
  const throughput = { secondsPerMessage: 1 / Number(s.value) };
  const activeAbove = Number(s.activationValue ?? 0);
  const text = `one replica takes ${s.value} messages a second; unlike under KEDA, small changes are made too`;
  const signal = { name, source: { rabbitmq }, ...(activeAbove === 0 ? {} : { activeAbove }), throughput };
  return { signal, notes: [{ path: ["throughput"], text }] };
}

function problems(s: Settings, host: URL | undefined): Problem[] {
  const found = [
    ...lacking(s, "host", "queueName"),
    ...switchedOn(s, {
      useRegex: "name one queue: write a signal for each, of which the largest wins",
      unsafeSsl: CHECKED_CERTIFICATES,
    }),
  ];
  if (host !== undefined && !["auto", undefined, host.protocol.slice(0, 4)].includes(s.protocol)) {
    found.push(refused(s, "protocol", "auto, or the protocol of host"));
  }
  if (s.excludeUnacknowledged === "true" && host?.protocol.startsWith("amqp")) {
    found.push(refused(s, "excludeUnacknowledged", "false beside an amqp URL, as KEDA demands"));
  }
  if (isRate(s)) found.push(...rateProblems(s, host));
  else if ((s.mode ?? "QueueLength") !== "QueueLength") {
    found.push(refused(s, "mode", "QueueLength or MessageRate, as other rates are not read"));
  }
  return found;
}

function rateProblems(s: Settings, host: URL | undefined): readonly Problem[] {
  const found: Problem[] = [];
  if (!(Number(s.value) > 0)) found.push(refused(s, "value", "messages a second above 0"));
  if (s.excludeUnacknowledged === "true") {
    found.push(refused(s, "excludeUnacknowledged", "false, as the rate needs the management API"));
  }
  if (host !== undefined && !host.protocol.startsWith("http")) {
    const message = "expected the management API's http URL, as AMQP tells no rate";
    found.push({ path: "metadata.host", message });
  }
  return found;
}

const isRate = (s: Settings): boolean => s.mode === "MessageRate";
