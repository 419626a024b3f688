import assert from "node:assert/strict";
import { test } from "node:test";
import { convert } from "../../../src/formats/convert/convert.ts";
import { DEFAULTS } from "../../../src/formats/formats.ts";
import { madeBy, refusedBy } from "../../support/conversions.ts";

type Metadata = Readonly<Record<string, string>>;

const secretRef = (name: string, key: string) => ({ secretRef: { name, key } });
const CREATED = (key: string) => secretRef("mailer-credentials", key);

/** A trigger, as KEDA's documentation has them, with the parameters of a TriggerAuthentication by Secret's key. */
function conversion(type: string, metadata: Metadata, parameters: readonly string[] = [], data: Metadata = {}) {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  const authentications = [
    {
      kind: "TriggerAuthentication",
      metadata: { name: "login" },
      spec: { secretTargetRef: parameters.map((parameter) => ({ parameter, name: "keda", key: parameter })) },
    },
    { kind: "Secret", metadata: { name: "keda" }, data: Object.fromEntries(encoded) },
  ];
  const trigger = { type, metadata, ...(parameters.length > 0 && { authenticationRef: { name: "login" } }) };
  return convert(
    {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: "mailer" },
      spec: { scaleTargetRef: { name: "mailer" }, triggers: [trigger] },
    },
    { defaults: DEFAULTS, authentications },
  );
}

const PROMETHEUS = { serverAddress: "http://prometheus:9090", query: "sum(lag)", threshold: "100.5" };
const INFLUXDB = { serverURL: "http://influxdb:8086", query: "from(b)", thresholdValue: "4.4" };
const REDIS = { address: "redis:6379" };
const DATABASE = { host: "db", port: "5432", dbName: "shop", query: "SELECT 5" };

interface Kept {
  readonly what: string;
  readonly trigger: Parameters<typeof conversion>;
  readonly source: object;
  readonly rule: object;
  readonly says?: RegExp;
}

