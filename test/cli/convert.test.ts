import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, parseAllDocuments, stringify } from "yaml";
import { runMuster } from "../support/muster.ts";

async function converted(document: unknown, words: readonly string[] = []) {
  return runMuster(["convert", "-", ...words], { input: stringify(document) });
}

/** What one situation asks for under a manifest. */
async function desired(manifest: unknown, signal: string, current: number, reading: object): Promise<number> {
  const line = { autoscaler: manifest, currentReplicas: current, readings: { [signal]: reading } };
  const { stdout } = await runMuster(["decide"], { input: JSON.stringify(line) });
  return JSON.parse(stdout).desiredReplicas;
}

const WPA = {
  apiVersion: "k8s.practo.dev/v1",
  kind: "WorkerPodAutoScaler",
  metadata: { name: "mailer", namespace: "shop" },
  spec: {
    minReplicas: 1,
    maxReplicas: 30,
    targetMessagesPerWorker: 10,
    deploymentName: "mailer",
    queueURI: "beanstalk://queue.example/jobs",
    maxDisruption: "50%",
  },
};

const scaledObject = (spec: object) => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "ScaledObject",
  metadata: { name: "mailer" },
  spec: { scaleTargetRef: { name: "mailer" }, ...spec },
});

test("a WorkerPodAutoScaler becomes a WorkerAutoscaler that decides the same", async () => {
  const { status, stdout, stderr } = await converted(WPA);
  assert.deepEqual([status, stderr], [0, "1 of 1 converted\n"]);
  const manifest = parse(stdout);
  assert.deepEqual(manifest.metadata, { name: "mailer", namespace: "shop" });
  assert.deepEqual(manifest.spec.signals, [
    {
      name: "queue",
      source: { beanstalkd: { host: "queue.example", tube: "jobs" } },
      backlog: { messagesPerReplica: 10 },
    },
  ]);
  assert.match(stdout, /# the controller's --scale-down-delay.*\n {2}cooldownSeconds: 600/);
  for (const [current, value] of [
    [0, 5],
    [10, 105],
    [10, 111],
    [20, 1],
    [7, 0],
    [3, 9999],
  ] as const) {
    assert.equal(await desired(manifest, "queue", current, { value }), await desired(WPA, "queue", current, { value }));
  }
});

test("a PHPA file becomes one with a band, its credentials in a Secret to be made", async () => {
  const file = {
    kind: "PHPAConfig",
    dryRun: "true",
    deployment: { name: "consumer", namespace: "shop", minReplicas: 1, maxReplicas: 9, fallbackReplicas: 5 },
    metric: { name: "lag", metricType: "negative", metricThreshold: 100, metricMargin: 10 },
    metricServer: {
      adaptor: "influxdb",
      influxdb: { host: "influx", port: 8086, username: "u", password: "hunter2", database: "d", query: "select 1" },
    },
  };
  const { status, stdout } = await converted(file);
  assert.equal(status, 0);
  assert.doesNotMatch(stdout, /hunter2/);
  assert.match(stdout, /# credentials are kept in a Secret: create consumer-credentials with the key password/);
  const { spec } = parse(stdout);
  assert.deepEqual([spec.mode, spec.signals[0].band.low, spec.signals[0].band.high], ["DryRun", 90, 110]);
  assert.deepEqual(spec.fallback, { replicas: 5, approach: "Stepwise", afterSeconds: 35 });
  assert.deepEqual(spec.signals[0].source.influxdb.password, {
    secretRef: { name: "consumer-credentials", key: "password" },
  });
});

test("a HorizontalPodAutoscaler on External metrics keeps its behavior; anything else of it is an error", async () => {
  const hpa = (metric: object) => ({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "mailer" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "mailer" },
      maxReplicas: 9,
      metrics: [metric],
    },
  });
  const external = (target: object) => ({
    type: "External",
    external: { metric: { name: "queue_length", selector: { matchLabels: { queue: "mail" } } }, target },
  });
  const url = ["--prometheus-url", "http://prometheus:9090"];
  const good = await converted(hpa(external({ type: "AverageValue", averageValue: "1500m" })), url);
  assert.equal(good.status, 0, good.stderr);
  const { spec } = parse(good.stdout);
  assert.equal(spec.minReplicas, 1);
  assert.deepEqual(spec.behavior, { algorithm: "AutoscalingV1" });
  assert.deepEqual(spec.signals[0].perReplica, { value: 1.5 });
  assert.equal(spec.signals[0].source.prometheus.query, 'sum(queue_length{queue="mail"})');
  assert.match(good.stdout, /# an External metric's series come from an adapter/);
  const refused: [object, readonly string[], RegExp][] = [
    [external({ type: "AverageValue", averageValue: "1" }), [], /--prometheus-url/],
    [external({ type: "Value", value: "1" }), url, /spec\.metrics\[0\]\.external\.target: .*AverageValue, got Value/],
    [{ type: "Resource", resource: {} }, url, /spec\.metrics\[0\]\.type: expected an External metric, got "Resource"/],
  ];
  for (const [metric, words, expected] of refused) {
    const { status, stdout, stderr } = await converted(hpa(metric), words);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, expected);
  }
});

