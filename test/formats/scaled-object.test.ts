import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { Parsed } from "../../src/core/index.ts";
import { convert } from "../../src/formats/convert/convert.ts";
import { DEFAULTS, parseAutoscaler } from "../../src/formats/formats.ts";
import { parseScaledObject } from "../../src/formats/scaled-object.ts";
import { parseWorkerAutoscaler } from "../../src/formats/worker-autoscaler.ts";

const TRIGGERS = [
  {
    type: "prometheus",
    metadata: { serverAddress: "http://p:9090", query: "q", threshold: "5", activationThreshold: "2" },
  },
  { type: "kafka", metadata: { bootstrapServers: "k:9092", consumerGroup: "g", topic: "t", lagThreshold: "7" } },
  { type: "rabbitmq", metadata: { host: "amqp://me:secret@r:5672/v", queueName: "q", value: "3" } },
  { type: "aws-sqs-queue", metadata: { queueURL: "https://sqs.eu-west-1.amazonaws.com/1/q", awsRegion: "eu-west-1" } },
  { type: "redis", metadata: { address: "r:6379", listName: "l", listLength: "4" } },
  { type: "redis-streams", metadata: { address: "r:6379", stream: "s", consumerGroup: "g", lagCount: "6" } },
  { type: "nats-jetstream", metadata: { natsServerMonitoringEndpoint: "n:8222", stream: "s", consumer: "c" } },
  { type: "beanstalkd", metadata: { server: "b:11300", tube: "t", value: "1" } },
  {
    type: "cron",
    metadata: { timezone: "Europe/Berlin", start: "0 8 * * *", end: "0 18 * * *", desiredReplicas: "4" },
  },
  { type: "metrics-api", metadata: { url: "http://m/", valueLocation: "a.b", targetValue: "9" } },
] as const;
const SPECS = [
  {},
  { minReplicaCount: 2, maxReplicaCount: 30, pollingInterval: 5 },
  { idleReplicaCount: 0, minReplicaCount: 3, cooldownPeriod: 60, initialCooldownPeriod: 90 },
  { fallback: { failureThreshold: 3, replicas: 6, behavior: "currentReplicasIfHigher" } },
  {
    advanced: {
      horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 30 } } },
    },
  },
];

function scaledObject(spec: object, metadata: object = {}) {
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "w", namespace: "t", ...metadata },
    spec: { scaleTargetRef: { name: "w" }, triggers: [TRIGGERS[0]], ...spec },
  };
}

function autoscalerOf(parsed: Parsed) {
  if (!("autoscaler" in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return parsed.autoscaler;
}

test("a ScaledObject means what its conversion means, for each trigger and each setting", () => {
  for (const trigger of TRIGGERS) {
    for (const spec of SPECS) {
      const object = scaledObject({ triggers: [trigger], ...spec });
      const { yaml, problems } = convert(object, { defaults: DEFAULTS });
      assert.ok(yaml, JSON.stringify(problems));
      const made = autoscalerOf(parseWorkerAutoscaler(parse(yaml), { secrets: () => "secret" }));
      const direct = autoscalerOf(parseAutoscaler(object));
      assert.deepEqual(
        { ...direct, id: made.id, origin: made.origin },
        made,
        `${trigger.type} ${JSON.stringify(spec)}`,
      );
      assert.deepEqual([direct.id, direct.origin.kind], ["ScaledObject/t/w", "ScaledObject"]);
    }
  }
});

test("what means something else than under KEDA is a warning at its own place", () => {
  const { problems } = parseScaledObject(scaledObject({ triggers: [TRIGGERS[0], TRIGGERS[6]] }));
  assert.deepEqual(
    problems.map(({ path, severity }) => [path, severity]),
    [["spec.triggers[1]", "warning"]],
  );
  assert.match(problems[0]?.message ?? "", /monitoring port/);
});

test("a trigger that cannot be kept refuses the object, as without it the number could be too small", () => {
  const parsed = parseScaledObject(
    scaledObject({ triggers: [TRIGGERS[0], { type: "cpu", metadata: { value: "5" } }] }),
  );
  assert.ok(!("autoscaler" in parsed));
  assert.deepEqual(
    parsed.problems.map(({ path }) => path),
    ["spec.triggers[1].type"],
  );
});

const SASL = { ...TRIGGERS[1].metadata, sasl: "plaintext", username: "me" };
const LOGIN = {
  apiVersion: "keda.sh/v1alpha1",
  kind: "TriggerAuthentication",
  metadata: { name: "login", namespace: "t" },
  spec: { secretTargetRef: [{ parameter: "password", name: "s", key: "k" }] },
};

test("a credential that neither the trigger states nor an authentication is asked for", () => {
  const { problems } = parseScaledObject(scaledObject({ triggers: [{ type: "kafka", metadata: SASL }] }));
  assert.deepEqual(
    problems.filter(({ severity }) => severity !== "warning").map(({ path, message }) => `${path}: ${message}`),
    ["spec.triggers[0].authenticationRef: expected a password for kafka, got none"],
  );
});

test("credentials of two triggers are kept apart, and a ClusterTriggerAuthentication's are KEDA's", () => {
  const triggers = [
    { type: "kafka", metadata: SASL, authenticationRef: { name: "login" } },
    { type: "kafka", metadata: SASL, authenticationRef: { name: "login", kind: "ClusterTriggerAuthentication" } },
    { type: "rabbitmq", metadata: { ...TRIGGERS[2].metadata, host: "amqp://me:other@r/v" } },
    TRIGGERS[2],
  ];
  const clusterLogin = { ...LOGIN, kind: "ClusterTriggerAuthentication", metadata: { name: "login" } };
  const { signals } = autoscalerOf(
    parseScaledObject(scaledObject({ triggers }), {
      among: [LOGIN, clusterLogin],
      secrets: ({ name, key }) => `${name} ${key}`,
      ofCluster: (name) => `${name}.of-keda`,
    }),
  );
  assert.deepEqual(
    signals.map(({ source }) => source.settings.password),
    ["s k", "s.of-keda k", "other", "secret"],
  );
});

test("a host that is kept in a Secret is read from there", () => {
  const authentication = { ...LOGIN, spec: { secretTargetRef: [{ parameter: "host", name: "s", key: "k" }] } };
  const trigger = { type: "rabbitmq", metadata: { queueName: "q" }, authenticationRef: { name: "login" } };
  const context = { among: [authentication] };
  const object = scaledObject({ triggers: [trigger] });
  const [signal] = autoscalerOf(
    parseScaledObject(object, { ...context, secrets: () => "amqps://me:secret@far/v" }),
  ).signals;
  const { host, port, password } = signal?.source.settings ?? {};
  assert.deepEqual([host, port, password], ["far", 5671, "secret"]);
  const { problems } = parseScaledObject(object, { ...context, secrets: () => ({ reason: "SecretMissing" }) });
  assert.deepEqual(
    problems.map(({ path, reason }) => [path, reason]),
    [["spec.triggers[0].authenticationRef", "SecretMissing"]],
  );
});

test("when it was last active is taken over from KEDA's status, so that its cooldown goes on", () => {
  const status = { lastActiveTime: "2026-11-30T10:00:00Z", conditions: [{ type: "Active", status: "False" }] };
  const parsed = parseScaledObject({ ...scaledObject({}), status });
  assert.ok("autoscaler" in parsed);
  assert.deepEqual(parsed.memory, { activity: { active: false, since: Date.parse("2026-11-30T10:00:00Z") } });
});