const KEPT: readonly Kept[] = [
  {
    what: "prometheus with headers, parameters and a token",
    trigger: [
      "prometheus",
      {
        ...{ ...PROMETHEUS, activationThreshold: "5.5", customHeaders: "X-Shop=a,X-Team=b=c", authModes: "bearer" },
        ...{ namespace: "shop", queryParameters: "dedup=true", ignoreNullValues: "false", unsafeSsl: "false" },
      },
      ["bearerToken", "ca"],
    ],
    source: {
      prometheus: {
        ...{ url: "http://prometheus:9090/?namespace=shop&dedup=true", query: "sum(lag)" },
        ...{ headers: { "X-Shop": "a", "X-Team": "b=c" }, bearerToken: secretRef("keda", "bearerToken") },
      },
    },
    rule: { activeAbove: 5.5, perReplica: { value: 100.5 } },
    says: /# "ca" of the TriggerAuthentication "login" .* state the certificate as caCertificate/,
  },
  {
    what: "prometheus with a user name out of a Secret that came along",
    trigger: ["prometheus", { ...PROMETHEUS, authModes: "basic" }, ["username", "password"], { username: "keda" }],
    source: {
      prometheus: {
        ...{ url: "http://prometheus:9090", query: "sum(lag)", username: "keda" },
        password: secretRef("keda", "password"),
      },
    },
    rule: { emptyValue: 0, perReplica: { value: 100.5 } },
    says: /# an empty answer counts as 0, as under KEDA/,
  },
  {
    what: "graphite with its default threshold",
    trigger: ["graphite", { serverAddress: "http://graphite:81", query: "a.b", queryTime: "-10Minutes" }],
    source: { graphite: { url: "http://graphite:81", query: "a.b&from=-10Minutes" } },
    rule: { emptyValue: 0, freshnessSeconds: 600, perReplica: { value: 100 } },
    says: /# under KEDA the newest point of all queryTime counted/,
  },
  {
    what: "graphite query with characters that a URL escapes, as part of its target",
    trigger: ["graphite", { serverAddress: "http://graphite:81", query: "alias(a,'100%25&x')", queryTime: "today" }],
    source: { graphite: { url: "http://graphite:81", query: "alias(a,'100%2525%26x')&from=today" } },
    rule: { emptyValue: 0, perReplica: { value: 100 } },
    says: /# a value that is older than freshnessSeconds \(120/,
  },
  {
    what: "influxdb 2, whose token may not stand in the open",
    trigger: ["influxdb", { ...INFLUXDB, organizationName: "shop", authToken: "hunter2" }],
    source: {
      influxdb: {
        ...{ url: "http://influxdb:8086", version: "2", organization: "shop", query: "from(b)" },
        bearerToken: CREATED("bearerToken"),
      },
    },
    rule: { perReplica: { value: 4.4 } },
    says: /# KEDA took the first value of the answer/,
  },
  {
    what: "influxdb 3",
    trigger: [
      "influxdb",
      { ...INFLUXDB, influxVersion: "3", database: "shop", queryType: "FlightSQL", metricKey: "lag" },
      ["authToken"],
    ],
    source: {
      influxdb: {
        ...{ url: "http://influxdb:8086", version: "3", database: "shop", language: "sql", query: "from(b)" },
        bearerToken: secretRef("keda", "authToken"),
      },
    },
    rule: { emptyValue: 0, perReplica: { value: 4.4 } },
    says: /# the last column counts here: let it be lag/,
  },
  {
    what: "metrics-api that answers with YAML",
    trigger: ["metrics-api", { url: "http://shop/stats", format: "yaml", valueLocation: "jobs.0", targetValue: "5" }],
    source: { http: { url: "http://shop/stats", format: "yaml", path: "/jobs/0" } },
    rule: { perReplica: { value: 5 } },
  },
  {
    what: "metrics-api that answers with Prometheus's text format",
    trigger: [
      "metrics-api",
      { url: "http://shop/m", format: "prometheus", valueLocation: 'jobs{queue="a.b"}', targetValue: "5" },
    ],
    source: { http: { url: "http://shop/m", format: "prometheus", path: 'jobs{queue="a.b"}' } },
    rule: { perReplica: { value: 5 } },
  },
  {
    what: "redis, whose user name was in the workload's environment",
    trigger: ["redis", { ...REDIS, listName: "mails", listLength: "10", enableTLS: "true", usernameFromEnv: "U" }],
    source: { redis: { host: "redis", port: 6379, structure: "auto", key: "mails", tls: true } },
    rule: { perReplica: { value: 10 } },
    says: /# KEDA took the user name from the workload's environment/,
  },
  {
    what: "redis-streams by lag",
    trigger: [
      "redis-streams",
      { ...REDIS, stream: "mails", consumerGroup: "g", lagCount: "7", activationLagCount: "3" },
    ],
    source: { redis: { host: "redis", port: 6379, structure: "stream", key: "mails", group: "g" } },
    rule: { activeAbove: 3, perReplica: { value: 7 } },
    says: /# under KEDA the group's lag alone counted; here lag and pending entries do/,
  },
  {
    what: "redis-streams by pending entries",
    trigger: ["redis-streams", { ...REDIS, stream: "mails", consumerGroup: "g", pendingEntriesCount: "8" }],
    source: { redis: { host: "redis", port: 6379, structure: "stream", key: "mails", group: "g" } },
    rule: { perReplica: { value: 8 } },
    says: /# under KEDA the group's pending entries alone counted/,
  },
  {
    what: "redis-streams by length",
    trigger: ["redis-streams", { host: "redis", port: "6380", stream: "mails", streamLength: "50" }],
    source: { redis: { host: "redis", port: 6380, structure: "stream", key: "mails" } },
    rule: { perReplica: { value: 50 } },
  },
  {
    what: "postgresql over TLS",
    trigger: [
      "postgresql",
      { ...DATABASE, userName: "keda", sslmode: "require", targetQueryValue: "2.2" },
      ["password"],
    ],
    source: {
      postgresql: {
        ...{ host: "db", port: 5432, username: "keda", database: "shop", query: "SELECT 5", tls: true },
        password: secretRef("keda", "password"),
      },
    },
    rule: { perReplica: { value: 2.2 } },
    says: /# sslmode was require; here the server's certificate and name are always checked/,
  },
  {
    what: "mysql with its activation value",
    trigger: [
      "mysql",
      {
        ...DATABASE,
        port: "3306",
        username: "keda",
        passwordFromEnv: "P",
        queryValue: "4.4",
        activationQueryValue: "5",
      },
    ],
    source: {
      mysql: {
        ...{ host: "db", port: 3306, username: "keda", database: "shop", query: "SELECT 5" },
        password: CREATED("password"),
      },
    },
    rule: { activeAbove: 5, perReplica: { value: 4.4 } },
  },
  {
    what: "aws-sqs-queue of an emulator, without messages in flight and with delayed ones",
    trigger: [
      "aws-sqs-queue",
      {
        ...{ queueURL: "http://localstack:4566/000000000000/mails", awsRegion: "eu-west-1", queueLength: "5" },
        ...{ scaleOnInFlight: "false", scaleOnDelayed: "true" },
      },
      ["awsAccessKeyID"],
    ],
    source: {
      sqs: {
        ...{ queueUrl: "http://localstack:4566/000000000000/mails", region: "eu-west-1" },
        ...{ includeInFlight: false, includeDelayed: true },
      },
    },
    rule: { perReplica: { value: 5 } },
    says: /the controller's own AWS credentials are used/,
  },
  {
    what: "rabbitmq over HTTP below a path",
    trigger: ["rabbitmq", { host: "http://rabbitmq:15672/api-prefix/shop", queueName: "mails", value: "20" }],
    source: {
      rabbitmq: {
        ...{ host: "rabbitmq", port: 5672, virtualHost: "shop", queue: "mails" },
        managementUrl: "http://rabbitmq:15672/api-prefix",
      },
    },
    rule: { perReplica: { value: 20 } },
  },
  {
    what: "rabbitmq whose whole address is in a Secret",
    trigger: ["rabbitmq", { queueName: "mails" }, ["host"], { host: "amqp://keda:hunter2@rabbitmq/shop" }],
    source: {
      rabbitmq: {
        ...{ host: "rabbitmq", port: 5672, username: "keda", virtualHost: "shop", queue: "mails" },
        password: CREATED("password"),
      },
    },
    rule: { perReplica: { value: 20 } },
  },
  {
    what: "kafka whose SASL is in a Secret",
    trigger: [
      "kafka",
      { brokerList: "kafka:9092", consumerGroup: "mailers", topic: "mails", version: "1.0.0" },
      ["sasl", "username", "password", "tls", "cert"],
      { sasl: "plaintext", username: "keda\n", tls: "enable" },
    ],
    source: {
      kafka: {
        ...{ brokers: ["kafka:9092"], group: "mailers", topics: ["mails"], username: "keda" },
        ...{ uncommitted: "one", lagPerReplica: 10, limitedBy: "partitions" },
        ...{ password: secretRef("keda", "password"), mechanism: "plain", tls: true },
      },
    },
    rule: { perReplica: { value: 10 } },
    says: /# "cert" of .*: client certificates are not sent, so see whether the server asks for one/,
  },
  {
    what: "beanstalkd with delayed jobs",
    trigger: ["beanstalkd", { server: "queues:11300", tube: "mails", value: "5", includeDelayed: "true" }],
    source: { beanstalkd: { host: "queues", port: 11300, tube: "mails", includeDelayed: true } },
    rule: { perReplica: { value: 5 } },
  },
];

