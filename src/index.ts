/** Muster as a library: decide what an autoscaler would do, with no cluster. */

export * from "./core/index.ts";
export { DEFAULTS, type Defaults, parseAutoscaler } from "./formats/formats.ts";
export { describeProblem } from "./formats/problems.ts";
export { decideOnSchedule } from "./formats/schedule.ts";
