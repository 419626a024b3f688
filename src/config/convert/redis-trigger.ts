import type { Problem } from "../../core/index.ts";
import type { Note, SignalDraft } from "./draft.ts";
import { hostAndPort } from "./host-and-port.ts";
import {
  backlog,
  CHECKED_CERTIFICATES,
  type Conversion,
  credential,
  lacking,
  type Settings,
  switchedOn,
  type Trigger,
  withNotes,
} from "./trigger.ts";

type Rule = Readonly<Record<string, unknown>>;

/** KEDA's redis: the length of a list. */
export const redisTrigger: Conversion = (trigger) => {
  const s = trigger.settings;
  const wrong = problems(s, "listName");
  if (wrong.length > 0) return { wrong };
  return signal(trigger, { structure: "list", key: s.listName }, s.listLength, s.activationListLength);
};

/** KEDA's redis-streams: a group's lag, its pending entries, or the stream's length. */
export const redisStreamsTrigger: Conversion = (trigger) => {
  const s = trigger.settings;
  const wrong = problems(s, "stream");
  if (wrong.length > 0) return { wrong };
  const group = s.consumerGroup && !s.streamLength ? { group: s.consumerGroup } : {};
  const each = s.lagCount ?? s.pendingEntriesCount ?? s.streamLength;
  const draft = signal(trigger, { structure: "stream", key: s.stream, ...group }, each, s.activationLagCount);
  return withNotes(draft, "group" in group ? [groupNote(s)] : []);
};

function problems(s: Settings, key: string): readonly Problem[] {
  return [
    ...(s.address || s.host ? [] : lacking(s, "address")),
    ...lacking(s, key),
    ...switchedOn(s, { unsafeSsl: CHECKED_CERTIFICATES }),
  ];
}

function signal(
  { name, settings: s, secret }: Trigger,
  queue: Rule,
  each: string | undefined,
  activation: string | undefined,
): SignalDraft {
  const [host, port] = hostAndPort(s.address ?? s.host, Number(s.port ?? 6379));
  const password = s.passwordFromEnv === undefined ? undefined : credential("redis", "password", secret);
  const redis = {
    ...{ host, port, ...queue },
    ...(s.databaseIndex === undefined ? {} : { database: Number(s.databaseIndex) }),
    ...(s.enableTLS === "true" || s.tls === "enable" ? { tls: true } : {}),
    ...(s.username ? { username: s.username } : {}),
    ...password?.setting,
  };
  const draft = backlog(name, { redis }, { each, activation });
  return withNotes(draft, [...(password ? [password.note] : []), ...(s.usernameFromEnv ? [USERNAME_NOTE] : [])]);
}

const USERNAME_NOTE: Note = {
  path: ["source", "redis"],
  text: "KEDA took the user name from the workload's environment (usernameFromEnv): write it as username, as it is no secret",
};

/** Both count here, since what is pending is work that is not done. */
function groupNote({ lagCount }: Settings): Note {
  const counted = lagCount === undefined ? "the group's pending entries" : "the group's lag";
  const text = `under KEDA ${counted} alone counted; here lag and pending entries do`;
  return { path: ["source", "redis", "group"], text };
}
