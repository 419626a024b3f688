export * from "./account.ts";
export * from "./autoscaler.ts";
export * from "./backoff.ts";
export * from "./decide.ts";
export * from "./decision.ts";
export * from "./drain/drain-memory.ts";
export { essence, noteLook } from "./drain/note-look.ts";
export {
  type BinErrors,
  DAY_BINS,
  foretell,
  isSkilled,
  learnBin,
  naiveError,
  noteArrivals,
  type Outlook,
  type Season,
  type SeasonProfile,
  WEEK_BINS,
  withoutBin,
} from "./drain/season.ts";
export * from "./intern-pool.ts";
export * from "./jobs.ts";
export { judge, withEmptyValue, withoutAgeing } from "./judge.ts";
export { printable, printableDeep, printableLines } from "./printable.ts";
export * from "./problem.ts";
export { isStepping } from "./profiles.ts";
export * from "./reading.ts";
export {
  LEAVING_COST,
  type ListedConsumer,
  matchConsumers,
  type PodAnswer,
  type SurveyResult,
  seeWorkers,
} from "./see-workers.ts";
export * from "./what-would-change.ts";
export { type BusyWorker, isProtected, type StartUp, type WorkerPod, type WorkersSeen } from "./workers.ts";
export type { WorkloadState } from "./workload-state.ts";
