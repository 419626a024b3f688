import assert from "node:assert/strict";
import type { Autoscaler } from "../../src/core/index.ts";
import { parseAutoscaler } from "../../src/formats/formats.ts";
import { type Compared, measuresOf } from "../../src/lab/comparison.ts";
import type { Looks, Rehearsal } from "../../src/lab/rehearsal.ts";
import { simulate } from "../../src/lab/simulate.ts";
import { trafficFromPreset } from "../../src/lab/traffic/traffic-from-preset.ts";

export const LOOKS: Looks = {
  pace: () => ({ movingSeconds: 1, steadySeconds: 20 }),
  lagSeconds: 0,
  hiddenLagSeconds: 0,
  outages: [],
  sees: {},
  fixed: () => undefined,
};

/** A WorkerPodAutoScaler at an SQS queue. */
export function workerPodAutoscaler(spec: Readonly<Record<string, unknown>> = {}): Autoscaler {
  return parsed({
    apiVersion: "k8s.practo.dev/v1",
    kind: "WorkerPodAutoScaler",
    metadata: { name: "mail", namespace: "shop" },
    spec: {
      deploymentName: "mail",
      queueURI: "https://sqs.eu-central-1.amazonaws.com/123456789012/mail",
      minReplicas: 0,
      maxReplicas: 50,
      targetMessagesPerWorker: 5,
      ...spec,
    },
  });
}

/** A WorkerAutoscaler at a beanstalkd tube, with the signals and limits that are given. */
export function workerAutoscaler(spec: Readonly<Record<string, unknown>> = {}): Autoscaler {
  return parsed({
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "mail", namespace: "shop" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "mail" },
      minReplicas: 0,
      maxReplicas: 50,
      signals: [
        { name: "queue", source: { beanstalkd: { host: "q", tube: "mail" } }, backlog: { messagesPerReplica: 5 } },
      ],
      ...spec,
    },
  });
}

/** A PHPA file that keeps a lag between its thresholds. */
export function phpa(metric: Readonly<Record<string, unknown>> = {}): Autoscaler {
  return parsed({
    version: "v1",
    kind: "PHPAConfig",
    dryRun: false,
    actionCooldown: 60,
    interval: 60,
    deployment: { name: "consumer", namespace: "shop", minReplicas: 1, maxReplicas: 20, fallbackReplicas: 5 },
    metric: { name: "lag", metricType: "negative", metricThreshold: 50, metricMargin: 30, ...metric },
    metricServer: { adaptor: "graphite", graphite: { host: "graphite", port: 80, query: "lag" } },
  });
}

/** A run that differs from a plain one in what is given. */
export function rehearsal(changes: Partial<Rehearsal> & { readonly preset?: string } = {}): Rehearsal {
  const { preset = "steady:rate=60,for=1h", ...rest } = changes;
  return {
    policy: "policy",
    autoscaler: workerPodAutoscaler(),
    traffic: trafficFromPreset(preset),
    workers: { concurrency: 1, startUpSeconds: 30, startUpJitter: 0.2, graceSeconds: 30, victims: "newest" },
    service: { meanSeconds: 2, shape: "exponential" },
    looks: LOOKS,
    seed: 1,
    objectiveSeconds: 60,
    drainSeconds: 3600,
    ...rest,
  };
}

function parsed(document: Readonly<Record<string, unknown>>): Autoscaler {
  const made = parseAutoscaler(document);
  assert.ok("autoscaler" in made, JSON.stringify(made.problems));
  return made.autoscaler;
}

/** Plays a rehearsal several times with consecutive seeds. */
export function playRuns(terms: Rehearsal, count: number): Compared {
  const outcomes = Array.from({ length: count }, (_, index) => simulate({ ...terms, seed: terms.seed + index }));
  return { policy: terms.policy, outcomes, measures: measuresOf(outcomes) };
}
