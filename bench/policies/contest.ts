import { type Estimate, estimateMean } from "../../src/lab/comparison.ts";
import type { Outcome } from "../../src/lab/outcome.ts";
import { play } from "../../src/lab/play-all.ts";
import { entryAtShare, sliceTraffic, type Traffic } from "../../src/lab/traffic/traffic.ts";
import type { Contender, Setting } from "./contenders.ts";
import type { Scene } from "./traffics.ts";

/** This share of the time is tuned on, and all contenders are measured on the rest. */
const TUNED_SHARE = 0.3;
/** A setting meets the objective if at most this share of messages waits longer. */
export const ALLOWED_SHARE = 0.01;

/** What one setting came to, as means over the seeds. */
export interface Score {
  readonly policy: string;
  /** Empty: the defaults. */
  readonly setting: string;
  readonly p95: Estimate;
  readonly shareOver: Estimate;
  readonly workerHours: Estimate;
  /** Worker-hours divided by the clairvoyant oracle's. */
  readonly toOracle: Estimate;
  readonly scalings: Estimate;
  readonly busyStopped: Estimate;
  /** Messages whose worker was killed at the end of its grace period; they went back to the queue. */
  readonly interrupted: Estimate;
}

/** The two parts of a traffic. `days`: no more than this of each is played. */
export interface Stage {
  readonly scene: Scene;
  readonly tuning: Traffic;
  readonly measuring: Traffic;
}

export function stageOf(scene: Scene, days = Number.POSITIVE_INFINITY): Stage {
  const { traffic, name } = scene;
  const middle = entryAtShare(traffic, TUNED_SHARE);
  const longest = days * 86_400_000;
  const first = firstAfter(traffic, (traffic.at[middle] ?? traffic.durationMs) - longest);
  const last = firstAfter(traffic, (traffic.at[middle] ?? 0) + longest);
  return {
    scene,
    tuning: sliceTraffic(traffic, `the first part of ${name}`, first, middle),
    measuring: sliceTraffic(traffic, name, middle, last),
  };
}

function firstAfter({ at }: Traffic, moment: number): number {
  const index = at.findIndex((one) => one >= moment);
  return index === -1 ? at.length : index;
}

/** One contender on one traffic: its setting is chosen, and measured, as a mean over the seeds. */
export function contest(stage: Stage, contender: Contender, seeds: readonly number[]): Score {
  const setting = chosen(stage, contender, seeds);
  const outcomes = seeds.map((seed) => rehearse(stage.scene, contender, setting, stage.measuring, seed));
  return scoreOf(contender.name, setting.words, outcomes);
}

/** The cheapest setting that meets the objective, or else the one that comes nearest to it. */
function chosen({ scene, tuning, measuring }: Stage, contender: Contender, seeds: readonly number[]): Setting {
  const [only] = contender.settings;
  if (only !== undefined && contender.settings.length === 1) return only;
  const ranked = contender.settings
    .map((setting) => {
      const traffic = contender.inHindsight ? measuring : tuning;
      const outcomes = seeds.map((seed) => rehearse(scene, contender, setting, traffic, seed));
      const over = estimateMean(outcomes.map(({ objective }) => objective?.shareOver ?? 0)).mean;
      const hours = estimateMean(outcomes.map(({ workerHours }) => workerHours.total)).mean;
      return { setting, missed: over <= ALLOWED_SHARE ? 0 : over, hours };
    })
    .sort((one, other) => one.missed - other.missed || one.hours - other.hours);
  return ranked[0]?.setting as Setting;
}

/** One setting on a part of the traffic. */
export function rehearse(
  { serviceSeconds, serviceCv, objectiveSeconds, lookSeconds, startUpSeconds = 30 }: Scene,
  { name, ownPace }: Pick<Contender, "name" | "ownPace">,
  { autoscaler }: Setting,
  traffic: Traffic,
  seed: number,
): Outcome {
  const stage = {
    traffic,
    workers: {
      ...{ concurrency: 1, startUpSeconds, startUpJitter: 0.2, victims: "newest" as const },
      // Long enough that hardly a message is interrupted when its worker is asked to stop.
      graceSeconds: Math.max(30, 6 * serviceSeconds),
    },
    service: {
      meanSeconds: serviceSeconds,
      ...(serviceCv === undefined
        ? { shape: "exponential" as const, cv: 1 }
        : { shape: "lognormal" as const, cv: serviceCv }),
    },
    looks: {
      ...{ lagSeconds: 0, hiddenLagSeconds: 0, outages: [], sees: {} },
      ...(ownPace ? {} : { intervalSeconds: lookSeconds }),
    },
    ...{ seed, initialReplicas: 1, objectiveSeconds, drainSeconds: 3_600 },
  };
  return play(stage, { name, autoscaler, seed, withSeries: false });
}

function scoreOf(policy: string, setting: string, outcomes: readonly Outcome[]): Score {
  const over = (pick: (outcome: Outcome) => number): Estimate => {
    const { mean, plusMinus } = estimateMean(outcomes.map(pick));
    const rounded = Number(mean.toPrecision(3));
    return plusMinus === undefined ? { mean: rounded } : { mean: rounded, plusMinus: Number(plusMinus.toPrecision(2)) };
  };
  return {
    ...{ policy, setting },
    p95: over(({ waitSeconds }) => waitSeconds.p95),
    shareOver: over(({ objective }) => objective?.shareOver ?? 0),
    workerHours: over(({ workerHours }) => workerHours.total),
    toOracle: over(({ workerHours }) => workerHours.ratioToOracle ?? Number.NaN),
    scalings: over(({ scalings: { up, down } }) => up + down),
    // In batch mode a fraction of a worker is.
    busyStopped: over(({ scalings }) => Math.round(scalings.busyStopped)),
    interrupted: over(({ messages }) => Math.round(messages.returned)),
  };
}
