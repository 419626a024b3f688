import { decide, type Memory, type Reading, type Situation } from "../../src/core/index.ts";
import { Journal } from "../../src/journal/journal.ts";
import type { JournalEntry } from "../../src/journal/journal-entry.ts";
import { ExactPlant } from "../../src/lab/plant/exact-plant.ts";
import type { Workers } from "../../src/lab/plant/plant.ts";
import { trafficFromPreset } from "../../src/lab/traffic/traffic-from-preset.ts";
import { NOW, type QueueAutoscaler, queueAutoscaler } from "./situations.ts";

const LOOK_MS = 10_000;
/** How often the other autoscaler looks. */
const OTHER_MS = 60_000;

export interface ShadowedWorld {
  /** A preset of `muster simulate --traffic`. */
  readonly traffic: string;
  readonly serviceSeconds: number;
  readonly workers?: Partial<Workers>;
  /** Somebody else's rule: replicas for so many unfinished messages. Asked once a minute. */
  readonly other: (unfinished: number, replicas: number) => number;
  readonly autoscaler?: QueueAutoscaler;
  /** Whether readings tell how many messages arrived in the last look's time. */
  readonly withArrivals?: true;
  /** Whether the queue counts what was finished, and loses count so many looks later. */
  readonly countsAnewAfter?: number;
}

/** What was recorded, and what really went on. */
export interface Shadowed {
  readonly entries: readonly JournalEntry[];
  readonly messages: number;
  /** Of unfinished messages, over time. */
  readonly meanBacklog: number;
}

/** A queue and workers that somebody else scales, while an autoscaler in dry run decides every ten seconds and keeps a journal. */
export function shadowedWorld(world: ShadowedWorld): Shadowed {
  const workers: Workers = { ...WORKERS, ...world.workers };
  const traffic = trafficFromPreset(world.traffic);
  const service = { meanSeconds: world.serviceSeconds, shape: "exponential" } as const;
  const plant = new ExactPlant({ traffic, service, workers, initialReplicas: 1, seed: 1 });
  const autoscaler = { ...queueAutoscaler(world.autoscaler), mode: "DryRun" } as const;
  const entries: JournalEntry[] = [];
  const journal = new Journal({ write: (entry) => entries.push(entry) });
  let memory: Memory = {};
  let arrived = 0;
  let lost = 0;
  /** The counter of a queue that was restarted once. */
  const countOf = (completed: number) => {
    if (plant.now === (world.countsAnewAfter ?? 0) * LOOK_MS) lost = completed;
    return completed - lost;
  };
  while (plant.now < traffic.durationMs) {
    if (plant.now % OTHER_MS === 0) plant.scale(world.other(plant.waiting + plant.inFlight, plant.replicas));
    const now = NOW + plant.now;
    const { waiting, inFlight } = plant;
    const perMinute = ((plant.ledger.arrived - arrived) * 60_000) / LOOK_MS;
    arrived = plant.ledger.arrived;
    const arrivals = world.withArrivals && plant.now > 0 ? { arrivalsPerMinute: perMinute } : {};
    const counted =
      world.countsAnewAfter === undefined ? {} : { completed: countOf(plant.ledger.arrived - waiting - inFlight) };
    const reading: Reading = { at: now, value: waiting + inFlight, waiting, inFlight, ...arrivals, ...counted };
    const situation: Situation = {
      ...{ autoscaler, memory, now, currentReplicas: plant.replicas },
      signals: { queue: { reading } },
    };
    const decision = decide(situation);
    memory = decision.memory;
    journal.decided(situation, decision);
    plant.advance(plant.now + LOOK_MS);
  }
  journal.close();
  const latest = [...new Map(entries.map((entry) => [entry.at, entry])).values()];
  return { entries: latest, messages: plant.ledger.arrived, meanBacklog: plant.ledger.presence / plant.now };
}

const WORKERS: Workers = { concurrency: 1, startUpSeconds: 30, startUpJitter: 0, graceSeconds: 30, victims: "newest" };
