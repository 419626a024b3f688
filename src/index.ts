/** Muster as a library: decide what an autoscaler would do, with no cluster. */

export * from "./core/index.ts";
export { decideOnSchedule } from "./formats/decide-on-schedule.ts";
export { describeProblem } from "./formats/describe-problem.ts";
export { DEFAULTS, type Defaults, parseAutoscaler } from "./formats/formats.ts";
