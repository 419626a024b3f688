import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { convertDocuments } from "../../../src/formats/convert/convert-documents.ts";
import { DEFAULTS } from "../../../src/formats/formats.ts";
import { describeProblem } from "../../../src/formats/problems.ts";
import { readDocuments } from "../../../src/formats/read-documents.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a user gets is YAML
type Made = any;

function convertedText(text: string): { readonly yaml: string; readonly made: Made; readonly problems: string[] } {
  const { results, problems } = convertDocuments([{ file: "sj.yaml", documents: readDocuments(text) }], {
    defaults: DEFAULTS,
  });
  const yaml = results.join("---\n");
  return { yaml, made: yaml === "" ? undefined : parse(yaml), problems: problems.map(describeProblem) };
}

const TEMPLATE = { spec: { containers: [{ name: "worker", image: "worker:1" }], restartPolicy: "Never" } };
const RABBITMQ = {
  type: "rabbitmq",
  metadata: { host: "amqp://rabbitmq.default:5672/", queueName: "hello", value: "5" },
};

function scaledJob(spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledJob",
    metadata: { name: "encoder", namespace: "media", ...metadata },
    spec: { jobTargetRef: { template: TEMPLATE }, triggers: [RABBITMQ], ...spec },
  };
}

const converted = (spec?: object, metadata?: object) => convertedText(JSON.stringify(scaledJob(spec, metadata)));