test("a ScaledObject's triggers become signals", async () => {
  const { status, stdout, stderr } = await converted(
    scaledObject({
      maxReplicaCount: 20,
      fallback: { failureThreshold: 3, replicas: 6 },
      triggers: [
        { type: "aws-sqs-queue", metadata: { queueURL: "https://sqs.eu-west-1.amazonaws.com/1/q", queueLength: "7" } },
        { type: "prometheus", metadata: { serverAddress: "http://p:9090", query: "sum(x)", threshold: "50" } },
        { type: "redis", metadata: { address: "redis:6380", listName: "jobs", listLength: 3, passwordFromEnv: "P" } },
        {
          type: "cron",
          metadata: { timezone: "Europe/Berlin", start: "0 8 * * *", end: "0 18 * * *", desiredReplicas: "4" },
        },
      ],
    }),
  );
  assert.equal(status, 0, stderr);
  const { spec } = parse(stdout);
  assert.deepEqual(
    spec.signals.map(({ name, whenMissing }: { name: string; whenMissing: string }) => [name, whenMissing]),
    [
      ["aws-sqs-queue", "Fallback"],
      ["prometheus-1", "Fallback"],
      ["redis-2", "Fallback"],
      ["cron-3", undefined],
    ],
  );
  assert.deepEqual(spec.signals[0].perReplica, { value: 7 });
  assert.deepEqual(spec.signals[2].source.redis.port, 6380);
  assert.deepEqual(spec.fallback, { replicas: 6, afterSeconds: 90, appliesTo: "Each" });
  assert.deepEqual([spec.scaleToZero, spec.cooldownSeconds], [{ cooldownSeconds: 300 }, 0]);
});

test("what cannot be converted is an error that names the field, and the rest is still converted", async () => {
  const objects = [
    scaledObject({ triggers: [{ type: "azure-queue", metadata: {} }] }),
    scaledObject({
      idleReplicaCount: 1,
      minReplicaCount: 2,
      triggers: [{ type: "beanstalkd", metadata: { server: "h", tube: "t", value: "5" } }],
    }),
    scaledObject({ triggers: [{ type: "prometheus", metadata: { query: "x" } }] }),
    { apiVersion: "apps/v1", kind: "Deployment" },
    WPA,
  ];
  const input = objects.map((object) => stringify(object)).join("---\n");
  const { status, stdout, stderr } = await runMuster(["convert", "-"], { input });
  assert.equal(status, 2);
  assert.match(
    stderr,
    /-:\d+:\d+: ScaledObject mailer: spec\.triggers\[0\]\.type: expected a trigger on .*, got azure-queue, .*for a prometheus or metrics-api trigger/,
  );
  assert.match(stderr, /spec\.idleReplicaCount: expected 0, the only idle number/);
  assert.match(stderr, /spec\.triggers\[0\]\.metadata\.serverAddress: expected a value, got nothing/);
  assert.match(stderr, /left out, as they are no autoscalers: Deployment/);
  assert.match(stderr, /\n1 of 4 converted\n$/);
  assert.equal(parseAllDocuments(stdout).length, 1);
});

test("the result passes muster check", async () => {
  const { stdout } = await converted(WPA);
  const { status } = await runMuster(["check", "--strict", "-"], { input: stdout });
  assert.equal(status, 0);
});
