import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { convert } from "../../../src/formats/convert/convert.ts";
import { DEFAULTS } from "../../../src/formats/formats.ts";
import { madeBy, refusedBy } from "../../support/conversions.ts";
import { assertPrintable, HARMLESS, HOSTILE } from "../../support/hostile-text.ts";
import { runMuster } from "../../support/muster.ts";

const SQS = {
  type: "aws-sqs-queue",
  metadata: { queueURL: "https://sqs.eu-west-1.amazonaws.com/123456789012/mails", queueLength: "5" },
};
const REDIS = {
  type: "redis",
  metadata: { address: "redis:6379", listName: "mails", passwordFromEnv: "REDIS_PASSWORD" },
};

function conversion(spec: object, annotations: object = {}, authentications: readonly object[] = []) {
  return convert(
    {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: "mailer", namespace: "shop", annotations },
      spec: { scaleTargetRef: { name: "mailer" }, triggers: [SQS], ...spec },
    },
    { defaults: DEFAULTS, authentications },
  );
}

const converted = (...given: Parameters<typeof conversion>) => madeBy(conversion(...given));

const refusal = (...given: Parameters<typeof conversion>) => refusedBy(conversion(...given));

/** A whole file as people keep it, after KEDA's own documentation. */
const FILE = `
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {name: postgres, namespace: shop}
spec:
  secretTargetRef:
    - {parameter: password, name: postgres-login, key: pw}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: invoices
  namespace: shop
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: invoices}
  pollingInterval: 10
  cooldownPeriod: 600
  initialCooldownPeriod: 120
  minReplicaCount: 1
  maxReplicaCount: 12
  fallback: {failureThreshold: 6, replicas: 4}
  advanced:
    restoreToOriginalReplicaCount: true
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          stabilizationWindowSeconds: 120
          policies: [{type: Percent, value: 50, periodSeconds: 60}]
  triggers:
    - type: postgresql
      metadata:
        host: db.shop
        port: "5432"
        userName: keda
        dbName: shop
        sslmode: disable
        query: SELECT count(*) FROM invoices WHERE sent IS NULL
        targetQueryValue: "20"
        activationTargetQueryValue: "2"
      authenticationRef: {name: postgres}
`;

test("a file with a ScaledObject and its TriggerAuthentication becomes one that needs nothing but a look at its comments", async () => {
  const { status, stdout, stderr } = await runMuster(["convert", "-"], { input: FILE });
  assert.deepEqual([status, stderr], [0, "1 of 1 converted\n"]);
  assert.deepEqual(parse(stdout).spec, {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "StatefulSet", name: "invoices" },
    minReplicas: 1,
    maxReplicas: 12,
    pollIntervalSeconds: 10,
    cooldownSeconds: 0,
    signals: [
      {
        name: "postgresql",
        source: {
          postgresql: {
            ...{ host: "db.shop", port: 5432, username: "keda", database: "shop" },
            query: "SELECT count(*) FROM invoices WHERE sent IS NULL",
            password: { secretRef: { name: "postgres-login", key: "pw" } },
          },
        },
        perReplica: { value: 20 },
        whenMissing: "Fallback",
      },
    ],
    behavior: {
      scaleUp: {},
      scaleDown: { stabilizationWindowSeconds: 120, policies: [{ type: "Percent", value: 50, periodSeconds: 60 }] },
    },
    fallback: { replicas: 4, afterSeconds: 60, appliesTo: "Each" },
  });
  for (const comment of [
    /# restoreToOriginalReplicaCount is not kept/,
    /# failureThreshold was 6: the time that these failures take, one every 10 s/,
  ]) {
    assert.match(stdout, comment);
  }
  const check = await runMuster(["check", "-"], { input: stdout });
  assert.doesNotMatch(check.stderr, /unknown field/);
});

