import type { Autoscaler } from "../../src/core/index.ts";
import { parseAutoscaler } from "../../src/formats/formats.ts";
import type { Outcome } from "../../src/lab/outcome.ts";
import { play } from "../../src/lab/play-all.ts";
import { exponential, Random } from "../../src/lab/random.ts";
import type { Traffic } from "../../src/lab/traffic/traffic.ts";

export const WORKERS = { concurrency: 1, startUpSeconds: 30, startUpJitter: 0.2, graceSeconds: 60 } as const;
export const MAX_REPLICAS = 40;
export const OBJECTIVE_SECONDS = 60;
const MINUTE = 60_000;
/** Nothing comes in the first minute: the controller finds the queue as it was left. */
const QUIET_MINUTES = 1;

/** The same messages, at the same moments and with the same work in them, for everybody. */
export interface Scene {
  readonly name: string;
  readonly about: string;
  readonly traffic: Traffic;
}

interface Shape {
  readonly name: string;
  readonly about: string;
  readonly serviceSeconds: number;
  /** Messages a minute, by the share of the time that is over. */
  readonly rate: (share: number) => number;
}

const SHAPES: readonly Shape[] = [
  {
    name: "wave",
    about: "30 to 240 messages a minute and back, 4 s each",
    serviceSeconds: 4,
    rate: (share) => 30 + 105 * (1 - Math.cos(2 * Math.PI * share)),
  },
  {
    name: "steps",
    about: "60 messages a minute, 240 for a quarter of the time and 180 for another, 3 s each",
    serviceSeconds: 3,
    rate: (share) => (share > 0.2 && share < 0.45 ? 240 : share > 0.65 && share < 0.9 ? 180 : 60),
  },
];

export function scenes(minutes: number): readonly Scene[] {
  return SHAPES.map(({ name, about, serviceSeconds, rate }) => {
    const random = new Random(1, name);
    const at: number[] = [];
    const most = Math.max(...Array.from({ length: 1000 }, (_, index) => rate(index / 1000)));
    // A Poisson stream of the highest rate, thinned.
    for (let now = QUIET_MINUTES * MINUTE; ; ) {
      now += (exponential(random) * MINUTE) / most;
      if (now >= minutes * MINUTE) break;
      if (random.next() < rate(now / MINUTE / minutes) / most) at.push(Math.round(now));
    }
    const serviceMs = Float64Array.from(at, () => Math.round(1000 * serviceSeconds * exponential(random)));
    const traffic: Traffic = {
      ...{ name, kind: "messages", start: Date.UTC(2026, 0, 5), durationMs: minutes * MINUTE, binMs: 0, remarks: [] },
      ...{ at: Float64Array.from(at), serviceMs },
    };
    return { name, about, traffic };
  });
}

/** As a user has it who sets nothing but the objective. */
export function autoscalerObject(name: string, source: object): object {
  return {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name, namespace: "default" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name },
      minReplicas: 1,
      maxReplicas: MAX_REPLICAS,
      signals: [{ name: "queue", source, drain: { objective: { share: 0.95, withinSeconds: OBJECTIVE_SECONDS } } }],
    },
  };
}

/** What `muster simulate` makes of that scene, with that seed for start-up times and polls. */
export function rehearseScene({ traffic }: Scene, object: object, seed: number): Outcome {
  const stage = {
    traffic,
    workers: { ...WORKERS, victims: "newest" as const },
    service: { meanSeconds: 1, shape: "fixed" as const, cv: 0 },
    looks: { lagSeconds: 0, hiddenLagSeconds: 0, outages: [], sees: {} },
    ...{ seed, initialReplicas: 1, objectiveSeconds: OBJECTIVE_SECONDS, drainSeconds: 600, mode: "exact" as const },
  };
  return play(stage, { name: "drain", autoscaler: parsed(object), seed, withSeries: false });
}

function parsed(object: object): Autoscaler {
  const made = parseAutoscaler(object);
  if ("autoscaler" in made) return made.autoscaler;
  throw new Error(made.problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
}
