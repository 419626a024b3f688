import type { Outcome } from "./outcome.ts";
import { BatchPlant } from "./plant/batch-plant.ts";
import { ExactPlant } from "./plant/exact-plant.ts";
import { type Ledger, WaitHistogram } from "./plant/ledger.ts";
import type { Plant } from "./plant/plant.ts";
import { Recorder, Scalings } from "./recorder.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { countMessages, type Traffic } from "./traffic/traffic.ts";
import { simulatedSources, VirtualDriver } from "./virtual-driver.ts";

/** Most messages to simulate one by one: a second's work. */
const MOST_EXACT = 2_000_000;
/** The same, four seconds' work, if there is at most a month of polls besides. */
const MOST_EXACT_IN_A_MONTH = 10_000_000;
const MONTH_MS = 31 * 86_400_000;
/** CloudWatch's windows reach back this far. */
const LONGEST_WINDOW_SECONDS = 1_200;
/** Turns between two reports of progress. */
const TURNS = 4_096;

/** Plays a policy against a traffic. The same rehearsal gives the same outcome. `progress` receives shares from 0 to 1. */
export function simulate(rehearsal: Rehearsal, progress?: (share: number) => void): Outcome {
  const { autoscaler, traffic, looks } = rehearsal;
  const initialReplicas = rehearsal.initialReplicas ?? Math.min(autoscaler.minReplicas, autoscaler.maxReplicas);
  const plant = createPlant(rehearsal, initialReplicas);
  const recorder = new Recorder(plant, autoscaler, traffic.start, traffic.durationMs);
  const scalings = new Scalings(initialReplicas);
  const driver = new VirtualDriver({
    ...{ autoscaler, looks, sources: simulatedSources(rehearsal), plant, start: traffic.start, seed: rehearsal.seed },
    startUpSeconds: rehearsal.workers.startUpSeconds,
    memorySeconds: LONGEST_WINDOW_SECONDS + looks.lagSeconds + looks.hiddenLagSeconds,
    decided: (decided) => {
      recorder.note(decided);
      if (decided.acted) scalings.scaled(decided.at, decided.from, decided.decision.desiredReplicas);
    },
  });
  const world = { rehearsal, initialReplicas, plant, recorder, scalings, driver };
  run(world, progress);
  plant.finish();
  recorder.sample();
  return outcomeOf(world);
}

function createPlant(rehearsal: Rehearsal, initialReplicas: number): Plant {
  const { autoscaler, workers } = rehearsal;
  const messagesPerJob = autoscaler.jobs?.messagesPerJob;
  // A mean flow knows no single workers, and so no Jobs that end.
  const mode = messagesPerJob === undefined ? (rehearsal.mode ?? usualMode(rehearsal.traffic)) : "exact";
  const victims = autoscaler.busyWorkers === undefined ? workers.victims : "idle";
  const terms = { ...rehearsal, workers: { ...workers, victims, messagesPerJob }, initialReplicas };
  return new (mode === "exact" ? ExactPlant : BatchPlant)(terms);
}

function usualMode(traffic: Traffic): Plant["mode"] {
  const most = traffic.durationMs <= MONTH_MS ? MOST_EXACT_IN_A_MONTH : MOST_EXACT;
  return countMessages(traffic) <= most ? "exact" : "batch";
}

interface World {
  readonly rehearsal: Rehearsal;
  readonly initialReplicas: number;
  readonly plant: Plant;
  readonly recorder: Recorder;
  readonly scalings: Scalings;
  readonly driver: VirtualDriver;
}

/** Runs until all messages are done after the last arrival, or the drain time is over. */
function run({ rehearsal, plant, recorder, driver }: World, progress?: (share: number) => void): void {
  const { traffic, drainSeconds, looks } = rehearsal;
  const lastArrival = traffic.durationMs;
  const end = lastArrival + drainSeconds * 1000;
  const lagMs = (looks.lagSeconds + looks.hiddenLagSeconds) * 1000;
  // Readings with a lag need snapshots, independent of polls.
  let snapshotAt = lagMs === 0 ? Number.POSITIVE_INFINITY : 0;
  for (let turn = 1; ; turn += 1) {
    if (plant.now >= snapshotAt) {
      driver.remember();
      snapshotAt = plant.now + Math.max(1000, lagMs / 8);
    }
    act(plant, recorder, driver);
    const until = plant.now < lastArrival ? lastArrival : isEmpty(plant) ? plant.now : end;
    if (plant.now >= until) return;
    if (turn % TURNS === 0) progress?.(Math.min(1, plant.now / lastArrival));
    advance(plant, driver, Math.min(recorder.nextAt, snapshotAt, until));
  }
}

function act(plant: Plant, recorder: Recorder, driver: VirtualDriver): void {
  recorder.watch();
  if (plant.now >= recorder.nextAt) recorder.sample();
  if (plant.now >= driver.nextAt) driver.act();
}

/** Advances to the next event, such as the message that wakes a sleeping workload. */
function advance(plant: Plant, driver: VirtualDriver, until: number): void {
  const { arrived } = plant.ledger;
  plant.advance(Math.min(driver.nextAt, until), driver.isWaiting);
  if (driver.isWaiting && plant.ledger.arrived > arrived) driver.wake();
}

function isEmpty({ waiting, inFlight }: Plant): boolean {
  return waiting + inFlight < 0.5;
}

/** The outcome of a finished run. */
function outcomeOf({ rehearsal, initialReplicas, plant, recorder, scalings, driver }: World): Outcome {
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
    workerHours: costOf(ledger, rehearsal.interruptionSeconds),
    replicas: { initial: initialReplicas, peak, final: plant.replicas },
    scalings: { up, down, reversals, busyStopped },
    ...firstWorkerOf(ledger),
    looks: driver.polls,
    decisions: driver.decisions,
    drained: isEmpty(plant),
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

function costOf(ledger: Ledger, interruptionSeconds = 0): Outcome["workerHours"] {
  const { startingMs, readyMs, busyMs, stoppingMs, oracle, busyStopped } = ledger;
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
    ...(interruptionSeconds > 0 ? { withInterruptions: total + (busyStopped * interruptionSeconds) / 3_600 } : {}),
  };
}

function firstWorkerOf({ firstWorker: { count, sumMs, maxMs } }: Ledger): Pick<Outcome, "firstWorkerSeconds"> {
  if (count === 0) return {};
  return { firstWorkerSeconds: { times: count, mean: sumMs / count / 1000, max: maxMs / 1000 } };
}