test("of several Redis servers the first is read, as KEDA does", () => {
  const server = { host: "a", port: 6379 };
  for (const metadata of [{ addresses: "a:6379,b:6380" }, { hosts: "a, b", ports: "6379, 6380" }]) {
    const { host, port } = converted({ triggers: [{ type: "redis", metadata: { ...metadata, listName: "l" } }] }).spec
      .signals[0].source.redis;
    assert.deepEqual({ host, port }, server);
  }
});

test("triggers whose long names differ only at their end stay two signals", () => {
  const name = "x".repeat(70);
  const { spec } = converted({
    triggers: [
      { ...SQS, name: `${name}a` },
      { ...SQS, name: `${name}b` },
    ],
  });
  const names = spec.signals.map((signal: { name: string }) => signal.name);
  assert.equal(new Set(names).size, 2);
  for (const one of names) assert.ok(one.length <= 63, one);
});

test("the identity of a TriggerAuthentication is said to be the controller's where one is sent, and nowhere else", () => {
  const authentication = {
    kind: "TriggerAuthentication",
    metadata: { name: "pod", namespace: "shop" },
    spec: { podIdentity: { provider: "azure-workload" } },
  };
  const authenticationRef = { name: "pod" };
  const { text: aws } = converted({ triggers: [{ ...SQS, authenticationRef }] }, {}, [authentication]);
  assert.match(aws, /# podIdentity of .*: the controller's own AWS credentials are used/);
  const { text } = converted({ triggers: [{ ...REDIS, authenticationRef }] }, {}, [authentication]);
  assert.match(
    text,
    /# podIdentity of .*: this source sends no identity of a cloud, so see whether the server asks for one/,
  );
});

test("credentials that a TriggerAuthentication names take the place of those that were to be created", () => {
  const metadata = { name: "redis", namespace: "shop" };
  const redis = {
    kind: "TriggerAuthentication",
    metadata,
    spec: { secretTargetRef: [{ parameter: "password", name: "r", key: "p" }] },
  };
  const { text, spec } = converted({ triggers: [{ ...REDIS, authenticationRef: { name: "redis" } }] }, {}, [redis]);
  assert.deepEqual(spec.signals[0].source.redis.password, { secretRef: { name: "r", key: "p" } });
  assert.doesNotMatch(text, /create mailer-credentials/);
});

test("what else a TriggerAuthentication holds, one of the cluster, one of elsewhere and one that is not there are remarked on", () => {
  const triggers = [{ ...REDIS, authenticationRef: { name: "redis" } }];
  const missing =
    /# the TriggerAuthentication "redis", from which KEDA takes parameters, is not among what was converted/;
  assert.match(converted({ triggers }).text, missing);
  const elsewhere = { kind: "TriggerAuthentication", metadata: { name: "redis", namespace: "other" }, spec: {} };
  assert.match(converted({ triggers }, {}, [elsewhere]).text, missing);
  const ofCluster = {
    kind: "ClusterTriggerAuthentication",
    metadata: { name: "redis" },
    spec: {
      secretTargetRef: [
        { parameter: "password", name: "r", key: "p" },
        { parameter: "sentinelPassword", name: "r", key: "s" },
      ],
      podIdentity: { provider: "aws" },
      env: [{ parameter: "address", name: "REDIS" }],
    },
  };
  const authenticationRef = { name: "redis", kind: "ClusterTriggerAuthentication" };
  const { text } = converted({ triggers: [{ ...REDIS, authenticationRef }] }, {}, [ofCluster]);
  assert.match(
    text,
    /# podIdentity of the ClusterTriggerAuthentication "redis" is not taken over: this source sends no identity/,
  );
  assert.match(text, /# env of .* is not taken over: the workload, .* is not known/);
  assert.match(text, /names Secrets of KEDA's namespace: they must be in this object's/);
  assert.match(text, /# "sentinelPassword" of .* \(Secret r, key s\) is no credential of this source/);
});

test("a paused ScaledObject stays paused, at its number or at the present one, or in one direction", () => {
  const at = converted({}, { "autoscaling.keda.sh/paused-replicas": "3" });
  assert.deepEqual([at.spec.mode, at.spec.pausedReplicas], ["Paused", 3]);
  assert.match(at.text, /# the ScaledObject is paused: Active sets it going\n {2}mode: Paused/);
  const now = converted({}, { "autoscaling.keda.sh/paused": "true" });
  assert.deepEqual([now.spec.mode, now.spec.pausedReplicas], ["Paused", undefined]);
  assert.equal(converted({}, { "autoscaling.keda.sh/paused": "false" }).spec.mode, undefined);
  const down = converted({}, { "autoscaling.keda.sh/paused-scale-in": "true" });
  assert.deepEqual(down.spec.behavior, { scaleUp: {}, scaleDown: { selectPolicy: "Disabled" } });
  assert.match(down.text, /# the ScaledObject says autoscaling\.keda\.sh\/paused-scale-in: take selectPolicy away/);
  const up = converted({}, { "autoscaling.keda.sh/paused-scale-out": "true" });
  assert.deepEqual(up.spec.behavior, { scaleUp: { selectPolicy: "Disabled" }, scaleDown: {} });
  assert.match(
    refusal({}, { "autoscaling.keda.sh/paused-replicas": "few" }),
    /paused-replicas"\]: expected a whole number/,
  );
});

test("a fallback keeps its behavior, for each trigger on its own", () => {
  const fallback = (behavior?: string) => ({ fallback: { failureThreshold: 3, replicas: 6, behavior } });
  const kept: readonly [behavior: string | undefined, expected: object][] = [
    [undefined, { replicas: 6 }],
    ["static", { replicas: 6 }],
    ["currentReplicas", { replicas: 0, direction: "UpOnly" }],
    ["currentReplicasIfHigher", { replicas: 6, direction: "UpOnly" }],
    ["currentReplicasIfLower", { replicas: 6, direction: "DownOnly" }],
  ];
  for (const [behavior, expected] of kept) {
    const { spec } = converted(fallback(behavior));
    assert.deepEqual(spec.fallback, { ...expected, afterSeconds: 90, appliesTo: "Each" });
    assert.equal(spec.signals[0].whenMissing, "Fallback");
  }
  assert.match(refusal(fallback("scalingModifiers")), /^spec\.fallback\.behavior: expected one of static, current/);
});

test("a metricType that feeds on the present number is refused, and so is an idle number above 0", () => {
  assert.match(
    refusal({ triggers: [{ ...SQS, metricType: "Value" }] }),
    /^spec\.triggers\[0\]\.metricType: expected AverageValue, got Value \(Value multiplies the present replicas/,
  );
  assert.match(
    refusal({ idleReplicaCount: 1, minReplicaCount: 2 }),
    /^spec\.idleReplicaCount: expected 0, the only idle number that works with KEDA, got 1/,
  );
});

test("no field of a trigger is left out in silence, and its value is not shown", () => {
  const metadata = { ...REDIS.metadata, enableTLS: "true", sentinelMaster: "hunter2" };
  const { text, spec } = converted({ triggers: [{ type: "redis", metadata }] });
  assert.equal(spec.signals[0].source.redis.tls, true);
  assert.match(text, /# the trigger's sentinelMaster was not taken over: see whether it matters/);
  assert.doesNotMatch(text, /hunter2/);
  assert.match(refusal({ triggers: [{ type: "redis", metadata: {} }] }), /metadata\.listName: .*\n.*metadata\.address/);
});

test("control characters of the original are escaped in the comments", () => {
  const trigger = { ...SQS, metadata: { ...SQS.metadata, [HOSTILE]: "1" } };
  const { text } = converted({ triggers: [trigger] });
  assertPrintable(text);
  assert.ok(text.includes(`# the trigger's ${HARMLESS} was not taken over`), text);
});
