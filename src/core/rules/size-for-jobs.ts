import { type JobSizing, type JobsSeen, jobsMissing, type SeenJob } from "../jobs.ts";
import { counted } from "../wording.ts";
import type { Deliberation, Outcome, Rule } from "./rule.ts";
import { largestOfSignals } from "./take-largest.ts";

const USUAL: JobSizing = { strategy: { kind: "Default" }, messagesPerJob: 1, readingLagSeconds: 0, spareJobs: 0 };

/** Where only their number is known: Jobs that every reading has counted. */
function longAgo(count: number): JobsSeen {
  const job = { createdAt: Number.NEGATIVE_INFINITY, workingSince: Number.NEGATIVE_INFINITY };
  return { jobs: new Array<SeenJob>(count).fill(job), knownSince: Number.NEGATIVE_INFINITY };
}

/** Each signal asks for Jobs beside those that its reading counted, and the largest number wins. Doubt creates none. */
export const sizeForJobs: Rule = largestOfSignals("sizeForJobs", (outcome, judged, deliberation) => {
  if (outcome === undefined || judged.fallsBack) return outcome;
  if (judged.doubt !== undefined || judged.reading === undefined) return undefined;
  return besideThoseCounted(outcome, judged.reading.at, deliberation);
});

function besideThoseCounted(
  outcome: Outcome,
  statedAt: number,
  { situation: { autoscaler, currentReplicas: current, jobs: seen = longAgo(current) } }: Deliberation,
): Outcome | undefined {
  const { readingLagSeconds, ...sizing } = autoscaler.jobs ?? USUAL;
  const readAt = statedAt - readingLagSeconds * 1000;
  // What ended before this process knew of it may be in the reading.
  if (readAt < seen.knownSince) return undefined;
  const {
    missing,
    deducted,
    since,
    keptFree = 0,
  } = jobsMissing(outcome.replicas, readAt, seen.jobs, sizing, autoscaler.maxReplicas);
  const less = [
    ...(deducted > 0 ? [`${deducted} for Jobs that it counts`] : []),
    ...(since > 0 ? [`${since} for Jobs created since`] : []),
  ];
  const isAdded = sizing.strategy.kind === "Default" || sizing.strategy.kind === "Custom";
  const spare = sizing.spareJobs === 0 || !isAdded ? "" : `, with ${counted(sizing.spareJobs, "spare Job")}`;
  const sum = less.length === 0 ? "" : `, less ${less.join(" and ")}`;
  const kept =
    keptFree === 0
      ? ""
      : `, while ${counted(keptFree, "place")} of ${autoscaler.maxReplicas} stay free for pending Jobs`;
  const because = `${outcome.because}${spare}${sum}${kept}: ${missing > 0 ? counted(missing, "more Job") : "no more Jobs"}`;
  return { ...outcome, replicas: Math.max(0, current + missing), because };
}

/** A Job that runs is never stopped. */
export const letJobsEnd: Rule = {
  name: "letJobsEnd",
  apply(replicas, { situation: { currentReplicas } }) {
    if (replicas >= currentReplicas) return undefined;
    return { replicas: currentReplicas, because: `${currentReplicas} stay: Jobs end by themselves` };
  },
};
