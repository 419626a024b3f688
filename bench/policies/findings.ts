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
  const others = scores.filter(({ policy }) => !policy.startsWith(OURS));
  const lost: string[] = [];
  if (ours.shareOver > ALLOWED_SHARE) {
    const meet = others.filter(({ shareOver }) => shareOver <= ALLOWED_SHARE).map(named);
    const who = meet.length === 0 ? "and so do all others" : `which ${meet.join(" and ")} met`;
    lost.push(`misses ${scene.objectiveSeconds} s with ${percent(ours.shareOver)} of messages, ${who}`);
  }
  for (const other of others) {
    if (other.shareOver > Math.max(ALLOWED_SHARE, ours.shareOver)) continue;
    const saved = 1 - other.workerHours / ours.workerHours;
    const better = [
      saved > NOTEWORTHY ? `needs ${percent(saved)} fewer worker-hours` : "",
      other.busyStopped < ours.busyStopped * 0.9
        ? `stops ${other.busyStopped} busy workers, not ${ours.busyStopped}`
        : "",
    ].filter(Boolean);
    if (better.length > 0) lost.push(`${named(other)} ${better.join(" and ")}`);
  }
  return lost;
}

function named({ policy, setting }: Score): string {
  return setting === "" ? policy : `${policy} (${setting})`;
}

/** A share as a person writes it. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
