import type { Problem } from "../../core/index.ts";
import type { Note, SignalDraft } from "./draft.ts";
import {
  backlog,
  CHECKED_CERTIFICATES,
  type Conversion,
  credential,
  lacking,
  refused,
  type Settings,
  switchedOn,
  withNotes,
} from "./trigger.ts";

const QUEUE_LENGTH = "20";
const PROTOCOLS = ["amqp:", "amqps:", "http:", "https:"];

/** KEDA's rabbitmq: the queue's length, or the rate of arrivals. */
export const rabbitmqTrigger: Conversion = ({ name, settings: s, secret }) => {
  const host = urlOf(s.host);
  const wrong = problems(s, host);
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

function serverOf({ hostname, port, protocol }: URL, isHttp: boolean) {
  const isTls = protocol === "amqps:" || protocol === "https:";
  const usual = isTls ? 5671 : 5672;
  return { host: hostname, port: isHttp || port === "" ? usual : Number(port), ...(isTls ? { tls: true } : {}) };
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
    return backlog(name, { rabbitmq }, { each, activation: s.activationValue });
  }
  const throughput = { secondsPerMessage: 1 / Number(s.value) };
  const text = "one replica takes as many messages a second as value said";
  return { signal: { name, source: { rabbitmq }, throughput }, notes: [{ path: ["throughput"], text }] };
}

function problems(s: Settings, host: URL | undefined): readonly Problem[] {
  const found = [
    ...lacking(s, "host", "queueName"),
    ...switchedOn(s, {
      useRegex: "name one queue: write a signal for each, of which the largest wins",
      unsafeSsl: CHECKED_CERTIFICATES,
    }),
  ];
  if (s.host && host === undefined) {
    const url = { path: "metadata.host", message: "expected a URL such as amqp://user@rabbitmq:5672/vhost" };
    found.push(url);
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
  if (Number(s.activationValue ?? 0) !== 0) {
    found.push(refused(s, "activationValue", "0, as a rate of arrivals has no activation value here"));
  }
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

function urlOf(text = ""): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !PROTOCOLS.includes(url.protocol) || url.hostname === "") return undefined;
  return isEscapedWell(url.username + url.pathname) ? url : undefined;
}

function isEscapedWell(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
