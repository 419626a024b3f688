import type { Workers } from "../plant/plant.ts";
import type { Traffic } from "../traffic/traffic.ts";
import type { Course } from "./recorded-course.ts";

/**
 * Infers arrivals from the backlog and the work that the actual workers could do: what the backlog did not fall by although
 * workers were busy has arrived. A message takes `serviceSeconds`.
 */
export function inferTraffic(course: Course, serviceSeconds: number, workers: Workers): Traffic {
  const { start, stepSeconds, actual } = course;
  const backlog = fillGaps(course.backlog);
  const working = countReady(actual, Math.round(workers.startUpSeconds / stepSeconds));
  const counts = new Float64Array(actual.length);
  // Workers slower than assumed seem to have finished more messages than there were; later arrivals repay that.
  let debt = 0;
  for (let step = 0; step < actual.length; step += 1) {
    const before = backlog[step] ?? 0;
    const busy = Math.min(before, (working[step] ?? 0) * workers.concurrency);
    const arrived = (backlog[step + 1] ?? before) - before + (busy * stepSeconds) / serviceSeconds - debt;
    debt = Math.max(0, -arrived);
    counts[step] = Math.max(0, arrived);
  }
  counts[0] = (counts[0] ?? 0) + (backlog[0] ?? 0);
  return {
    ...{ name: "what was recorded", kind: "counts", remarks: [], start, counts },
    durationMs: actual.length * stepSeconds * 1000,
    at: Float64Array.from(actual, (_, step) => step * stepSeconds * 1000),
    binMs: stepSeconds * 1000,
  };
}

/** Fills gaps with the last known value. */
function fillGaps(column: Course["backlog"]): readonly number[] {
  let last = column.find((value) => value !== undefined) ?? 0;
  return column.map((value) => {
    last = value ?? last;
    return last;
  });
}

/** Counts workers that have existed for the steps of their start-up. */
export function countReady(replicas: readonly number[], startSteps: number): readonly number[] {
  const lowest: number[] = [];
  return replicas.map((count, step) => {
    // A monotonic queue of the minima of the last steps.
    while (lowest.length > 0 && (replicas[lowest.at(-1) ?? 0] ?? 0) >= count) lowest.pop();
    lowest.push(step);
    if ((lowest[0] ?? step) < step - startSteps) lowest.shift();
    return replicas[lowest[0] ?? step] ?? count;
  });
}

/** The service time of a message, and where it is from. */
export interface KnownService {
  readonly seconds: number;
  readonly from: "given" | "learned";
}

/** Messages needed to learn from. */
const LEAST_MESSAGES = 30;

/**
 * Learns it if the queue counts finished messages or arrivals were recorded: the busy time of workers divided by the
 * messages that they finished. Undefined if there are too few.
 */
export function learnServiceTime(course: Course, workers: Workers): KnownService | undefined {
  const { stepSeconds, actual, backlog } = course;
  const working = countReady(actual, Math.round(workers.startUpSeconds / stepSeconds));
  let busySeconds = 0;
  let finished = 0;
  for (let step = 0; step + 1 < actual.length; step += 1) {
    const [before, messages] = [backlog[step], countFinished(course, step)];
    if (before === undefined || messages === undefined) continue;
    busySeconds += Math.min(before, (working[step] ?? 0) * workers.concurrency) * stepSeconds;
    finished += messages;
  }
  const seconds = busySeconds / finished;
  const isKnown = finished >= LEAST_MESSAGES && Number.isFinite(seconds) && seconds >= 0.001;
  return isKnown ? { seconds: Number(seconds.toPrecision(3)), from: "learned" } : undefined;
}

/** By the queue's counter, unless it was reset; else arrivals less the growth of the backlog. */
function countFinished(
  { stepSeconds, backlog, arrivalsPerMinute, completed }: Course,
  step: number,
): number | undefined {
  const [counted, next] = [completed[step], completed[step + 1]];
  if (counted !== undefined && next !== undefined) return next >= counted ? next - counted : undefined;
  const [before, after, arrivals] = [backlog[step], backlog[step + 1], arrivalsPerMinute[step]];
  if (before === undefined || after === undefined || arrivals === undefined) return undefined;
  return (arrivals * stepSeconds) / 60 - (after - before);
}
