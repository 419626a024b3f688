import type { Outcome } from "../../src/lab/outcome.ts";
import { playAll } from "../../src/lab/play-all.ts";
import type { Stage } from "../../src/lab/rehearsal.ts";
import { entryAtShare, sliceTraffic, type Traffic } from "../../src/lab/traffic/traffic.ts";
import { type Contender, contenders, type Setting } from "./contenders.ts";
import type { Scene } from "./traffics.ts";

/** So large a share of the time is tuned on, and all contenders are measured on the rest. */
const TUNED_SHARE = 0.3;
/** A setting meets the objective if no more than this share of messages wait longer. */
export const ALLOWED_SHARE = 0.01;

/** What one contender came to on the part that no setting was chosen by. */
export interface Score {
  readonly policy: string;
  /** What tuning chose. */
  readonly setting: string;
  readonly p95: number;
  readonly p99: number;
  readonly shareOver: number;
  readonly workerHours: number;
  readonly toOracle: number;
  readonly scalings: number;
  readonly reversals: number;
  readonly busyStopped: number;
}

/** All contenders on one traffic. */
export async function contest(scene: Scene): Promise<readonly Score[]> {
  const { traffic } = scene;
  const middle = entryAtShare(traffic, TUNED_SHARE);
  const first = sliceTraffic(traffic, `the first part of ${scene.name}`, 0, middle);
  const rest = sliceTraffic(traffic, scene.name, middle, traffic.at.length);
  const scores: Score[] = [];
  for (const contender of contenders(scene)) {
    const setting = await chosen(scene, contender, contender.inHindsight ? rest : first);
    const [outcome] = await played(scene, contender, rest, [setting]);
    if (outcome !== undefined) scores.push(scoreOf(contender.name, setting.words, outcome));
  }
  return scores;
}

/** The cheapest setting that meets the objective, or else the one that comes nearest to it. */
async function chosen(scene: Scene, contender: Contender, traffic: Traffic): Promise<Setting> {
  const { settings } = contender;
  const [only] = settings;
  if (only !== undefined && settings.length === 1) return only;
  const outcomes = await played(scene, contender, traffic, settings);
  const ranked = settings
    .map((setting, index) => ({ setting, score: scoreOf("", "", outcomes[index] as Outcome) }))
    .sort(({ score: one }, { score: other }) => missed(one) - missed(other) || one.workerHours - other.workerHours);
  return ranked[0]?.setting as Setting;
}

function missed({ shareOver }: Score): number {
  return shareOver <= ALLOWED_SHARE ? 0 : shareOver;
}

function played(
  scene: Scene,
  { name, ownPace }: Contender,
  traffic: Traffic,
  settings: readonly Setting[],
): Promise<readonly Outcome[]> {
  const { serviceSeconds, objectiveSeconds, lookSeconds } = scene;
  const stage: Stage = {
    traffic,
    workers: {
      ...{ concurrency: 1, startUpSeconds: 30, startUpJitter: 0.2, victims: "newest" },
      // Long enough that hardly a message is interrupted when its worker is told to stop.
      graceSeconds: Math.max(30, 6 * serviceSeconds),
    },
    service: { meanSeconds: serviceSeconds, shape: "exponential", cv: 1 },
    looks: {
      ...{ lagSeconds: 0, hiddenLagSeconds: 0, outages: [], sees: {} },
      ...(ownPace ? {} : { intervalSeconds: lookSeconds }),
    },
    ...{ seed: 1, initialReplicas: 1, objectiveSeconds, drainSeconds: 3_600 },
  };
  return playAll(
    stage,
    settings.map(({ autoscaler }) => ({ name, autoscaler, seed: 1, withSeries: false })),
  );
}

function scoreOf(policy: string, setting: string, { waitSeconds, objective, workerHours, scalings }: Outcome): Score {
  const rounded = (value: number) => Number(value.toPrecision(3));
  return {
    ...{ policy, setting },
    p95: rounded(waitSeconds.p95),
    p99: rounded(waitSeconds.p99),
    shareOver: rounded(objective?.shareOver ?? 0),
    workerHours: rounded(workerHours.total),
    toOracle: rounded(workerHours.ratioToOracle ?? Number.NaN),
    scalings: scalings.up + scalings.down,
    reversals: scalings.reversals,
    // In batch mode a fraction of a worker is.
    busyStopped: Math.round(scalings.busyStopped),
  };
}
