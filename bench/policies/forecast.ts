// Rehearses the drain rule with and without its forecast, and compares the forecast with naive ones:
//   node bench/policies/forecast.ts [--traces FOLDER] [--only PART-OF-NAME] [--seeds 3] [--start-up 30,300] [--save FILE]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isSkilled, learnBin, type Season } from "../../src/core/index.ts";
import { type Estimate, estimateMean } from "../../src/lab/comparison.ts";
import type { Outcome } from "../../src/lab/outcome.ts";
import { poisson, Random } from "../../src/lab/random.ts";
import type { Traffic } from "../../src/lab/traffic/traffic.ts";
import { drainSetting } from "./contenders.ts";
import { rehearse } from "./contest.ts";
import { heldOut } from "./held-out.ts";
import { invented, RECORDINGS, recorded, type Scene } from "./traffics.ts";

const { values } = parseArgs({
  options: {
    traces: { type: "string" },
    only: { type: "string", default: "" },
    seeds: { type: "string", default: "2" },
    "start-up": { type: "string", default: "30,300" },
    save: { type: "string" },
  },
});

const BIN_MS = 900_000;
const FORECASTS = ["Off", "Raise"] as const;
/** Shorter traffic has no day to learn. It is played nevertheless: the forecast must change nothing. */
const SEASONED = /double season|weekly|daily|worldcup|taxi|azure/;

/** The taxis again with ten times as many jobs of a tenth: of so few as there, chance alone makes most of the error. */
const FINER = [
  ...RECORDINGS,
  [/nyc-taxi/, { share: 0.1, terms: { serviceSeconds: 6, objectiveSeconds: 300, lookSeconds: 30 } }],
] as const;

/** Forecasts of the next quarter of an hour beside the better naive one, as shares of what came, and how often they would count. */
interface Skill {
  readonly compared: number;
  readonly error: number;
  readonly naiveError: number;
  readonly usedShare: number;
}

interface Row {
  readonly traffic: string;
  readonly startUpSeconds: number;
  readonly skill: Skill;
  readonly results: Readonly<Record<(typeof FORECASTS)[number], Result>>;
}

interface Result {
  readonly late: Estimate;
  readonly workerHours: Estimate;
  readonly p95: Estimate;
  readonly scalings: Estimate;
}

const scenes = [
  ...invented(),
  ...heldOut().flatMap((scene) => (scene.name.startsWith("double season") ? [scene, ...shuffledOnes(scene)] : [scene])),
  ...(values.traces === undefined ? [] : await recorded(values.traces, FINER)),
].filter(({ name }) => SEASONED.test(name) && name.includes(values.only));
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const rows: Row[] = [];
console.log(
  line([
    "traffic",
    "start-up, s",
    "error",
    "naive",
    "counts",
    "late, off",
    "on",
    "worker-h, off",
    "on",
    "p95, off",
    "on",
  ]),
);
console.log(line(Array.from({ length: 11 }, () => "---")));
for (const scene of scenes) {
  const skill = skillOn(scene.traffic);
  for (const startUpSeconds of values["start-up"].split(",").map(Number)) {
    const results = Object.fromEntries(
      FORECASTS.map((forecast) => [forecast, resultOf({ ...scene, startUpSeconds }, forecast)]),
    ) as Row["results"];
    rows.push({ traffic: scene.name, startUpSeconds, skill, results });
    print(rows.at(-1) as Row);
  }
}
if (values.save !== undefined) writeFileSync(values.save, `${JSON.stringify({ rows }, null, 2)}\n`);

/** The same quarters of an hour in any order: from the beginning, and from the second week on. */
function shuffledOnes(scene: Scene): readonly Scene[] {
  const { traffic } = scene;
  const week = (7 * 24 * 3_600_000) / BIN_MS;
  return [
    { ...scene, name: "double season, shuffled", traffic: shuffleQuarters(traffic, 0) },
    { ...scene, name: "double season, shuffled in the second week", traffic: shuffleQuarters(traffic, week) },
  ];
}

