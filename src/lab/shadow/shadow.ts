import type { JournalEntry } from "../../journal/journal-entry.ts";
import { UserError } from "../../shared/user-error.ts";
import type { Workers } from "../plant/plant.ts";
import type { Policy } from "../rehearsal.ts";
import { type Comparison, compareSides } from "./comparison.ts";
import { type BacklogSum, type Estimate, estimateBacklogs, summarizeKnown } from "./estimate.ts";
import { type Course, findQueues, sampleCourse } from "./recorded-course.ts";

interface ShadowTerms {
  /** Only from then on. */
  readonly since: number | undefined;
  /** Signals whose values are messages; empty: those that must be queues. */
  readonly queues: readonly string[];
  readonly workers: Workers;
  /** How long a worker works on a message; undefined: learned. */
  readonly serviceSeconds: number | undefined;
  /** Rehearsed on what was recorded. */
  readonly policies: readonly Policy[];
}

export interface Shadow {
  readonly entries: readonly JournalEntry[];
  readonly workers: Workers;
  /** The signals whose values are messages. */
  readonly queues: readonly string[];
  readonly course: Course;
  readonly comparison: Comparison;
  /** Of the recorded backlog. */
  readonly measured: BacklogSum | undefined;
  /** Or why there is no estimate. */
  readonly estimate: Estimate | string;
}

/** Compares recorded decisions, oldest first, with the replicas that the workload had. */
export function compareShadow(all: readonly JournalEntry[], terms: ShadowTerms): Shadow {
  const { since, workers, serviceSeconds, policies } = terms;
  const entries = since === undefined ? all : entriesSince(all, since);
  const queues = findQueues(entries, terms.queues);
  const course = sampleCourse(entries, queues);
  return {
    ...{ entries, workers, queues, course },
    comparison: compareSides(entries, queues, workers.concurrency),
    measured: summarizeKnown(course.backlog),
    estimate: estimateBacklogs(course, workers, serviceSeconds, policies),
  };
}

/** Entries from then on; one in force then begins then. */
function entriesSince(entries: readonly JournalEntry[], since: number): readonly JournalEntry[] {
  const last = entries.at(-1)?.until;
  if (last !== undefined && Date.parse(last) < since) {
    const asked = new Date(since).toISOString();
    throw new UserError(`--since: the last decision that was recorded held until ${last}, and ${asked} is after that`);
  }
  return entries.flatMap((entry, index) => {
    const end = Date.parse(entries[index + 1]?.at ?? entry.until);
    if (end < since) return [];
    return [Date.parse(entry.at) >= since ? entry : { ...entry, at: new Date(since).toISOString() }];
  });
}
