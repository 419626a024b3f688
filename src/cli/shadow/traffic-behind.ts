import type { Workers } from "../../lab/plant/plant.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import type { Course } from "./course.ts";

/**
 * The messages that must have arrived, given how the backlog went and what the workers that there were can have done in
 * that time: what a backlog did not fall by although workers worked, arrived. A message takes `serviceSeconds`.
 */
export function trafficBehind(course: Course, serviceSeconds: number, workers: Workers): Traffic {
  const { start, stepSeconds, actual } = course;
  const backlog = filled(course.backlog);
  const working = ready(actual, Math.round(workers.startUpSeconds / stepSeconds));
  const counts = new Float64Array(actual.length);
  // Workers that were slower for a while than they are taken to be seem to have done more than there was.
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

/** What is not known is as it was last known. */
function filled(column: Course["backlog"]): readonly number[] {
  let last = column.find((value) => value !== undefined) ?? 0;
  return column.map((value) => {
    last = value ?? last;
    return last;
  });
}

/** Workers are counted once they have been there for as many steps as they take to start. */
export function ready(replicas: readonly number[], startSteps: number): readonly number[] {
  const lowest: number[] = [];
  return replicas.map((count, step) => {
    // A queue of the least numbers of the last steps, rising.
    while (lowest.length > 0 && (replicas[lowest.at(-1) ?? 0] ?? 0) >= count) lowest.pop();
    lowest.push(step);
    if ((lowest[0] ?? step) < step - startSteps) lowest.shift();
    return replicas[lowest[0] ?? step] ?? count;
  });
}