for (const { what, trigger, source, rule, says = /^/ } of KEPT) {
  test(`KEDA's ${what} keeps its source and its number`, () => {
    const { text, spec } = madeBy(conversion(...trigger));
    const { name, source: found, ...others } = spec.signals[0];
    assert.equal(name, trigger[0]);
    assert.deepEqual(found, source);
    assert.deepEqual(others, rule);
    assert.match(text, says);
    assert.doesNotMatch(text, /hunter2/);
  });
}

test("what cannot be kept is an error that names the field and the way out", () => {
  const refused: readonly [type: string, metadata: Metadata, ...expected: RegExp[]][] = [
    ["prometheus", { ...PROMETHEUS, authModes: "tls,basic" }, /authModes: expected bearer or basic.*proxy/],
    [
      "prometheus",
      { ...PROMETHEUS, authModes: "custom", unsafeSsl: "true" },
      /unsafeSsl: .*caCertificate/,
      /authModes/,
    ],
    ["prometheus", { ...PROMETHEUS, customHeaders: "Authorization=hunter2" }, /customHeaders: .*got Authorization/],
    ["prometheus", { serverAddress: "http://p" }, /metadata\.query: /, /metadata\.threshold: expected a value/],
    [
      "influxdb",
      { ...INFLUXDB, organizationNameFromEnv: "ORG" },
      /organizationName: .*in place of organizationNameFromEnv/,
    ],
    ["influxdb", { ...INFLUXDB, influxVersion: "3", queryType: "Flux" }, /database: /, /queryType: expected InfluxQL/],
    ["redis", { ...REDIS, listName: "mails", unsafeSsl: "true" }, /unsafeSsl: /],
    [
      "postgresql",
      { connectionFromEnv: "DB", query: "q", targetQueryValue: "1" },
      /connectionFromEnv: .*host, port, userName/,
    ],
    ["mysql", { ...DATABASE }, /queryValue: expected a value/, /userName: expected a value/],
    [
      "aws-sqs-queue",
      { queueURL: "mails", awsRegion: "eu-west-1" },
      /queueURL: expected the URL of a queue, .*got mails/,
    ],
  ];
  for (const [type, metadata, ...expected] of refused) {
    const said = refusedBy(conversion(type, metadata));
    for (const one of expected) assert.match(said, one);
    assert.doesNotMatch(said, /hunter2/);
  }
  const hidden = refusedBy(conversion("rabbitmq", { queueName: "mails" }, ["host"]));
  assert.match(
    hidden,
    /authenticationRef: expected the Secret "keda", in which login keeps host, got nothing \(hand in/,
  );
});
