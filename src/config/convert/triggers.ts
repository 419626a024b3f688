import type { SignalDraft } from "./draft.ts";
import { credentialNote } from "./stated-source.ts";

type Settings = Readonly<Record<string, string>>;
type Rule = Readonly<Record<string, unknown>>;

interface Trigger {
  readonly settings: Settings;
  readonly name: string;
  /** The Secret that credentials are to be put into. */
  readonly secret: string;
}

type Made =
  | SignalDraft
  | { readonly window: Readonly<Record<string, unknown>> }
  | { readonly path: string; readonly message: string };

/** KEDA's triggers that we have sources for: their metadata as a signal of ours. */
export const TRIGGERS: Readonly<Record<string, (trigger: Trigger) => Made>> = {
  "aws-sqs-queue": ({ name, settings: s }) => {
    if (!s.queueURL) return lacking("queueURL");
    const notes =
      s.scaleOnInFlight === "false"
        ? [
            {
              path: ["backlog"],
              text: "messages in flight count here; under KEDA they did not (scaleOnInFlight: false)",
            },
          ]
        : [];
    return { ...backlog(name, { sqs: { queueUrl: s.queueURL } }, s.queueLength, 5), notes };
  },
  beanstalkd: ({ name, settings: s }) => {
    const [host, port] = hostAndPort(s.server, 11300);
    if (!host || !s.tube) return lacking(host ? "tube" : "server");
    return backlog(name, { beanstalkd: { host, port, tube: s.tube } }, s.value, 5);
  },
  prometheus: ({ name, settings: s }) => {
    if (!s.serverAddress || !s.query) return lacking(s.query ? "serverAddress" : "query");
    return perReplica(
      name,
      { prometheus: { url: s.serverAddress, query: s.query } },
      s.threshold,
      s.activationThreshold,
    );
  },
  graphite: ({ name, settings: s }) => {
    if (!s.serverAddress || !s.query) return lacking(s.query ? "serverAddress" : "query");
    const query = s.queryTime ? `${s.query}&from=${s.queryTime}` : s.query;
    return perReplica(name, { graphite: { url: s.serverAddress, query } }, s.threshold, s.activationThreshold);
  },
  influxdb: ({ name, settings: s, secret }) => {
    if (!s.serverURL || !s.query) return lacking(s.query ? "serverURL" : "query");
    const bearerToken = { secretRef: { name: secret, key: "bearerToken" } };
    const settings = { url: s.serverURL, version: "2", organization: s.organizationName, query: s.query, bearerToken };
    const notes = [credential("influxdb", "bearerToken", secret)];
    return { ...perReplica(name, { influxdb: settings }, s.thresholdValue, s.activationThresholdValue), notes };
  },
  redis: ({ name, settings: s, secret }) => {
    const [host, port] = hostAndPort(s.address ?? s.host, Number(s.port ?? 6379));
    if (!host || !s.listName) return lacking(host ? "listName" : "address");
    return withPassword("redis", secret, s.passwordFromEnv, (password) =>
      backlog(
        name,
        { redis: { host, port, structure: "list", key: s.listName, ...database(s), ...password } },
        s.listLength,
        5,
      ),
    );
  },
  "redis-streams": ({ name, settings: s, secret }) => {
    const [host, port] = hostAndPort(s.address ?? s.host, Number(s.port ?? 6379));
    if (!host || !s.stream) return lacking(host ? "stream" : "address");
    const group = s.consumerGroup ? { group: s.consumerGroup } : {};
    return withPassword("redis", secret, s.passwordFromEnv, (password) =>
      backlog(
        name,
        { redis: { host, port, structure: "stream", key: s.stream, ...group, ...database(s), ...password } },
        s.lagCount ?? s.pendingEntriesCount ?? s.streamLength,
        5,
      ),
    );
  },
  postgresql: (trigger) => sql("postgresql", trigger, trigger.settings.targetQueryValue),
  mysql: (trigger) => sql("mysql", trigger, trigger.settings.queryValue),
  cron: ({ name, settings: s }) => {
    for (const field of ["start", "end", "timezone", "desiredReplicas"]) if (!s[field]) return lacking(field);
    const { start, end, timezone: timeZone } = s;
    return { window: { name, start, end, timeZone, minReplicas: Number(s.desiredReplicas) } };
  },
};

function sql(type: "postgresql" | "mysql", { name, settings: s, secret }: Trigger, each: string | undefined): Made {
  if (!s.query || !s.host || !s.dbName) return lacking(s.query ? (s.host ? "dbName" : "host") : "query");
  const username = s.userName ?? s.username ?? "";
  return withPassword(type, secret, s.passwordFromEnv, (password) =>
    perReplica(
      name,
      { [type]: { host: s.host, ...port(s.port), username, database: s.dbName, query: s.query, ...password } },
      each,
      s.activationTargetQueryValue,
    ),
  );
}

function backlog(name: string, source: Rule, each: string | undefined, usual: number): SignalDraft {
  return { signal: { name, source, backlog: { messagesPerReplica: Number(each ?? usual) } } };
}

function perReplica(name: string, source: Rule, each: string | undefined, activation: string | undefined): SignalDraft {
  const activationValue = activation === undefined ? {} : { activationValue: Number(activation) };
  return { signal: { name, source, perReplica: { value: Number(each ?? 1), ...activationValue } } };
}

function withPassword(
  type: string,
  secret: string,
  fromEnvironment: string | undefined,
  make: (password: Rule) => SignalDraft,
): SignalDraft {
  if (fromEnvironment === undefined) return make({});
  const draft = make({ password: { secretRef: { name: secret, key: "password" } } });
  return { ...draft, notes: [...(draft.notes ?? []), credential(type, "password", secret)] };
}

function credential(type: string, key: string, secret: string) {
  return { path: ["source", type, key], text: credentialNote(secret, key) };
}

function hostAndPort(address: string | undefined, usual: number): [host: string | undefined, port: number] {
  const [host, port] = (address ?? "").split(":");
  return [host, port ? Number(port) : usual];
}

function port(stated: string | undefined): Rule {
  return stated === undefined ? {} : { port: Number(stated) };
}

function database({ databaseIndex }: Settings): Rule {
  return databaseIndex === undefined ? {} : { database: Number(databaseIndex) };
}

function lacking(field: string): { readonly path: string; readonly message: string } {
  return { path: `metadata.${field}`, message: "expected a value, got nothing" };
}
