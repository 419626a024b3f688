import { Cron } from "croner";
import {
  type Autoscaler,
  type Decision,
  decide,
  type Instant,
  type Mutable,
  type ScheduledBounds,
  type ScheduleWindow,
  type Situation,
} from "../core/index.ts";
import { nearName } from "../shared/near-name.ts";

interface Known {
  readonly now: number;
  readonly bounds: ScheduledBounds | undefined;
}

/** The last bounds of each schedule. They hold until the moment that they name. */
const known = new WeakMap<NonNullable<Autoscaler["schedule"]>, Known>();

/** `decide`, with the bounds that the autoscaler's schedule sets at that moment. */
export function decideOnSchedule(situation: Situation): Decision {
  const bounds = boundsAt(situation.autoscaler, situation.now);
  if (bounds === undefined) return decide(situation);
  const bounded: Mutable<Situation> = { ...situation };
  bounded.bounds = bounds;
  return decide(bounded);
}

/** The bounds that the schedule sets at that moment, computed once for the time that they hold. */
export function boundsAt(autoscaler: Autoscaler, now: Instant): ScheduledBounds | undefined {
  const { schedule } = autoscaler;
  if (schedule === undefined) return undefined;
  const last = known.get(schedule);
  if (last !== undefined && last.now <= now && now < (last.bounds?.until ?? Number.POSITIVE_INFINITY))
    return last.bounds;
  const bounds = scheduledBounds(autoscaler, now);
  known.set(schedule, { now, bounds });
  return bounds;
}

/** The bounds that the calendar sets at that moment. Where windows overlap, the one that began last counts. */
export function scheduledBounds(autoscaler: Autoscaler, now: Instant): ScheduledBounds | undefined {
  const { schedule } = autoscaler;
  if (schedule === undefined || schedule.length === 0) return undefined;
  const moment = new Date(now);
  const states = schedule.map((window) => ({ window, ...stateOf(window, moment) }));
  const open = states.filter(({ since }) => since !== undefined);
  const latest = open.sort((one, other) => (other.since ?? 0) - (one.since ?? 0))[0];
  const until = states.reduce((earliest, { changes }) => Math.min(earliest, changes), Number.POSITIVE_INFINITY);
  const reconsider = Number.isFinite(until) ? { until } : {};
  const own = { minReplicas: autoscaler.minReplicas, maxReplicas: autoscaler.maxReplicas };
  if (latest === undefined) {
    const because = `no window of the schedule is open: ${own.minReplicas} to ${own.maxReplicas} replicas`;
    return { ...own, because, ...reconsider };
  }
  const { name, minReplicas = own.minReplicas, maxReplicas = own.maxReplicas } = latest.window;
  const because = `window ${name} of the schedule is open: ${minReplicas} to ${maxReplicas} replicas`;
  return { minReplicas, maxReplicas, because, ...reconsider };
}

/** What is wrong with a cron expression; undefined where nothing is. */
export function cronProblem(expression: string): string | undefined {
  const got = `got ${JSON.stringify(expression)}`;
  try {
    const next = new Cron(expression).nextRun();
    return next === null ? `expected a time that comes again, ${got}` : undefined;
  } catch (error) {
    const why = (error as Error).message.replace(/^CronPattern: /, "").replace(/\.$/, "");
    return `expected a cron expression such as 0 8 * * MON-FRI, ${got}: ${why}`;
  }
}

interface WindowState {
  /** When the window that is open now began. */
  readonly since?: Instant;
  /** When it next begins or ends. */
  readonly changes: Instant;
}

function stateOf(window: ScheduleWindow, now: Date): WindowState {
  const start = new Cron(window.start, { timezone: window.timeZone });
  // croner looks strictly before and after: a window begins with its very second.
  const since = start.previousRuns(1, new Date(now.getTime() + 1))[0]?.getTime();
  const next = start.nextRun(now)?.getTime() ?? Number.POSITIVE_INFINITY;
  const end = since === undefined ? undefined : endOf(window, since);
  if (since === undefined || end === undefined || end <= now.getTime()) return { changes: next };
  return { since, changes: Math.min(end, next) };
}

function endOf(window: ScheduleWindow, since: Instant): Instant {
  if (window.durationSeconds !== undefined) return since + window.durationSeconds * 1000;
  if (window.end === undefined) return since;
  return (
    new Cron(window.end, { timezone: window.timeZone }).nextRun(new Date(since))?.getTime() ?? Number.POSITIVE_INFINITY
  );
}

/** What is wrong with the name of a time zone; undefined where nothing is. */
export function timeZoneProblem(name: string): string | undefined {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return undefined;
  } catch {
    const known = Intl.supportedValuesOf("timeZone");
    const city = known.find((zone) => zone.split("/").at(-1)?.toLowerCase() === name.trim().toLowerCase());
    const near = city ?? nearName(name, known);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return `expected an IANA time zone such as Europe/Berlin, got "${name}"${hint}`;
  }
}