function shuffleQuarters(traffic: Traffic, first: number): Traffic {
  const counts = traffic.counts ?? new Float64Array();
  const entries = BIN_MS / traffic.binMs;
  const random = new Random(3, "shuffle");
  const order = Array.from({ length: Math.floor(counts.length / entries) }, (_, index) => index);
  for (let index = order.length - 1; index > first; index -= 1) {
    const other = first + Math.floor(random.next() * (index + 1 - first));
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  const from = order.flatMap((quarter) => Array.from({ length: entries }, (_, entry) => quarter * entries + entry));
  return { ...traffic, counts: Float64Array.from(from, (entry) => counts[entry] ?? 0) };
}

function resultOf(scene: Scene, forecast: (typeof FORECASTS)[number]): Result {
  const { startUpSeconds } = scene;
  const setting = drainSetting(scene, { forecast, startUpSeconds });
  const outcomes = seeds.map((seed) => rehearse(scene, { name: forecast }, setting, scene.traffic, seed));
  const over = (pick: (outcome: Outcome) => number): Estimate => estimateMean(outcomes.map(pick));
  return {
    late: over(({ objective }) => objective?.shareOver ?? 0),
    workerHours: over(({ workerHours }) => workerHours.total),
    p95: over(({ waitSeconds }) => waitSeconds.p95),
    scalings: over(({ scalings: { up, down } }) => up + down),
  };
}

/** The forecast over the whole traffic, quarter by quarter. */
function skillOn(traffic: Traffic): Skill {
  let season: Season = {};
  const sum = { compared: 0, own: 0, last: 0, mean: 0, came: 0, used: 0, bins: 0 };
  for (const [index, count] of quarters(traffic).entries()) {
    const rate = (count * 1000) / BIN_MS;
    const { outlook } = season;
    season = learnBin(season, traffic.start + index * BIN_MS, rate);
    sum.bins += 1;
    if (outlook === undefined || season.outlook?.compared === outlook.compared) continue;
    sum.compared += 1;
    sum.own += Math.abs(rate - (outlook.perSecond[0] ?? 0));
    sum.last += Math.abs(rate - outlook.last);
    sum.mean += Math.abs(rate - outlook.mean);
    sum.came += rate;
    if (isSkilled(outlook)) sum.used += 1;
  }
  const { compared, own, last, mean, came, used, bins } = sum;
  return { compared, error: own / came, naiveError: Math.min(last, mean) / came, usedShare: used / bins };
}

function quarters({ at, counts, durationMs, kind, binMs, spans }: Traffic): readonly number[] {
  const sums: number[] = Array.from({ length: Math.floor(durationMs / BIN_MS) }, () => 0);
  for (const [index, moment] of at.entries()) {
    const span = Math.max(1, spans?.[index] ?? binMs);
    const count = counts?.[index] ?? 1;
    // What lies in a bin comes evenly within it.
    for (let from = moment; from < moment + span; ) {
      const quarter = Math.floor(from / BIN_MS);
      const until = Math.min(moment + span, (quarter + 1) * BIN_MS);
      if (quarter < sums.length) sums[quarter] = (sums[quarter] ?? 0) + (count * (until - from)) / span;
      from = until;
    }
  }
  const random = new Random(1, "quarters");
  return kind === "rates" ? sums.map((mean) => poisson(mean, random)) : sums;
}

function print({ traffic, startUpSeconds, skill, results: { Off, Raise } }: Row): void {
  const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
  const number = ({ mean }: Estimate) => String(Number(mean.toPrecision(4)));
  const known = skill.compared === 0 ? ["-", "-"] : [percent(skill.error), percent(skill.naiveError)];
  const cells = [traffic, String(startUpSeconds), ...known, percent(skill.usedShare)];
  const pairs = [percent(Off.late.mean), percent(Raise.late.mean), number(Off.workerHours), number(Raise.workerHours)];
  console.log(line([...cells, ...pairs, number(Off.p95), number(Raise.p95)]));
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
