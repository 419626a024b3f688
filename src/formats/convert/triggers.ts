import { hostPortOf, httpUrlProblems } from "./addresses.ts";
import { cloudwatchTrigger } from "./cloudwatch-trigger.ts";
import { cronTrigger } from "./cron-trigger.ts";
import { httpLogin } from "./http-login.ts";
import { influxdbTrigger } from "./influxdb-trigger.ts";
import { kafkaTrigger } from "./kafka-trigger.ts";
import { metricsApiTrigger } from "./metrics-api-trigger.ts";
import { natsJetstreamTrigger } from "./nats-jetstream-trigger.ts";
import { prometheusTrigger } from "./prometheus-trigger.ts";
import { rabbitmqTrigger } from "./rabbitmq-trigger.ts";
import { redisStreamsTrigger, redisTrigger } from "./redis-trigger.ts";
import { mysqlTrigger, postgresqlTrigger } from "./sql-trigger.ts";
import { sqsTrigger } from "./sqs-trigger.ts";
import { type Conversion, emptyNote, lacking, perReplica, withNotes } from "./trigger.ts";

const GRAPHITE_THRESHOLD = "100";

const graphiteTrigger: Conversion = ({ name, settings: s, secret }) => {
  const login = httpLogin("graphite", s, { field: "authMode", secret });
  const wrong = [...lacking(s, "serverAddress", "query"), ...httpUrlProblems(s, "serverAddress"), ...login.problems];
  if (wrong.length > 0) return { wrong };
  const query = s.queryTime ? `${s.query}&from=${s.queryTime}` : s.query;
  const graphite = { url: s.serverAddress, query, ...login.settings };
  const load = { activation: s.activationThreshold, emptyValue: 0 };
  const draft = perReplica(name, { graphite }, s.threshold ?? GRAPHITE_THRESHOLD, load);
  return withNotes(draft, [emptyNote(0), ...login.notes]);
};

const beanstalkdTrigger: Conversion = ({ name, settings: s }) => {
  const wrong = lacking(s, "server", "tube", "value");
  if (wrong.length > 0) return { wrong };
  const server = hostPortOf(s.server ?? "");
  if (typeof server === "string") return { wrong: [{ path: "metadata.server", message: server }] };
  const draft = perReplica(name, { beanstalkd: { ...server, tube: s.tube } }, s.value, {
    activation: s.activationValue,
  });
  const text = "jobs that are delayed do not count here; under KEDA they did (includeDelayed: true)";
  return withNotes(draft, s.includeDelayed === "true" ? [{ path: ["source"], text }] : []);
};

/** KEDA's triggers that we have sources for: their metadata as a signal of ours. */
export const TRIGGERS: Readonly<Record<string, Conversion>> = {
  kafka: kafkaTrigger,
  "apache-kafka": kafkaTrigger,
  rabbitmq: rabbitmqTrigger,
  "nats-jetstream": natsJetstreamTrigger,
  "aws-cloudwatch": cloudwatchTrigger,
  "aws-sqs-queue": sqsTrigger,
  beanstalkd: beanstalkdTrigger,
  prometheus: prometheusTrigger,
  graphite: graphiteTrigger,
  influxdb: influxdbTrigger,
  redis: redisTrigger,
  "redis-streams": redisStreamsTrigger,
  postgresql: postgresqlTrigger,
  mysql: mysqlTrigger,
  cron: cronTrigger,
  "metrics-api": metricsApiTrigger,
};
