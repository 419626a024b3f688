import type { Workers } from "../../lab/plant/plant.ts";
import type { NotedDecision } from "../../lab/statistics/series.ts";
import { messagesIn } from "../../lab/traffic/traffic.ts";
import type { Policy } from "../simulate/policies.ts";
import { type Side, sideOf } from "./compared.ts";
import type { Course } from "./course.ts";
import { backlogUnder, closedLoop } from "./estimated.ts";
import { type KnownService, learnedService } from "./service-time.ts";
import { trafficBehind } from "./traffic-behind.ts";

/** Unfinished messages over time. */
export interface BacklogSum {
  readonly mean: number;
  readonly most: number;
}

/** One course of the model: so many replicas, and what would have been unfinished. */
export interface Modelled {
  readonly replicas: readonly number[];
  readonly backlog: readonly number[];
  readonly sum: BacklogSum;
}

/** A policy of -f in the model: it sees the backlog that its own replicas lead to. */
export interface ModelledPolicy extends Modelled {
  readonly policy: string;
  readonly side: Side;
  readonly noted: readonly NotedDecision[];
  readonly notedDropped: number;
}

/** What was calculated, and not seen. */
export interface Estimate {
  readonly service: KnownService;
  /** Messages that must have arrived, and how many a minute at each step. */
  readonly messages: number;
  readonly arrivalsPerMinute: readonly number[];
  /** With the replicas that there were: what it differs from the backlog that was read is the model's mistake. */
  readonly actual: Modelled;
  readonly policies: readonly ModelledPolicy[];
}

const NOT_ESTIMATED = "What the backlog would have been is not estimated:";

/** Estimates backlogs where that can be done; else says in a sentence why not. */
export function estimate(
  course: Course,
  workers: Workers,
  given: number | undefined,
  policies: readonly Policy[],
): Estimate | string {
  if (course.backlog.every((value) => value === undefined)) {
    return "No backlog was recorded that could be compared: --backlog names a signal whose value is messages.";
  }
  const service: KnownService | undefined =
    given === undefined ? learnedService(course, workers) : { seconds: given, from: "given" };
  if (policies.length === 0) return `${NOT_ESTIMATED} -f with the manifest rehearses it on what was recorded.`;
  if (service === undefined) {
    return `${NOT_ESTIMATED} --service-time says how long a worker works on a message, as neither arrivals nor finished messages were recorded to learn it from.`;
  }
  const traffic = trafficBehind(course, service.seconds, workers);
  const { stepSeconds } = course;
  const model = { traffic, serviceSeconds: service.seconds, workers, stepSeconds };
  const modelled = (replicas: readonly number[]): Modelled => {
    const backlog = backlogUnder(replicas, model);
    return { replicas, backlog, sum: sumOf(backlog) };
  };
  return {
    service,
    messages: messagesIn(traffic),
    arrivalsPerMinute: perMinute(Array.from(traffic.counts ?? []), stepSeconds),
    actual: modelled(course.actual),
    policies: policies.map((policy) => {
      const { replicas, ...rest } = closedLoop(policy, course.actual[0] ?? 0, model);
      const seconds = replicas.map(() => stepSeconds);
      return { policy: policy.name, side: sideOf(replicas, seconds), ...modelled(replicas), ...rest };
    }),
  };
}

/** Of what is known; undefined where nothing is. */
export function sumOfKnown(backlog: Course["backlog"]): BacklogSum | undefined {
  const known = backlog.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : sumOf(known);
}

/** Means over each minute, or over a step where that is longer: single steps are of whole messages. */
function perMinute(counts: readonly number[], stepSeconds: number): readonly number[] {
  const size = Math.max(1, Math.round(60 / stepSeconds));
  return counts.map((_, step) => {
    const first = step - (step % size);
    const some = counts.slice(first, first + size);
    return (some.reduce((sum, count) => sum + count, 0) * 60) / (some.length * stepSeconds);
  });
}

function sumOf(backlog: readonly number[]): BacklogSum {
  const total = backlog.reduce((sum, value) => sum + value, 0);
  const most = backlog.reduce((one, other) => Math.max(one, other), 0);
  return { mean: Number((total / backlog.length).toPrecision(4)), most: Number(most.toPrecision(4)) };
}
