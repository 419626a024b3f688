import {
  type Autoscaler,
  type Decision,
  decide,
  type Instant,
  type ScheduledBounds,
  type Situation,
} from "../core/index.ts";
import { scheduledBounds } from "./scheduled-bounds.ts";

interface Known {
  readonly now: number;
  readonly bounds: ScheduledBounds | undefined;
}

/** What the calendar says changes only at the moments it names: until then it need not be asked again. */
const known = new WeakMap<NonNullable<Autoscaler["schedule"]>, Known>();

/** `decide`, with the bounds that the autoscaler's schedule sets at that moment. */
export function decideOnSchedule(situation: Situation): Decision {
  const bounds = boundsAt(situation.autoscaler, situation.now);
  if (bounds === undefined) return decide(situation);
  const { autoscaler, currentReplicas, signals, memory, now } = situation;
  return decide({ autoscaler, currentReplicas, signals, memory, now, bounds });
}

/** The bounds that the schedule sets at that moment, reckoned once for all the time that they hold. */
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
