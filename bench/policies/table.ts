import type { Estimate } from "../../src/lab/comparison.ts";
import { OURS } from "./contenders.ts";
import { ALLOWED_SHARE, type Score } from "./contest.ts";
import type { Scene } from "./traffics.ts";

/** Worker-hours that differ by less are equal. */
const EQUAL_SHARE = 0.01;

/** The result of one traffic. */
export interface Contested {
  readonly scene: Pick<Scene, "name" | "objectiveSeconds" | "serviceSeconds">;
  readonly scores: readonly Score[];
}

/** What the rule promises and does not keep on one traffic. */
export function findings({ scene, scores }: Contested): readonly string[] {
  const ours = scores.find(({ policy }) => policy === OURS);
  if (ours === undefined) return [];
  const misses: string[] = [];
  if (!meets(ours)) misses.push(`${percent(ours.shareOver.mean)} wait longer than ${scene.objectiveSeconds} s`);
  const best = bestInHindsight(scores);
  if (best !== undefined) {
    const dearer = ours.workerHours.mean / best.workerHours.mean - 1;
    if (dearer > 0) misses.push(`costs ${percent(dearer)} more than ${named(best)}`);
    if (ours.p95.mean > best.p95.mean / 2) {
      misses.push(`p95 is ${ours.p95.mean} s, more than half of the ${best.p95.mean} s of ${named(best)}`);
    }
  }
  const tuned = scores.find(({ policy }) => policy === "WPA, tuned");
  if (tuned !== undefined && ours.scalings.mean > tuned.scalings.mean) {
    misses.push(`scales ${ours.scalings.mean} times, ${named(tuned)} ${tuned.scalings.mean} times`);
  }
  if (tuned !== undefined && ours.interrupted.mean > tuned.interrupted.mean) {
    misses.push(`interrupts ${ours.interrupted.mean} messages, ${named(tuned)} ${tuned.interrupted.mean}`);
  }
  const waiting = scores.find(({ policy }) => policy === `${OURS}, prefer Wait`);
  const shorter = scores.filter(
    (one) =>
      waiting !== undefined &&
      !one.policy.startsWith(OURS) &&
      one.workerHours.mean <= waiting.workerHours.mean * (1 + EQUAL_SHARE) &&
      one.p95.mean < waiting.p95.mean,
  );
  for (const one of shorter)
    misses.push(`with prefer Wait its p95 is longer than that of ${named(one)} at no more cost`);
  return misses;
}

/** The cheapest of all settings of other rules that meet the objective. */
export function bestInHindsight(scores: readonly Score[]): Score | undefined {
  return scores
    .filter((score) => !score.policy.startsWith(OURS) && score.policy.endsWith("in hindsight") && meets(score))
    .sort((one, other) => one.workerHours.mean - other.workerHours.mean)[0];
}

function meets({ shareOver }: Score): boolean {
  return shareOver.mean <= ALLOWED_SHARE;
}

function named({ policy, setting }: Score): string {
  return setting === "" ? policy : `${policy} (${setting})`;
}

const HEADS = ["policy", "wait p95, s", "late", "worker-h", "x oracle", "scalings", "busy stopped", "interrupted"];

/** The scores of one traffic as a Markdown table. */
export function table(scores: readonly Score[]): string {
  const rows = scores.map((score) => [
    score.policy,
    written(score.p95),
    percent(score.shareOver.mean),
    written(score.workerHours),
    score.toOracle.mean.toFixed(2),
    written(score.scalings),
    written(score.busyStopped),
    written(score.interrupted),
    score.setting,
  ]);
  const heads = [...HEADS, "setting chosen"];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 || column === HEADS.length ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  return [line(heads), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

function written({ mean, plusMinus }: Estimate): string {
  return plusMinus === undefined ? String(mean) : `${mean} ± ${plusMinus}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
