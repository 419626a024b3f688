import type { Problem } from "../../core/index.ts";
import { type HostPort, hostPortOf } from "./addresses.ts";
import type { Note, SignalDraft } from "./draft.ts";
import {
  CHECKED_CERTIFICATES,
  type Conversion,
  credential,
  lacking,
  type Made,
  perReplica,
  refused,
  type Settings,
  switchedOn,
  type Trigger,
  withNotes,
} from "./trigger.ts";

const EACH = "5";

/** KEDA's redis: the length of a list, sorted set, set or hash, by the type of its key. */
export const redisTrigger: Conversion = (trigger) => {
  const { listName, listLength = EACH, activationListLength } = trigger.settings;
  const queue = { structure: "auto", key: listName };
  return made(trigger, { queue, each: listLength, activation: activationListLength }, "listName");
};

/** KEDA's redis-streams: a group's lag, its pending entries, or the stream's length. */
export const redisStreamsTrigger: Conversion = (trigger) => {
  const s = trigger.settings;
  const group = s.consumerGroup ? { group: s.consumerGroup } : {};
  const lag = Number(s.lagCount ?? 0) === 0 ? undefined : s.lagCount;
  const each = (s.consumerGroup ? (lag ?? s.pendingEntriesCount) : s.streamLength) ?? EACH;
  const queue = { structure: "stream", key: s.stream, ...group };
  const draft = made(trigger, { queue, each, activation: s.activationLagCount }, "stream");
  return "wrong" in draft || !s.consumerGroup ? draft : withNotes(draft, [groupNote(lag)]);
};

interface Load {
  readonly queue: Readonly<Record<string, unknown>>;
  readonly each: string;
  readonly activation: string | undefined;
}

function made(trigger: Trigger, load: Load, key: string): Made {
  const { settings: s } = trigger;
  const server = serverOf(s);
  const wrong = [
    ...("problem" in server ? [server.problem] : []),
    ...lacking(s, key),
    ...switchedOn(s, { unsafeSsl: CHECKED_CERTIFICATES }),
  ];
  const tls = s.tls ?? "disable";
  if (tls !== "enable" && tls !== "disable") wrong.push(refused(s, "tls", "enable or disable"));
  if (Number(s.lagCount ?? 1) < 0) wrong.push(refused(s, "lagCount", "a whole number above 0"));
  return "problem" in server || wrong.length > 0 ? { wrong } : signal(trigger, server, load);
}

/** `address`, or `host` and `port`; of several KEDA asks the first. */
function serverOf(s: Settings): HostPort | { readonly problem: Problem } {
  const [field, stated] = s.addresses === undefined ? ["address", first(s.address)] : ["addresses", first(s.addresses)];
  const [hostField, host] = s.host === undefined ? ["hosts", first(s.hosts)] : ["host", first(s.host)];
  const port = first(s.port ?? s.ports);
  if (stated === undefined && host === undefined) {
    const [problem] = lacking(s, "address");
    return { problem: problem as Problem };
  }
  if (stated === undefined && port === undefined) {
    const [problem] = lacking(s, "port");
    return { problem: problem as Problem };
  }
  const bracketed = host?.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const server = hostPortOf(stated ?? `${bracketed}:${port}`);
  return typeof server === "string"
    ? { problem: { path: `metadata.${stated === undefined ? hostField : field}`, message: server } }
    : server;
}

const first = (list: string | undefined): string | undefined => list?.split(",")[0]?.trim();

function signal({ name, settings: s, secret }: Trigger, server: HostPort, load: Load): SignalDraft {
  const password = s.passwordFromEnv === undefined ? undefined : credential("redis", "password", secret);
  const redis = {
    ...{ ...server, ...load.queue },
    ...(s.databaseIndex === undefined ? {} : { database: Number(s.databaseIndex) }),
    ...(s.enableTLS === "true" || s.tls === "enable" ? { tls: true } : {}),
    ...(s.username ? { username: s.username } : {}),
    ...password?.setting,
  };
  const draft = perReplica(name, { redis }, load.each, { activation: load.activation });
  return withNotes(draft, [...(password ? [password.note] : []), ...(s.usernameFromEnv ? [USERNAME_NOTE] : [])]);
}

const USERNAME_NOTE: Note = {
  path: ["source", "redis"],
  text: "KEDA took the user name from the workload's environment (usernameFromEnv): write it as username, as it is no secret",
};

/** Both count here, since what is pending is work that is not done. */
function groupNote(lag: string | undefined): Note {
  const counted = lag === undefined ? "the group's pending entries" : "the group's lag";
  const text = `under KEDA ${counted} alone counted; here lag and pending entries do`;
  return { path: ["source", "redis", "group"], text };
}
