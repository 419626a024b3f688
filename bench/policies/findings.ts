import { ALLOWED_SHARE, type Score } from "./contest.ts";
import type { Scene } from "./traffics.ts";

/** Less than this is no difference. */
const NOTEWORTHY = 0.02;
/** The rule as a user has it who sets nothing but the objective. */
const OURS = "drain";

/** The result of one traffic. */
export interface Contested {
  readonly scene: Pick<Scene, "name" | "objectiveSeconds" | "serviceSeconds">;
  readonly scores: readonly Score[];
}

/** Where the drain rule misses its objective, or another policy meets it for less. */
export function findings({ scene, scores }: Contested): readonly string[] {
  const ours = scores.find(({ policy }) => policy === OURS);
  if (ours === undefined) return [];
  const objective = `${scene.objectiveSeconds} s`;
  const lost: string[] = [];
  if (ours.shareOver > ALLOWED_SHARE) lost.push(`misses ${objective} with ${percent(ours.shareOver)} of messages`);
  for (const other of scores) {
    if (other.policy.startsWith(OURS) || other.shareOver > Math.max(ALLOWED_SHARE, ours.shareOver)) continue;
    const saved = 1 - other.workerHours / ours.workerHours;
    const setting = other.setting === "" ? "" : ` (${other.setting})`;
    if (saved > NOTEWORTHY) lost.push(`${other.policy}${setting} needs ${percent(saved)} fewer worker-hours`);
    if (other.busyStopped < ours.busyStopped * 0.9) {
      lost.push(`${other.policy}${setting} stops ${other.busyStopped} busy workers instead of ${ours.busyStopped}`);
    }
  }
  return lost;
}

/** A share as a person writes it. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
