/** Muster as a library: decide what an autoscaler would do, with no cluster. */

export { describeProblem } from "./config/describe-problem.ts";
export { DEFAULTS, type Defaults, parseAutoscaler } from "./config/formats.ts";
export * from "./core/index.ts";
