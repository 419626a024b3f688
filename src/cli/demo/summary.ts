import type { Observation } from "./observation.ts";

/** What a rehearsal is judged by. Times in milliseconds since the burst was sent; absent: it did not happen. */
export interface Summary {
  readonly firstScaleMs?: number;
  readonly firstReadyMs?: number;
  readonly peakReplicas: number;
  readonly peakBacklog: number;
  readonly emptyMs?: number;
  readonly zeroMs?: number;
}

/** Sums up a run; `observations` are in the order of time and begin before the first scaling. */
export function summarize(observations: readonly Observation[]): Summary {
  const first = (wanted: (seen: Observation) => boolean, from = 0) =>
    observations.find((seen) => seen.at >= from && wanted(seen))?.at;
  const firstScaleMs = first((seen) => seen.replicas > 0);
  const firstReadyMs = first((seen) => seen.ready > 0);
  const emptyMs = firstReadyMs === undefined ? undefined : first((seen) => seen.backlog === 0, firstReadyMs);
  const zeroMs = emptyMs === undefined ? undefined : first((seen) => seen.replicas === 0, emptyMs);
  return {
    peakReplicas: Math.max(0, ...observations.map((seen) => seen.replicas)),
    peakBacklog: Math.max(0, ...observations.map((seen) => seen.backlog)),
    ...(firstScaleMs !== undefined && { firstScaleMs }),
    ...(firstReadyMs !== undefined && { firstReadyMs }),
    ...(emptyMs !== undefined && { emptyMs }),
    ...(zeroMs !== undefined && { zeroMs }),
  };
}

/** The summary in lines for a person. */
export function summaryLines(summary: Summary): string[] {
  return [
    `time to the first worker asked for   ${duration(summary.firstScaleMs)}`,
    `time to the first worker ready       ${duration(summary.firstReadyMs)}`,
    `peak                                 ${summary.peakReplicas} workers, ${summary.peakBacklog} messages`,
    `queue empty after                    ${duration(summary.emptyMs)}`,
    `back to zero workers after           ${duration(summary.zeroMs)}`,
  ];
}

/** "38 ms", "4.2 s". */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return "not seen";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
