export * from "./account.ts";
export * from "./autoscaler.ts";
export * from "./decide.ts";
export * from "./decision.ts";
export * from "./parsed.ts";
export * from "./problem.ts";
export * from "./reading.ts";
export * from "./with-scaling.ts";
