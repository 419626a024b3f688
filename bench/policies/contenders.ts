import type { Autoscaler } from "../../src/core/index.ts";
import { parseAutoscaler } from "../../src/formats/formats.ts";
import type { Scene } from "./traffics.ts";

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
  readonly ownPace: boolean;
  /** Chosen on the very part that is measured: better than anybody can know beforehand. */
  readonly inHindsight?: true;
}

/** What one replica is given, from hardly anything to far too much, where it can finish so many within the objective. */
const SHARES = [1, 2, 3, 5, 7, 10, 14, 20, 25, 30, 50, 100];
const FINISHED = 30;
const TUBE = { beanstalkd: { host: "queues", tube: "jobs" } };
/** From the example of practo's controller, and of ours. */
const WPA_EXAMPLE = 20;

/** Everybody has the same bounds: nobody may sleep, as HPA and PHPA cannot. */
export function contenders(scene: Scene): readonly Contender[] {
  const { objectiveSeconds, serviceSeconds, maxReplicas } = scene;
  const bounds = { minReplicas: 1, maxReplicas };
  const scale = Math.max(1, Math.round(objectiveSeconds / serviceSeconds / FINISHED));
  const shares = SHARES.map((share) => share * scale);
  const drain = (fields: object, spec: object = {}) =>
    workerAutoscaler({ ...bounds, ...spec }, { drain: { withinSeconds: objectiveSeconds, ...fields } });
  const hpa = (value: number) =>
    workerAutoscaler(
      // An HPA looks every 15 s, and has behavior and no cool-down.
      { ...bounds, pollIntervalSeconds: 15, cooldownSeconds: 0, behavior: { scaleUp: {}, scaleDown: {} } },
      { perReplica: { value } },
    );
  const one = (name: string, autoscaler: Autoscaler, ownPace = false): Contender => ({
    ...{ name, ownPace },
    settings: [{ words: "", autoscaler }],
  });
  const tuned = (name: string, settings: readonly Setting[], ownPace = false): Contender => ({
    ...{ name, settings, ownPace },
  });
  const wpa = shares.map((share) => ({ words: `${share} a worker`, autoscaler: workerPodAutoscaler(bounds, share) }));
  return [
    one("drain", drain({})),
    one("drain, headroom 1", drain({ headroom: 1 })),
    tuned("drain, tuned", drainSettings(objectiveSeconds, drain)),
    one(`WPA, ${WPA_EXAMPLE} a worker`, workerPodAutoscaler(bounds, WPA_EXAMPLE)),
    tuned("WPA, tuned", wpa),
    { ...tuned("WPA, best in hindsight", wpa), inHindsight: true },
    tuned("PHPA's band, tuned", bandSettings(bounds, scale), true),
    tuned(
      "HPA AverageValue, tuned",
      shares.map((share) => ({ words: `AverageValue ${share}`, autoscaler: hpa(share) })),
      true,
    ),
  ];
}

function drainSettings(objective: number, drain: (fields: object, spec?: object) => Autoscaler): readonly Setting[] {
  return [1, 0.5].flatMap((share) =>
    [0, 1].flatMap((headroom) =>
      [0, 30, 120].map((cooldownSeconds) => ({
        words: `withinSeconds ${objective * share}, headroom ${headroom}, cooldownSeconds ${cooldownSeconds}`,
        autoscaler: drain({ headroom, withinSeconds: objective * share }, { cooldownSeconds }),
      })),
    ),
  );
}

function bandSettings(bounds: { readonly maxReplicas: number }, scale: number): readonly Setting[] {
  const steps = [0.01, 0.04, 0.2].map((share) => share * bounds.maxReplicas);
  return [5, 20, 50, 100]
    .flatMap((share) =>
      steps.flatMap((step) => [30, 60].map((interval) => ({ threshold: share * scale, step, interval }))),
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
