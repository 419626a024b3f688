import { BatchPlant } from "../../lab/plant/batch-plant.ts";
import type { Workers } from "../../lab/plant/plant.ts";
import type { Rehearsal } from "../../lab/rehearsal.ts";
import { simulate } from "../../lab/simulate.ts";
import type { NotedDecision } from "../../lab/statistics/series.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import { fixedValue } from "../simulate/fixed-value.ts";
import type { Policy } from "../simulate/policies.ts";

/** What the model of a queue and its workers is made of. */
export interface Model {
  readonly traffic: Traffic;
  readonly serviceSeconds: number;
  readonly workers: Workers;
  readonly stepSeconds: number;
}

/** Unfinished messages at each step, had there been so many replicas: the rehearsal's flow of messages through workers. */
export function backlogUnder(
  replicas: readonly number[],
  { traffic, serviceSeconds, workers, stepSeconds }: Model,
): readonly number[] {
  const service = { meanSeconds: serviceSeconds, shape: "exponential" } as const;
  const plant = new BatchPlant({ traffic, service, workers, initialReplicas: replicas[0] ?? 0, seed: 1 });
  const after = replicas.map((count, step) => {
    if (count !== plant.replicas) plant.scale(count);
    plant.advance((step + 1) * stepSeconds * 1000);
    return plant.waiting + plant.inFlight;
  });
  // What was there at the beginning comes in during the first step.
  return replicas.map((_, step) => after[Math.max(0, step - 1)] ?? 0);
}

/** What a policy would have done in the model, where its workers are those that it asked for. */
export interface ClosedLoop {
  readonly replicas: readonly number[];
  readonly noted: readonly NotedDecision[];
  readonly notedDropped: number;
}

/** Rehearses a policy on the recorded traffic, beginning with the replicas that there were. */
export function closedLoop({ name, autoscaler }: Policy, initialReplicas: number, model: Model): ClosedLoop {
  const { traffic, serviceSeconds, workers, stepSeconds } = model;
  const { noted, notedDropped } = simulate({
    ...{ policy: name, autoscaler, traffic, workers, initialReplicas, looks: LOOKS, seed: 1, drainSeconds: 0 },
    service: { meanSeconds: serviceSeconds, shape: "exponential" },
    mode: "batch",
  });
  let next = 0;
  let count = initialReplicas;
  const replicas = Array.from(traffic.at, (_, step) => {
    for (; (noted[next]?.at ?? Number.POSITIVE_INFINITY) <= step * stepSeconds; next += 1) {
      count = noted[next]?.to ?? count;
    }
    return count;
  });
  return { replicas, noted, notedDropped };
}

const UNKNOWN_PACE = { movingSeconds: 10, steadySeconds: 60 };
/** As the controller looks where nothing is wrong. */
const LOOKS: Rehearsal["looks"] = {
  pace: (type) => SOURCES.find((source) => source.type === type)?.pace ?? UNKNOWN_PACE,
  ...{ lagSeconds: 0, hiddenLagSeconds: 0, outages: [], sees: {}, fixed: fixedValue },
};
