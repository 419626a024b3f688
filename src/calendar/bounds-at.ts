import { Cron } from "croner";
import type { Autoscaler, Instant, ScheduleWindow } from "../core/index.ts";

/** The bounds in force at a moment, and when they change next. */
export interface BoundsAt {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Names of the windows that are open, in the schedule's order. */
  readonly windows: readonly string[];
  /** The next opening or closing of any window; absent: never again. */
  readonly changesAt?: Instant;
}

/**
 * An autoscaler's own bounds, overlaid by the windows of its schedule that are open at `now`. Where open windows
 * overlap, the one listed last has the word, for each bound that it sets.
 *
 * A window is open from each time its `start` falls due, in its own time zone, until its next `end` or for its
 * duration. Durations are real time: a window of six hours lasts six hours across a change of daylight saving. A start
 * that the clocks skip falls due at the first moment after the gap; one that they repeat falls due once.
 */
export function boundsAt(autoscaler: Autoscaler, now: Instant): BoundsAt {
  let { minReplicas, maxReplicas } = autoscaler;
  const windows: string[] = [];
  let changesAt: Instant | undefined;
  for (const window of autoscaler.schedule ?? []) {
    const { closesAt, opensAt } = phase(window, now);
    changesAt = earliest(changesAt, earliest(closesAt, opensAt));
    if (closesAt === undefined) continue;
    windows.push(window.name);
    minReplicas = window.minReplicas ?? minReplicas;
    maxReplicas = window.maxReplicas ?? maxReplicas;
  }
  return { minReplicas, maxReplicas, windows, ...(changesAt !== undefined && { changesAt }) };
}

interface Phase {
  /** When the window that is open now closes; absent: it is closed. */
  readonly closesAt?: Instant;
  /** When it opens next. */
  readonly opensAt?: Instant;
}

function phase(window: ScheduleWindow, now: Instant): Phase {
  const starts = cron(window.start, window.timeZone);
  const opensAt = starts.nextRun(new Date(now))?.getTime();
  const opened = latestRun(starts, now);
  const closesAt = opened === undefined ? undefined : closing(window, opened);
  return {
    ...(opensAt !== undefined && { opensAt }),
    ...(closesAt !== undefined && closesAt > now && { closesAt }),
  };
}

/** The last time at or before `now` that a pattern fell due. */
function latestRun(pattern: Cron, now: Instant): Instant | undefined {
  // Croner counts in whole seconds: a second later includes a run at `now` itself, and perhaps one just after it.
  const runs = pattern.previousRuns(2, new Date(now + 1000)).map((run) => run.getTime());
  return runs.find((run) => run <= now);
}

function closing(window: ScheduleWindow, opened: Instant): Instant | undefined {
  if (window.durationSeconds !== undefined) return opened + window.durationSeconds * 1000;
  if (window.end === undefined) return undefined;
  return cron(window.end, window.timeZone).nextRun(new Date(opened))?.getTime();
}

function earliest(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

const parsed = new Map<string, Cron>();
const MOST_PARSED = 10_000;

/** Patterns are parsed once: a decision asks for them each time. */
function cron(pattern: string, timezone: string): Cron {
  const key = `${timezone} ${pattern}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  if (parsed.size >= MOST_PARSED) parsed.clear();
  const made = new Cron(pattern, { timezone, paused: true });
  parsed.set(key, made);
  return made;
}
