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

/** The summary in lines for a person; undefined where the workers did not come and go. */
export function summaryLines(summary: Summary): string[] | undefined {
  if (summary.firstReadyMs === undefined || summary.zeroMs === undefined) return undefined;
  return [
    `time to the first worker asked for   ${duration(summary.firstScaleMs)}`,
    `time to the first worker ready       ${duration(summary.firstReadyMs)}`,
    `peak                                 ${summary.peakReplicas} workers, ${summary.peakBacklog} messages`,
    `queue empty after                    ${duration(summary.emptyMs)}`,
    `back to zero workers after           ${duration(summary.zeroMs)}`,
  ];
}

/** The same for workers that never go to zero: up from where they stood, and back. */
export function metricsSummaryLines(observations: readonly Observation[]): string[] | undefined {
  const start = observations[0]?.replicas ?? 0;
  const up = observations.find(({ replicas }) => replicas > start);
  const back = up && observations.find(({ at, replicas }) => at > up.at && replicas <= start);
  if (up === undefined || back === undefined) return undefined;
  return [
    `time to the first step up   ${duration(up.at)}`,
    `peak                        ${Math.max(...observations.map(({ replicas }) => replicas))} workers, a lag of ${Math.max(...observations.map(({ backlog }) => backlog))}`,
    `back where it began after   ${duration(back.at)}`,
  ];
}

/** "38 ms", "4.2 s". */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return "not seen";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
