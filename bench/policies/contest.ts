import { playAll } from "../../src/cli/rehearse/play-all.ts";
import type { SimulateOptions } from "../../src/cli/simulate/simulate-options.ts";
import type { Outcome } from "../../src/lab/outcome.ts";
import { entryAfter, partOf } from "../../src/lab/traffic/part-of.ts";
import type { Traffic } from "../../src/lab/traffic/traffic.ts";
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
  const middle = entryAfter(traffic, TUNED_SHARE);
  const first = partOf(traffic, `the first part of ${scene.name}`, 0, middle);
  const rest = partOf(traffic, scene.name, middle, traffic.at.length);
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
  const options: SimulateOptions = {
    ...{ serviceScale: "1", share: "1", service: `${serviceSeconds}s`, serviceShape: "exponential", serviceCv: "1" },
    ...{ concurrency: "1", startUp: "30s", startUpJitter: "0.2", victims: "newest", replicas: "1" },
    // Long enough that hardly a message is interrupted when its worker is told to stop.
    grace: `${Math.max(30, 6 * serviceSeconds)}s`,
    ...{ lag: "0s", hiddenLag: "0s", outage: [], sees: [], objective: `${objectiveSeconds}s`, drain: "1h" },
    ...{ seed: "1", runs: "1", output: "json" },
    ...(ownPace ? {} : { lookInterval: `${lookSeconds}s` }),
  } as unknown as SimulateOptions;
  const tasks = settings.map(({ autoscaler }) => ({ policy: name, autoscaler, seed: 1, withSeries: false }));
  return playAll({ options, traffic }, tasks);
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
