import type { Autoscaler } from "../../src/core/index.ts";
import { parseAutoscaler } from "../../src/formats/formats.ts";
import type { Scene } from "./traffics.ts";

/** The rule as a user has it who sets nothing but the objective. */
export const OURS = "drain";

/** One way to set a policy. */
export interface Setting {
  readonly words: string;
  readonly autoscaler: Autoscaler;
}

/** A policy: as it is by default, or the best of many settings on the first part of the traffic. */
export interface Contender {
  readonly name: string;
  readonly settings: readonly Setting[];
  /** Looks at its own interval, as its format says. */
  readonly ownPace?: boolean;
  /** Chosen on the very part that is measured: better than anybody can know beforehand. */
  readonly inHindsight?: true;
}

/** Messages a replica is given, in hundredths of what it finishes within the objective: from far too few to too many. */
const PERCENTS = [5, 10, 17, 25, 33, 45, 60, 70, 75, 80, 85, 90, 95, 100, 120, 170, 330];
const TUBE = { beanstalkd: { host: "queues", tube: "jobs" } };

/** Everybody has the same bounds; no contender may scale to zero, as HPA and PHPA cannot. */
export function contenders(scene: Scene): readonly Contender[] {
  const { objectiveSeconds, serviceSeconds, maxReplicas } = scene;
  const bounds = { minReplicas: 1, maxReplicas };
  const finished = Math.max(1, objectiveSeconds / serviceSeconds);
  const targets = [...new Set(PERCENTS.map((percent) => Math.max(1, Math.round((percent * finished) / 100))))];
  const own = (rule: object, spec: object = {}) => workerAutoscaler({ ...bounds, ...spec }, rule);
  // An HPA looks every 15 s, and has behavior and no cool-down.
  const asHpa = { pollIntervalSeconds: 15, cooldownSeconds: 0, behavior: { scaleUp: {}, scaleDown: {} } };
  const each = (make: (target: number) => Setting): readonly Setting[] => targets.map(make);
  const families: readonly Contender[] = [
    {
      name: "WPA",
      settings: each((target) => ({ words: `${target} a worker`, autoscaler: workerPodAutoscaler(bounds, target) })),
    },
    {
      name: "backlog",
      settings: each((target) => ({
        words: `${target} a replica`,
        autoscaler: own({ backlog: { messagesPerReplica: target } }),
      })),
    },
    {
      name: "perReplica",
      settings: each((target) => ({
        words: `${target} a replica`,
        autoscaler: own({ perReplica: { value: target } }),
      })),
    },
    {
      name: "HPA AverageValue",
      ownPace: true,
      settings: each((target) => ({
        words: `AverageValue ${target}`,
        autoscaler: own({ perReplica: { value: target } }, asHpa),
      })),
    },
    { name: "PHPA's band", ownPace: true, settings: bandSettings(bounds, finished) },
  ];
  return [
    { name: OURS, settings: [drainSetting(scene)] },
    { name: `${OURS}, prefer Wait`, settings: [drainSetting(scene, { prefer: "Wait" })] },
    ...families.map((family) => ({ ...family, name: `${family.name}, tuned` })),
    ...families.map((family) => ({ ...family, name: `${family.name}, in hindsight`, inHindsight: true as const })),
  ];
}

/** The drain rule with the scene's objective, and fields besides. */
export function drainSetting({ objectiveSeconds, maxReplicas }: Scene, fields: object = {}): Setting {
  const rule = { drain: { withinSeconds: objectiveSeconds, ...fields } };
  return { words: "", autoscaler: workerAutoscaler({ minReplicas: 1, maxReplicas }, rule) };
}

function bandSettings(bounds: { readonly maxReplicas: number }, finished: number): readonly Setting[] {
  const steps = [0.01, 0.04, 0.2].map((share) => share * bounds.maxReplicas);
  return [0.17, 0.67, 1.67, 3.33]
    .flatMap((share) =>
      steps.flatMap((step) => [30, 60].map((interval) => ({ threshold: share * finished, step, interval }))),
    )
    .map(({ threshold, step, interval }) => ({
      words: `band ${threshold / 2} to ${threshold * 1.5}, steps of ${step}, every ${interval} s`,
      autoscaler: phpa(bounds, { threshold, step, interval }),
    }));
}

function workerAutoscaler(spec: object, rule: object): Autoscaler {
  return parsed({
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "jobs", namespace: "bench" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "jobs" },
      signals: [{ name: "queue", source: TUBE, ...rule }],
      ...spec,
    },
  });
}

function workerPodAutoscaler(bounds: object, targetMessagesPerWorker: number): Autoscaler {
  return parsed({
    apiVersion: "k8s.practo.dev/v1",
    kind: "WorkerPodAutoScaler",
    metadata: { name: "jobs", namespace: "bench" },
    spec: { ...bounds, deploymentName: "jobs", queueURI: "beanstalk://queues:11300/jobs", targetMessagesPerWorker },
  });
}

interface BandSetting {
  readonly threshold: number;
  readonly step: number;
  readonly interval: number;
}

function phpa(bounds: object, { threshold, step, interval }: BandSetting): Autoscaler {
  return parsed({
    version: "v1",
    kind: "PHPAConfig",
    dryRun: false,
    actionCooldown: interval,
    interval,
    up_step_size: step,
    down_step_size: step,
    deployment: { name: "jobs", namespace: "bench", ...bounds, fallbackReplicas: 1 },
    metric: { name: "lag", metricType: "negative", metricThreshold: threshold, metricMargin: threshold / 2 },
    metricServer: { adaptor: "graphite", graphite: { host: "graphite", port: 80, query: "lag" } },
  });
}

function parsed(document: object): Autoscaler {
  const made = parseAutoscaler(document);
  if ("autoscaler" in made) return made.autoscaler;
  throw new Error(made.problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
}
