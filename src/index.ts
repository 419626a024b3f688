/** Muster as a library: decide what an autoscaler would do, with no cluster. */
export * from "./core/index.ts";
