import { fixedValue, paceOf } from "../looks.ts";
import type { NotedDecision } from "../outcome.ts";
import { BatchPlant } from "../plant/batch-plant.ts";
import type { Workers } from "../plant/plant.ts";
import type { Policy, Rehearsal } from "../rehearsal.ts";
import { simulate } from "../simulate.ts";
import { countMessages, type Traffic } from "../traffic/traffic.ts";
import { type Side, summarizeSide } from "./comparison.ts";
import type { Course } from "./recorded-course.ts";
import { inferTraffic, type KnownService, learnServiceTime } from "./traffic-behind.ts";

/** Unfinished messages over time. */
export interface BacklogSum {
  readonly mean: number;
  readonly most: number;
}

/** Replicas at each step, and the modelled backlog. */
export interface ModelRun {
  readonly replicas: readonly number[];
  readonly backlog: readonly number[];
  readonly sum: BacklogSum;
  /** Workers that had messages when they were stopped, if idle ones do not go first. */
  readonly busyStopped: number;
}

/** A policy in the model, which reads the backlog of its own replicas. */
interface PolicyRun extends ModelRun {
  readonly policy: string;
  readonly side: Side;
  readonly noted: readonly NotedDecision[];
  readonly notedDropped: number;
}

/** Modelled backlogs. */
export interface Estimate {
  readonly service: KnownService;
  /** Inferred arrivals in all; a minute at each step below. */
  readonly messages: number;
  readonly arrivalsPerMinute: readonly number[];
  /** With the actual replicas: its difference from the measured backlog is the model's error. */
  readonly actual: ModelRun;
  readonly policies: readonly PolicyRun[];
}

const NOT_ESTIMATED = "What the backlog would have been is not estimated:";

/** Estimates backlogs, or explains in a sentence why it cannot. */
export function estimateBacklogs(
  course: Course,
  workers: Workers,
  given: number | undefined,
  policies: readonly Policy[],
): Estimate | string {
  if (course.backlog.every((value) => value === undefined)) {
    return "No backlog was recorded that could be compared: --backlog names a signal whose value is messages.";
  }
  const service: KnownService | undefined =
    given === undefined ? learnServiceTime(course, workers) : { seconds: given, from: "given" };
  if (policies.length === 0) return `${NOT_ESTIMATED} -f with the manifest rehearses it on what was recorded.`;
  if (service === undefined) {
    return `${NOT_ESTIMATED} --service-time says how long a worker works on a message, as neither arrivals nor finished messages were recorded to learn it from.`;
  }
  const traffic = inferTraffic(course, service.seconds, workers);
  const { stepSeconds } = course;
  const model = { traffic, serviceSeconds: service.seconds, workers, stepSeconds };
  const modelled = (replicas: readonly number[]): ModelRun => {
    const { backlog, busyStopped } = modelBacklog(replicas, model);
    return { replicas, backlog, busyStopped, sum: summarizeBacklog(backlog) };
  };
  return {
    service,
    messages: countMessages(traffic),
    arrivalsPerMinute: perMinute(Array.from(traffic.counts ?? []), stepSeconds),
    actual: modelled(course.actual),
    policies: policies.map((policy) => {
      const { replicas, ...rest } = rehearseClosedLoop(policy, course.actual[0] ?? 0, model);
      const seconds = replicas.map(() => stepSeconds);
      return { policy: policy.name, side: summarizeSide(replicas, seconds), ...modelled(replicas), ...rest };
    }),
  };
}

/** Of the known values; undefined if there are none. */
export function summarizeKnown(backlog: Course["backlog"]): BacklogSum | undefined {
  const known = backlog.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : summarizeBacklog(known);
}

/** Means over a minute, or over a longer step: single steps count whole messages. */
function perMinute(counts: readonly number[], stepSeconds: number): readonly number[] {
  const size = Math.max(1, Math.round(60 / stepSeconds));
  return counts.map((_, step) => {
    const first = step - (step % size);
    const some = counts.slice(first, first + size);
    return (some.reduce((sum, count) => sum + count, 0) * 60) / (some.length * stepSeconds);
  });
}

function summarizeBacklog(backlog: readonly number[]): BacklogSum {
  const total = backlog.reduce((sum, value) => sum + value, 0);
  const most = backlog.reduce((one, other) => Math.max(one, other), 0);
  return { mean: Number((total / backlog.length).toPrecision(4)), most: Number(most.toPrecision(4)) };
}

interface Model {
  readonly traffic: Traffic;
  readonly serviceSeconds: number;
  readonly workers: Workers;
  readonly stepSeconds: number;
}

/** Unfinished messages at each step with these replicas, by the rehearsal's fluid model. */
function modelBacklog(
  replicas: readonly number[],
  { traffic, serviceSeconds, workers, stepSeconds }: Model,
): Pick<ModelRun, "backlog" | "busyStopped"> {
  const service = { meanSeconds: serviceSeconds, shape: "exponential" } as const;
  const plant = new BatchPlant({ traffic, service, workers, initialReplicas: replicas[0] ?? 0, seed: 1 });
  const after = replicas.map((count, step) => {
    if (count !== plant.replicas) plant.scale(count);
    plant.advance((step + 1) * stepSeconds * 1000);
    return plant.waiting + plant.inFlight;
  });
  // The initial backlog arrives during the first step.
  const backlog = replicas.map((_, step) => after[Math.max(0, step - 1)] ?? 0);
  return { backlog, busyStopped: Math.round(plant.ledger.busyStopped) };
}

interface ClosedLoop {
  readonly busyStopped: number;
  readonly replicas: readonly number[];
  readonly noted: readonly NotedDecision[];
  readonly notedDropped: number;
}

/** Rehearses a policy on the inferred traffic, from the actual replicas. */
function rehearseClosedLoop({ name, autoscaler }: Policy, initialReplicas: number, model: Model): ClosedLoop {
  const { traffic, serviceSeconds, workers, stepSeconds } = model;
  const { noted, notedDropped, scalings } = simulate({
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
  return { replicas, noted, notedDropped, busyStopped: Math.round(scalings.busyStopped) };
}

/** As the controller polls healthy sources. */
const LOOKS: Rehearsal["looks"] = {
  ...{ pace: paceOf, lagSeconds: 0, hiddenLagSeconds: 0, outages: [], sees: {}, fixed: fixedValue },
};