test("the sample of KEDA's documentation, with the Secret that its container reads", () => {
  const host = Buffer.from("amqp://user:s3cret@rabbitmq.default.svc.cluster.local:5672").toString("base64");
  const { yaml, made, problems } = convertedText(`apiVersion: v1
kind: Secret
metadata:
  name: rabbitmq-consumer-secrets
data:
  RabbitMqHost: ${host}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledJob
metadata:
  name: rabbitmq-consumer
  namespace: default
spec:
  jobTargetRef:
    template:
      spec:
        containers:
        - name: demo-rabbitmq-client
          image: demo-rabbitmq-client:1
          imagePullPolicy: Always
          command: ["receive"]
          envFrom:
            - secretRef:
                name: rabbitmq-consumer-secrets
        restartPolicy: Never
    backoffLimit: 4
  pollingInterval: 10             # Optional. Default: 30 seconds
  maxReplicaCount: 30             # Optional. Default: 100
  successfulJobsHistoryLimit: 3   # Optional. Default: 100. How many completed jobs should be kept.
  failedJobsHistoryLimit: 2       # Optional. Default: 100. How many failed jobs should be kept.
  scalingStrategy:
    strategy: "custom"                        # Optional. Default: default. Which Scaling Strategy to use.
    customScalingQueueLengthDeduction: 1      # Optional. A parameter to optimize custom ScalingStrategy.
    customScalingRunningJobPercentage: "0.5"  # Optional. A parameter to optimize custom ScalingStrategy.
  triggers:
  - type: rabbitmq
    metadata:
      queueName: hello
      hostFromEnv: RabbitMqHost
      mode: QueueLength
      value: '5'
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(made, {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "rabbitmq-consumer", namespace: "default" },
    spec: {
      jobTemplate: {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "demo-rabbitmq-client",
                  image: "demo-rabbitmq-client:1",
                  imagePullPolicy: "Always",
                  command: ["receive"],
                  envFrom: [{ secretRef: { name: "rabbitmq-consumer-secrets" } }],
                },
              ],
              restartPolicy: "Never",
            },
          },
          backoffLimit: 4,
        },
      },
      jobs: {
        strategy: "Custom",
        custom: { queueLengthDeduction: 1, runningJobPercentage: 0.5 },
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 2,
      },
      minReplicas: 0,
      maxReplicas: 30,
      pollIntervalSeconds: 10,
      signals: [
        {
          name: "rabbitmq",
          source: {
            rabbitmq: {
              host: "rabbitmq.default.svc.cluster.local",
              port: 5672,
              username: "user",
              password: { secretRef: { name: "rabbitmq-consumer-credentials", key: "password" } },
              queue: "hello",
            },
          },
          perReplica: { value: 5 },
        },
      ],
    },
  });
  assert.doesNotMatch(yaml, /s3cret/);
  assert.match(yaml, /KEDA may create more Jobs than maxReplicaCount by this strategy/);
  assert.match(yaml, /leaves the Jobs that run alone, as rollout.strategy: gradual does/);
});

test("each strategy has its own here", () => {
  const strategy = (scalingStrategy: object) => converted({ scalingStrategy }).made.spec.jobs.strategy;
  assert.equal(converted().made.spec.jobs.strategy, "Default");
  assert.equal(strategy({ strategy: "default" }), "Default");
  assert.equal(strategy({ strategy: "accurate" }), "Accurate");
  assert.equal(strategy({ strategy: "eager" }), "Eager");
  const custom = { strategy: "custom", customScalingRunningJobPercentage: "0" };
  assert.deepEqual(converted({ scalingStrategy: custom }).made.spec.jobs.custom, {
    queueLengthDeduction: 0,
    runningJobPercentage: 0,
  });
  const { made, yaml } = converted({ scalingStrategy: { strategy: "custom" } });
  assert.equal(made.spec.jobs.strategy, "Default", "as KEDA does without a percentage");
  assert.match(yaml, /KEDA takes the default strategy then/);
});

test("history limits and bounds that are not stated are KEDA's", () => {
  const { made } = converted();
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = made.spec.jobs;
  assert.deepEqual([successfulJobsHistoryLimit, failedJobsHistoryLimit], [100, 100]);
  assert.deepEqual([made.spec.minReplicas, made.spec.maxReplicas, made.spec.jobs.spareJobs], [0, 100, undefined]);
});

test("the Jobs of minReplicaCount are beside those that messages need", () => {
  const bounds = (spec: object) => {
    const { minReplicas, maxReplicas, jobs } = converted(spec).made.spec;
    return [minReplicas, jobs.spareJobs, maxReplicas];
  };
  assert.deepEqual(bounds({ minReplicaCount: 2, maxReplicaCount: 10 }), [2, 2, 10]);
  assert.deepEqual(bounds({ minReplicaCount: 2 }), [2, 2, 102]);
  assert.deepEqual(bounds({ minReplicaCount: 12, maxReplicaCount: 10 }), [10, undefined, 10]);
});

test("labels and annotations of the ScaledJob are those of its Jobs, without the excluded ones and KEDA's own", () => {
  const { made } = converted(
    {},
    {
      labels: { team: "backend", "foo.bar/environment": "bf50", "foo.bar/version": "1" },
      annotations: {
        "scaledjob.keda.sh/job-excluded-labels": "foo.bar/environment,foo.bar/version",
        "autoscaling.keda.sh/paused": "false",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "example.com/owner": "media",
      },
    },
  );
  assert.deepEqual(made.spec.jobTemplate.metadata, {
    labels: { team: "backend" },
    annotations: { "example.com/owner": "media" },
  });
  assert.equal(made.spec.mode, undefined);
});

test("a ScaledJob that is paused stays paused", () => {
  const { made, yaml } = converted({}, { annotations: { "autoscaling.keda.sh/paused": "true" } });
  assert.equal(made.spec.mode, "Paused");
  assert.match(yaml, /the ScaledJob is paused: Active sets it going/);
});

test("a pod without a restartPolicy gets KEDA's", () => {
  const template = { spec: { containers: TEMPLATE.spec.containers } };
  const { made, yaml } = converted({ jobTargetRef: { template, activeDeadlineSeconds: 600 } });
  assert.equal(made.spec.jobTemplate.spec.template.spec.restartPolicy, "OnFailure");
  assert.equal(made.spec.jobTemplate.spec.activeDeadlineSeconds, 600);
  assert.match(yaml, /KEDA's own, where none is stated/);
});

test("at or below its activation value a trigger asks for no Job", () => {
  const metadata = { ...RABBITMQ.metadata, activationValue: "7" };
  const { made } = converted({ triggers: [{ type: "rabbitmq", metadata }] });
  assert.deepEqual(made.spec.signals[0].perReplica, { value: 5, activationValue: 7 });
});

test("rollout.strategy gradual needs no remark", () => {
  assert.doesNotMatch(converted({ rollout: { strategy: "gradual" } }).yaml, /rollout/);
  assert.doesNotMatch(converted({ rolloutStrategy: "gradual" }).yaml, /rollout/);
  assert.match(converted({ rollout: { strategy: "immediate" } }).yaml, /KEDA ends them otherwise/);
});

test("a variable of another container, and one that refers to what is not there, are as in Kubernetes", () => {
  const env = (value: string) => [{ name: "HOST", value }];
  const containers = [
    { name: "sidecar", image: "s:1", env: env("amqp://wrong:5672/") },
    { name: "worker", image: "w:1", env: env("amqp://right:5672/") },
  ];
  const jobTargetRef = { template: { spec: { containers, restartPolicy: "Never" } } };
  const triggers = [{ type: "rabbitmq", metadata: { hostFromEnv: "HOST", queueName: "q", value: "1" } }];
  const host = (spec: object) =>
    converted({ jobTargetRef, triggers, ...spec }).made.spec.signals[0].source.rabbitmq.host;
  assert.equal(host({ envSourceContainerName: "worker" }), "right");
  assert.equal(host({}), "wrong");
  const other = [{ name: "worker", image: "w:1", env: env("amqp://$(NAME):5672/") }];
  const refers = converted({
    triggers,
    jobTargetRef: { template: { spec: { containers: other, restartPolicy: "Never" } } },
  });
  assert.match(refers.problems.join("\n"), /metadata\.host: expected a URL .*\$\(NAME\)/);
});

test("a ScaledObject of KEDA 1 that creates Jobs is one too", () => {
  const old = scaledJob({ scaleType: "job", cooldownPeriod: 300, minReplicaCount: 0, maxReplicaCount: 100 });
  const { made, problems } = convertedText(
    JSON.stringify({ ...old, apiVersion: "keda.k8s.io/v1alpha1", kind: "ScaledObject" }),
  );
  assert.deepEqual(problems, []);
  assert.equal(made.spec.jobTemplate.spec.template.spec.restartPolicy, "Never");
});

test("cron and metrics-api triggers, as one of KEDA's own tests has them", () => {
  const cron = (start: string, end: string) => ({
    type: "cron",
    metadata: { timezone: "Asia/Kolkata", start, end, desiredReplicas: "9" },
  });
  const metadata = { targetValue: "5", activationTargetValue: "20", url: "http://metrics/api", valueLocation: "value" };
  const triggers = [
    { type: "metrics-api", metadata },
    cron("0 6 * * *", "0 8 * * *"),
    cron("0 22 * * *", "0 23 * * *"),
  ];
  const { made, yaml, problems } = converted({ triggers, minReplicaCount: 1, maxReplicaCount: 20 });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    made.spec.signals.map(({ name }: { name: string }) => name),
    ["metrics-api", "cron-1", "cron-2"],
  );
  assert.deepEqual(made.spec.signals[0].perReplica, { value: 5, activationValue: 20 });
  assert.match(yaml, /KEDA takes the one with the longest queue/);
});

test("what cannot be converted is an error with the reason", () => {
  const two = { triggers: [RABBITMQ, { ...RABBITMQ, name: "other" }] };
  const pods = { containers: [{ name: "worker", image: "worker:1" }], restartPolicy: "Always" };
  const cases: readonly (readonly [object, RegExp])[] = [
    [
      { ...two, scalingStrategy: { multipleScalersCalculation: "sum" } },
      /multipleScalersCalculation: expected max, got sum: of several signals the one that asks for the most Jobs wins here \(write an object for each trigger/,
    ],
    [
      { scalingStrategy: { strategy: "accurate", pendingPodConditions: ["PodScheduled", "AnyOther"] } },
      /pendingPodConditions: expected Ready, or nothing, got PodScheduled, AnyOther: a Job is pending here until a pod of it is ready/,
    ],
    [
      {
        scalingStrategy: {
          strategy: "custom",
          customScalingQueueLengthDeduction: -2,
          customScalingRunningJobPercentage: "0",
        },
      },
      /customScalingQueueLengthDeduction: expected 0 or more, got -2/,
    ],
    [
      { scalingStrategy: { strategy: "custom", customScalingRunningJobPercentage: "-1" } },
      /customScalingRunningJobPercentage: in the result: expected 0 or more, got -1/,
    ],
    [
      { scalingStrategy: { strategy: "fast" } },
      /scalingStrategy\.strategy: expected one of default, custom, accurate, eager/,
    ],
    [{ triggers: [] }, /spec\.triggers/],
    [
      { triggers: [{ type: "azure-queue", metadata: {} }] },
      /triggers\[0\]\.type: expected a trigger on .*, got azure-queue, .*for a prometheus or metrics-api trigger/,
    ],
    [
      { triggers: [{ type: "cpu", metadata: { value: "50" } }] },
      /expected a trigger on a queue or a metric server, got cpu/,
    ],
    [
      { jobTargetRef: { template: { spec: pods } } },
      /spec\.jobTargetRef: in the result, .*restartPolicy: expected Never or OnFailure/,
    ],
    [{ jobTargetRef: {} }, /spec\.jobTargetRef: in the result, .*containers: expected one container or more, got none/],
    [{ jobTargetRef: null }, /spec\.jobTargetRef/],
    [{ maxReplicaCount: 0 }, /spec\.maxReplicaCount/],
  ];
  for (const [spec, expected] of cases) {
    const { yaml, problems } = converted(spec);
    assert.match(problems.join("\n"), expected);
    assert.equal(yaml, "", JSON.stringify(spec));
  }
  // One trigger alone is its own sum.
  assert.deepEqual(converted({ scalingStrategy: { multipleScalersCalculation: "sum" } }).problems, []);
  // Pods that are ready fulfil these.
  const conditions = { strategy: "accurate", pendingPodConditions: ["Ready", "PodScheduled"] };
  assert.equal(converted({ scalingStrategy: conditions }).made.spec.jobs.strategy, "Accurate");
  assert.match(converted({}, { name: "n".repeat(64) }).problems.join("\n"), /metadata\.name: .*expected at most 63/);
});

test("a trigger that cannot be converted is left out beside one that can, and named", () => {
  const { made, yaml, problems } = converted({ triggers: [RABBITMQ, { type: "azure-queue", metadata: {} }] });
  assert.equal(made.spec.signals.length, 1);
  assert.match(yaml, /NOT in here: spec\.triggers\[1\]\.type/);
  assert.match(problems.join("\n"), /got azure-queue/);
});
