import assert from "node:assert/strict";
import { test } from "node:test";
import { convert } from "../../../src/formats/convert/convert.ts";
import { DEFAULTS } from "../../../src/formats/formats.ts";
import { madeBy } from "../../support/conversions.ts";

type Metadata = Readonly<Record<string, string>>;

function conversion(triggers: readonly object[], spec: object = {}) {
  return convert(
    {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: "mailer" },
      spec: { scaleTargetRef: { name: "mailer" }, maxReplicaCount: 20, triggers, ...spec },
    },
    { defaults: DEFAULTS },
  );
}

const converted = (...given: Parameters<typeof conversion>) => madeBy(conversion(...given));

function signalOf(type: string, metadata: Metadata) {
  const { text, spec } = converted([{ type, metadata }]);
  return { text, signal: spec.signals[0] };
}

const KAFKA: Metadata = { bootstrapServers: "a:9092, b:9092", consumerGroup: "mailers", topic: "mails" };
const RABBITMQ: Metadata = { host: "amqp://muster:hunter2@rabbitmq/shop", queueName: "mails" };
const RABBITMQ_HTTP: Metadata = { ...RABBITMQ, host: "http://muster:hunter2@rabbitmq:15672/shop" };
const NATS: Metadata = { natsServerMonitoringEndpoint: "nats:8222", account: "$G", stream: "M", consumer: "c" };
const CLOUDWATCH: Metadata = {
  namespace: "AWS/SQS",
  metricName: "Age",
  dimensionName: "QueueName;Region",
  dimensionValue: "jobs;x",
  targetMetricValue: "60",
  minMetricValue: "0",
  awsRegion: "eu-west-1",
};
const METRICS_API: Metadata = { url: "http://shop/stats", valueLocation: "queues.0.size", targetValue: "5" };
const CRON: Metadata = { timezone: "UTC", start: "0 8 * * *", end: "0 18 * * *", desiredReplicas: "4" };

