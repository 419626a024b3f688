import type { Workers } from "../../lab/plant/plant.ts";
import type { Course } from "./course.ts";
import { ready } from "./traffic-behind.ts";

/** How long a worker works on a message, and how that is known. */
export interface KnownService {
  readonly seconds: number;
  readonly from: "given" | "learned";
}

/** Fewer messages say too little. */
const LEAST_MESSAGES = 30;

/**
 * Learns it where the queue counts what is finished, or arrivals were recorded: the time that workers were busy, divided
 * by the messages that they finished. Undefined where that cannot be told.
 */
export function learnedService(course: Course, workers: Workers): KnownService | undefined {
  const { stepSeconds, actual, backlog } = course;
  const working = ready(actual, Math.round(workers.startUpSeconds / stepSeconds));
  let busySeconds = 0;
  let finished = 0;
  for (let step = 0; step + 1 < actual.length; step += 1) {
    const [before, messages] = [backlog[step], finishedIn(course, step)];
    if (before === undefined || messages === undefined) continue;
    busySeconds += Math.min(before, (working[step] ?? 0) * workers.concurrency) * stepSeconds;
    finished += messages;
  }
  const seconds = busySeconds / finished;
  const isKnown = finished >= LEAST_MESSAGES && Number.isFinite(seconds) && seconds >= 0.001;
  return isKnown ? { seconds: Number(seconds.toPrecision(3)), from: "learned" } : undefined;
}

/** As the queue's own counter has it, unless that began anew; else those that arrived, less those by which the backlog grew. */
function finishedIn({ stepSeconds, backlog, arrivalsPerMinute, completed }: Course, step: number): number | undefined {
  const [counted, next] = [completed[step], completed[step + 1]];
  if (counted !== undefined && next !== undefined) return next >= counted ? next - counted : undefined;
  const [before, after, arrivals] = [backlog[step], backlog[step + 1], arrivalsPerMinute[step]];
  if (before === undefined || after === undefined || arrivals === undefined) return undefined;
  return (arrivals * stepSeconds) / 60 - (after - before);
}
