import type { Autopilot } from "../live/autopilot.ts";
import type { SignalEye } from "../live/signal-eye.ts";
import type { Outcome } from "../outcome.ts";
import type { Plant } from "../plant/plant.ts";
import type { Recorder } from "../recorder.ts";
import type { Rehearsal } from "../rehearsal.ts";
import type { Ledger } from "./ledger.ts";
import type { Scalings } from "./scalings.ts";
import { WaitHistogram } from "./wait-histogram.ts";

export interface Ended {
  readonly rehearsal: Rehearsal;
  readonly plant: Plant;
  readonly recorder: Recorder;
  readonly scalings: Scalings;
  readonly eyes: readonly SignalEye[];
  readonly initialReplicas: number;
  readonly decisions: Autopilot["decisions"];
}

/** What a run that has ended came to. */
export function outcomeOf({ rehearsal, plant, recorder, scalings, eyes, initialReplicas, decisions }: Ended): Outcome {
  const { ledger, waiting, inFlight } = plant;
  const { up, down, reversals, peak } = scalings;
  const { arrived, served, returned, busyStopped } = ledger;
  return {
    policy: rehearsal.policy,
    seed: rehearsal.seed,
    mode: plant.mode,
    startedAt: new Date(rehearsal.traffic.start).toISOString(),
    seconds: plant.now / 1000,
    messages: { arrived, served, waiting, inFlight, returned },
    waitSeconds: waitsOf(ledger.waits),
    ...objectiveOf(ledger),
    workerHours: costOf(ledger),
    replicas: { initial: initialReplicas, peak, final: plant.replicas },
    scalings: { up, down, reversals, busyStopped },
    ...firstWorkerOf(ledger),
    looks: { total: sum(eyes, "looks"), failed: sum(eyes, "failedLooks") },
    decisions,
    drained: waiting + inFlight < 0.5,
    littlesLaw: { overTime: ledger.presence / 1000, overMessages: ledger.sojourns / 1000 },
    series: recorder.series,
    noted: recorder.noted,
    notedDropped: recorder.dropped,
  };
}

function waitsOf(waits: WaitHistogram): Outcome["waitSeconds"] {
  const percentile = (share: number) => waits.percentile(share) / 1000;
  return {
    mean: waits.mean / 1000,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    max: waits.max / 1000,
    relativeError: WaitHistogram.relativeError,
  };
}

function objectiveOf({ objectiveMs, overObjective, overObjectiveMs, waits }: Ledger): Pick<Outcome, "objective"> {
  if (objectiveMs === undefined) return {};
  const shareOver = waits.total === 0 ? 0 : overObjective / waits.total;
  return { objective: { seconds: objectiveMs / 1000, shareOver, minutesOver: overObjectiveMs / 60_000 } };
}

function costOf({ startingMs, readyMs, busyMs, stoppingMs, oracle }: Ledger): Outcome["workerHours"] {
  const hours = (milliseconds: number) => milliseconds / 3_600_000;
  const total = hours(startingMs + readyMs + stoppingMs);
  return {
    total,
    starting: hours(startingMs),
    busy: hours(busyMs),
    idle: hours(readyMs - busyMs),
    stopping: hours(stoppingMs),
    oracle: oracle.workerHours,
    ...(oracle.workerHours > 0 ? { ratioToOracle: total / oracle.workerHours } : {}),
  };
}

function firstWorkerOf({ firstWorker: { count, sumMs, maxMs } }: Ledger): Pick<Outcome, "firstWorkerSeconds"> {
  if (count === 0) return {};
  return { firstWorkerSeconds: { times: count, mean: sumMs / count / 1000, max: maxMs / 1000 } };
}

function sum(eyes: readonly SignalEye[], count: "looks" | "failedLooks"): number {
  return eyes.reduce((total, eye) => total + eye[count], 0);
}