test("kafka keeps its topics, partitions, cap and activation value", () => {
  const { signal, text } = signalOf("kafka", {
    ...KAFKA,
    lagThreshold: "50",
    activationLagThreshold: "3",
    partitionLimitation: "1,3-5",
    limitToPartitionsWithLag: "true",
    offsetResetPolicy: "latest",
    scaleToZeroOnInvalidOffset: "true",
    tls: "enable",
    sasl: "scram_sha512",
    username: "u",
  });
  assert.deepEqual(signal.source.kafka, {
    brokers: ["a:9092", "b:9092"],
    group: "mailers",
    topics: ["mails"],
    partitions: [1, 3, 4, 5],
    uncommitted: "none",
    lagPerReplica: 50,
    username: "u",
    password: { secretRef: { name: "mailer-credentials", key: "password" } },
    mechanism: "scram-sha-512",
    tls: true,
  });
  assert.deepEqual([signal.perReplica, signal.activeAbove], [{ value: 50 }, 3]);
  assert.match(text, /# credentials are kept in a Secret/);
});

test("kafka's cap by partitions is kept, and what a partition without an offset counts as", () => {
  const usual = signalOf("apache-kafka", KAFKA).signal;
  assert.deepEqual(usual.perReplica, { value: 10 });
  const { lagPerReplica, limitedBy, uncommitted } = usual.source.kafka;
  assert.deepEqual([lagPerReplica, limitedBy, uncommitted], [10, "partitions", "one"]);
  const { kafka } = signalOf("kafka", { ...KAFKA, allowIdleConsumers: "true", offsetResetPolicy: "earliest" }).signal
    .source;
  assert.deepEqual([kafka.lagPerReplica, kafka.limitedBy, kafka.uncommitted], [undefined, undefined, undefined]);
});

test("rabbitmq over AMQP counts ready messages, and a password in the URL goes nowhere", () => {
  const { signal, text } = signalOf("rabbitmq", RABBITMQ);
  assert.deepEqual(signal.source.rabbitmq, {
    host: "rabbitmq",
    port: 5672,
    username: "muster",
    password: { secretRef: { name: "mailer-credentials", key: "password" } },
    virtualHost: "shop",
    queue: "mails",
  });
  assert.deepEqual(signal.perReplica, { value: 20 });
  assert.match(text, /# as with this trigger, ready messages alone count.*\n? *.*\n +queue: mails/);
  assert.doesNotMatch(text, /hunter2/);
});

test("rabbitmq over HTTP counts unacknowledged messages too, unless they were excluded, and knows the rate", () => {
  const { signal, text } = signalOf("rabbitmq", RABBITMQ_HTTP);
  assert.equal(signal.source.rabbitmq.managementUrl, "http://rabbitmq:15672");
  assert.match(text, /# KEDA asked the management API alone.*\n +port: 5672/);
  assert.doesNotMatch(text, /hunter2/);
  const ready = signalOf("rabbitmq", { ...RABBITMQ_HTTP, excludeUnacknowledged: "true" });
  assert.equal(ready.signal.source.rabbitmq.managementUrl, undefined);
  assert.match(ready.text, /ready messages alone count/);
  assert.doesNotMatch(text, /ready messages alone count/);
  const rate = signalOf("rabbitmq", { ...RABBITMQ_HTTP, mode: "MessageRate", value: "4" });
  assert.deepEqual(rate.signal.throughput, { secondsPerMessage: 0.25 });
});

test("nats-jetstream is read over the clients' port, with credentials of the account", () => {
  const { signal, text } = signalOf("nats-jetstream", { ...NATS, account: "SHOP" });
  assert.deepEqual(signal.source["nats-jetstream"], {
    host: "nats",
    port: 4222,
    stream: "M",
    consumer: "c",
    credentials: { secretRef: { name: "mailer-credentials", key: "credentials" } },
  });
  assert.match(text, /# KEDA asked the monitoring port/);
  assert.match(text, /# they must be of the account "SHOP"/);
  assert.equal(signalOf("nats-jetstream", NATS).signal.source["nats-jetstream"].credentials, undefined);
});

test("aws-cloudwatch keeps period and dimensions, and its points are fresh as long as they are looked for", () => {
  const { signal, text } = signalOf("aws-cloudwatch", { ...CLOUDWATCH, activationTargetMetricValue: "2" });
  assert.deepEqual(signal.source.cloudwatch.dimensions, { QueueName: "jobs", Region: "x" });
  assert.deepEqual([signal.source.cloudwatch.periodSeconds, signal.source.cloudwatch.withinSeconds], [300, 900]);
  assert.equal(signal.freshnessSeconds, 900);
  assert.deepEqual([signal.perReplica, signal.activeAbove, signal.emptyValue], [{ value: 60 }, 2, 0]);
  assert.match(text, /# an empty answer counts as 0, as under KEDA/);
});

test("metrics-api becomes http, its GJSON path a JSON pointer", () => {
  const { signal } = signalOf("metrics-api", { ...METRICS_API, authMode: "bearer" });
  assert.deepEqual(signal.source.http, {
    url: "http://shop/stats",
    path: "/queues/0/size",
    bearerToken: { secretRef: { name: "mailer-credentials", key: "bearerToken" } },
  });
});

test("cron is a signal of its own, so that of windows that overlap the largest counts", () => {
  const triggers = ["1", "7", "99"].map((desiredReplicas) => ({
    type: "cron",
    metadata: { ...CRON, desiredReplicas },
  }));
  const { spec } = converted([{ type: "nats-jetstream", metadata: NATS }, ...triggers], { minReplicaCount: 2 });
  assert.equal(spec.schedule, undefined);
  assert.deepEqual(
    spec.signals.slice(1).map(({ source }: { source: { cron: { value: number } } }) => source.cron.value),
    [1, 7, 99],
  );
  assert.deepEqual(spec.signals[1].perReplica, { value: 1 });
});

test("a TriggerAuthentication, which is not read, is remarked upon", () => {
  const { text } = converted([{ type: "kafka", metadata: KAFKA, authenticationRef: { name: "login" } }]);
  assert.match(text, /# the TriggerAuthentication "login", from which KEDA takes parameters/);
});

test("what cannot be kept is an error that names the field, all of a trigger's at once", () => {
  const refused: readonly [type: string, metadata: Metadata, ...fields: string[]][] = [
    ["kafka", {}, "consumerGroup", "bootstrapServers"],
    ["kafka", { ...KAFKA, ensureEvenDistributionOfPartitions: "true" }, "ensureEvenDistributionOfPartitions"],
    ["kafka", { ...KAFKA, excludePersistentLag: "true", unsafeSsl: "true" }, "excludePersistentLag", "unsafeSsl"],
    ["kafka", { ...KAFKA, sasl: "gssapi" }, "sasl", "username"],
    ["kafka", { ...KAFKA, partitionLimitation: "5-1" }, "partitionLimitation"],
    ["kafka", { ...KAFKA, partitionLimitation: "0-99999999999" }, "partitionLimitation"],
    ["rabbitmq", { queueName: "q", hostFromEnv: "HOST" }, "host"],
    ["rabbitmq", { ...RABBITMQ, host: "amqp://rabbitmq/%zz" }, "host"],
    ["rabbitmq", { ...RABBITMQ, useRegex: "true" }, "useRegex"],
    ["rabbitmq", { ...RABBITMQ_HTTP, mode: "DeliverGetRate" }, "mode"],
    ["rabbitmq", { ...RABBITMQ, mode: "MessageRate", value: "0" }, "value", "host"],
    ["nats-jetstream", { account: "$G" }, "natsServerMonitoringEndpoint", "stream", "consumer"],
    ["aws-cloudwatch", { ...CLOUDWATCH, dimensionValue: "x", metricUnit: "Count" }, "dimensionValue", "metricUnit"],
    [
      "aws-cloudwatch",
      { ...CLOUDWATCH, metricEndTimeOffset: "60", awsAccountId: "1" },
      "awsAccountId",
      "metricEndTimeOffset",
    ],
    ["metrics-api", { ...METRICS_API, valueLocation: "jobs.#" }, "valueLocation"],
    ["metrics-api", { ...METRICS_API, format: "prometheus", valueLocation: 'jobs{a=~"b"}' }, "valueLocation"],
    ["metrics-api", { ...METRICS_API, format: "xml", authMode: "apiKey" }, "format", "authMode"],
    ["metrics-api", { ...METRICS_API, aggregateFromKubeServiceEndpoints: "true" }, "aggregateFromKubeServiceEndpoints"],
    ["metrics-api", { ...METRICS_API, url: "http://u:hunter2@api/x" }, "url"],
    ["cron", { ...CRON, desiredReplicas: "many" }, "desiredReplicas"],
    ["cron", { ...CRON, start: "0 0 30 2 *" }, "start"],
    ["beanstalkd", { server: "queues", tube: "mails", value: "5" }, "server"],
    ["redis", { hosts: "::1,b", ports: "x,1", listName: "l" }, "hosts"],
  ];
  for (const [type, metadata, ...fields] of refused) {
    const result = conversion([{ type, metadata }]);
    assert.equal(result.yaml, undefined, JSON.stringify([type, metadata]));
    assert.deepEqual(
      result.problems.map(({ path }) => path),
      fields.map((field) => `spec.triggers[0].metadata.${field}`),
    );
    assert.ok(!JSON.stringify(result).includes("hunter2"));
  }
});
