/** Muster as a library: decide what an autoscaler would do, with no cluster. */

export { decideOnSchedule } from "./config/decide-on-schedule.ts";
export { describeProblem } from "./config/describe-problem.ts";
export { DEFAULTS, type Defaults, parseAutoscaler } from "./config/formats.ts";
export * from "./core/index.ts";
