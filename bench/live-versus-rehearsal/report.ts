import { writeFileSync } from "node:fs";
import { type Estimate, estimateMean } from "../../src/lab/comparison.ts";
import type { Outcome } from "../../src/lab/outcome.ts";
import type { Lane, Result } from "./lane.ts";
import { autoscalerObject, rehearseScene, scenes } from "./scenes.ts";

/** What one live run came to. */
export interface LiveRun {
  readonly at: string;
  readonly machine: object;
  readonly lanes: readonly {
    readonly traffic: string;
    readonly broker: string;
    readonly result: Result;
    readonly changes: Lane["changes"];
  }[];
}

export interface Saved {
  readonly minutes: string;
  readonly runs: readonly LiveRun[];
}

interface ReportTerms {
  readonly minutes: string;
  readonly rehearsals: string;
  readonly save?: string | undefined;
}

function rehearsed({ waitSeconds, objective, workerHours, scalings }: Outcome): Result {
  const { mean, p50, p95, p99 } = waitSeconds;
  return {
    ...{ meanSeconds: mean, p50Seconds: p50, p95Seconds: p95, p99Seconds: p99 },
    ...{ lateShare: objective?.shareOver ?? 0, workerHours: workerHours.total, scalings: scalings.up + scalings.down },
  };
}

/** The rehearsal opens no connection: only the kind of source and what it can tell count. */
const SOURCES = {
  rabbitmq: { rabbitmq: { host: "rabbitmq", queue: "jobs", managementUrl: "http://rabbitmq:15672" } },
  beanstalkd: { beanstalkd: { host: "beanstalkd", tube: "jobs" } },
};

/** Prints, and saves where that is asked for, what live runs and rehearsals came to. */
export function report(runs: readonly LiveRun[], { minutes, rehearsals, save }: ReportTerms): void {
  const rows = scenes(Number(minutes)).flatMap((scene) =>
    Object.entries(SOURCES).map(([broker, source]) => {
      const seeds = Array.from({ length: Number(rehearsals) }, (_, index) => index + 1);
      const lanes = runs.flatMap((run) => run.lanes);
      const live = lanes.filter((lane) => lane.traffic === scene.name && lane.broker === broker);
      const lab = seeds.map((seed) => rehearsed(rehearseScene(scene, autoscalerObject("jobs", source), seed)));
      const fields = Object.keys(lab[0] as Result) as (keyof Result)[];
      const compared = Object.fromEntries(
        fields.map((field) => {
          const real = estimateMean(live.map(({ result }) => result[field]));
          const rehearsal = estimateMean(lab.map((result) => result[field]));
          return [field, { live: real, rehearsal, ratio: real.mean / rehearsal.mean }];
        }),
      );
      const { name: traffic, about } = scene;
      return { traffic, about, broker, messages: scene.traffic.at.length, lanes: live.length, compared };
    }),
  );
  for (const { traffic, broker, lanes, compared } of rows) {
    console.log(`${traffic}, ${broker}, ${lanes} live`);
    for (const [field, { live, rehearsal, ratio }] of Object.entries(compared)) {
      console.log(
        `  ${field.padEnd(12)} live ${written(live)}, rehearsal ${written(rehearsal)}, ratio ${ratio.toFixed(3)}`,
      );
    }
  }
  if (save !== undefined) writeFileSync(save, `${JSON.stringify({ minutes, rehearsals, rows, runs }, null, 2)}\n`);
}

function written({ mean, plusMinus = 0 }: Estimate): string {
  return `${mean.toPrecision(3)} ± ${plusMinus.toPrecision(2)}`;
}
