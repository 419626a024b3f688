import { cloudwatchTrigger } from "./cloudwatch-trigger.ts";
import { cronTrigger } from "./cron-trigger.ts";
import type { Note, SignalDraft } from "./draft.ts";
import { kafkaTrigger } from "./kafka-trigger.ts";
import { metricsApiTrigger } from "./metrics-api-trigger.ts";
import { natsJetstreamTrigger } from "./nats-jetstream-trigger.ts";
import { rabbitmqTrigger } from "./rabbitmq-trigger.ts";
import {
  backlog,
  type Conversion,
  credential,
  lacking,
  type Made,
  perReplica,
  type Settings,
  type Trigger,
  withNotes,
} from "./trigger.ts";

type Rule = Readonly<Record<string, unknown>>;

const MISSING_IS_NO_ZERO: Note = {
  path: ["source"],
  text: "an empty answer was 0 under KEDA; here it is a missing value, which never lowers the number (see whenMissing)",
};

/** KEDA's triggers that we have sources for: their metadata as a signal of ours. */
export const TRIGGERS: Readonly<Record<string, Conversion>> = {
  kafka: kafkaTrigger,
  "apache-kafka": kafkaTrigger,
  rabbitmq: rabbitmqTrigger,
  "nats-jetstream": natsJetstreamTrigger,
  "aws-cloudwatch": cloudwatchTrigger,
  "metrics-api": metricsApiTrigger,
  cron: cronTrigger,
  "aws-sqs-queue": ({ name, settings: s }) => {
    const wrong = lacking(s, "queueURL");
    if (wrong.length > 0) return { wrong };
    const notes =
      s.scaleOnInFlight === "false"
        ? ["messages in flight count here; under KEDA they did not (scaleOnInFlight: false)"]
        : [];
    const load = { each: s.queueLength, activation: s.activationQueueLength };
    const draft = backlog(name, { sqs: { queueUrl: s.queueURL } }, load);
    const rule = "backlog" in draft.signal ? "backlog" : "perReplica";
    return withNotes(
      draft,
      notes.map((text) => ({ path: [rule], text })),
    );
  },
  beanstalkd: ({ name, settings: s }) => {
    const [host, port] = hostAndPort(s.server, 11300);
    const wrong = lacking(s, "server", "tube");
    if (wrong.length > 0) return { wrong };
    return backlog(
      name,
      { beanstalkd: { host, port, tube: s.tube } },
      { each: s.value, activation: s.activationValue },
    );
  },
  prometheus: ({ name, settings: s }) => {
    const wrong = lacking(s, "serverAddress", "query");
    if (wrong.length > 0) return { wrong };
    return withNotes(
      perReplica(name, { prometheus: { url: s.serverAddress, query: s.query } }, s.threshold, s.activationThreshold),
      [MISSING_IS_NO_ZERO],
    );
  },
  graphite: ({ name, settings: s }) => {
    const wrong = lacking(s, "serverAddress", "query");
    if (wrong.length > 0) return { wrong };
    const query = s.queryTime ? `${s.query}&from=${s.queryTime}` : s.query;
    const draft = perReplica(name, { graphite: { url: s.serverAddress, query } }, s.threshold, s.activationThreshold);
    return withNotes(draft, [MISSING_IS_NO_ZERO]);
  },
  influxdb: ({ name, settings: s, secret }) => {
    const wrong = lacking(s, "serverURL", "query");
    if (wrong.length > 0) return { wrong };
    const { setting, note } = credential("influxdb", "bearerToken", secret);
    const settings = { url: s.serverURL, version: "2", organization: s.organizationName, query: s.query, ...setting };
    return withNotes(perReplica(name, { influxdb: settings }, s.thresholdValue, s.activationThresholdValue), [note]);
  },
  redis: ({ name, settings: s, secret }) => {
    const [host, port] = hostAndPort(s.address ?? s.host, Number(s.port ?? 6379));
    const wrong = [...(host ? [] : lacking(s, "address")), ...lacking(s, "listName")];
    if (wrong.length > 0) return { wrong };
    return withPassword("redis", secret, s.passwordFromEnv, (password) =>
      backlog(
        name,
        { redis: { host, port, structure: "list", key: s.listName, ...database(s), ...tls(s), ...password } },
        { each: s.listLength, activation: s.activationListLength },
      ),
    );
  },
  "redis-streams": ({ name, settings: s, secret }) => {
    const [host, port] = hostAndPort(s.address ?? s.host, Number(s.port ?? 6379));
    const wrong = [...(host ? [] : lacking(s, "address")), ...lacking(s, "stream")];
    if (wrong.length > 0) return { wrong };
    const group = s.consumerGroup ? { group: s.consumerGroup } : {};
    return withPassword("redis", secret, s.passwordFromEnv, (password) =>
      backlog(
        name,
        { redis: { host, port, structure: "stream", key: s.stream, ...group, ...database(s), ...tls(s), ...password } },
        { each: s.lagCount ?? s.pendingEntriesCount ?? s.streamLength, activation: s.activationLagCount },
      ),
    );
  },
  postgresql: (trigger) => sql("postgresql", trigger, trigger.settings.targetQueryValue),
  mysql: (trigger) => sql("mysql", trigger, trigger.settings.queryValue),
};

function sql(type: "postgresql" | "mysql", { name, settings: s, secret }: Trigger, each: string | undefined): Made {
  const wrong = lacking(s, "query", "host", "dbName");
  if (wrong.length > 0) return { wrong };
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

function withPassword(
  type: string,
  secret: string,
  fromEnvironment: string | undefined,
  make: (password: Rule) => SignalDraft,
): SignalDraft {
  if (fromEnvironment === undefined) return make({});
  const { setting, note } = credential(type, "password", secret);
  return withNotes(make(setting), [note]);
}

function hostAndPort(address: string | undefined, usual: number): [host: string | undefined, port: number] {
  const [host, port] = (address ?? "").split(":");
  return [host, port ? Number(port) : usual];
}

function port(stated: string | undefined): Rule {
  return stated === undefined ? {} : { port: Number(stated) };
}

function tls({ enableTLS }: Settings): Rule {
  return enableTLS === "true" ? { tls: true } : {};
}

function database({ databaseIndex }: Settings): Rule {
  return databaseIndex === undefined ? {} : { database: Number(databaseIndex) };
}
