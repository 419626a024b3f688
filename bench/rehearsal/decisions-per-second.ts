import { type Autoscaler, type Memory, withScaling } from "../../src/core/index.ts";
import { decideOnSchedule } from "../../src/formats/schedule.ts";
import { phpa, workerAutoscaler, workerPodAutoscaler } from "../../test/support/rehearsals.ts";

const DECISIONS = 1_000_000;
const ROUNDS = 4;

const DRAIN = { name: "queue", source: { beanstalkd: { host: "q", tube: "mail" } }, drain: { withinSeconds: 60 } };

/** How many decisions a second each format's rules make of values that move, in the best of some rounds. */
export function decisionsPerSecond(): Readonly<Record<string, number>> {
  return {
    WorkerPodAutoScaler: best(workerPodAutoscaler()),
    PHPA: best(phpa()),
    WorkerAutoscaler: best(workerAutoscaler()),
  };
}

/** The same of a drain rule, which remembers every look and learns from it. */
export function drainDecisionsPerSecond(): number {
  return best(workerAutoscaler({ signals: [DRAIN] }));
}

function best(autoscaler: Autoscaler): number {
  return Math.max(...Array.from({ length: ROUNDS }, () => round(autoscaler)));
}

function round({ signals: own, ...rest }: Autoscaler): number {
  // One name for all: to make objects with names of their own would be a quarter of the time.
  const autoscaler = { ...rest, signals: own.map((signal) => ({ ...signal, name: "queue" })) };
  const started = performance.now();
  let memory: Memory = {};
  let currentReplicas = 1;
  for (let count = 0; count < DECISIONS; count += 1) {
    const now = 1e12 + count * 20_000;
    const value = (count * 7_919) % 200;
    const completed = count * 50;
    const reading = {
      at: now,
      value,
      waiting: value,
      inFlight: 0,
      idleWorkers: 0,
      arrived: completed + value,
      completed,
    };
    const decision = decideOnSchedule({ autoscaler, currentReplicas, signals: { queue: { reading } }, memory, now });
    memory = decision.memory;
    const change = decision.desiredReplicas - currentReplicas;
    if (change !== 0) memory = withScaling(memory, autoscaler, change, now);
    currentReplicas = decision.desiredReplicas;
  }
  return DECISIONS / ((performance.now() - started) / 1000);
}
