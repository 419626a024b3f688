import type { Instant, Pace, Signal } from "../core/index.ts";
import { windowValue } from "../sources/cron.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import { formatDuration } from "./duration.ts";
import type { Policy, Rehearsal, Stage } from "./rehearsal.ts";
import type { Traffic } from "./traffic/traffic.ts";

/** Longer rehearsals poll at the steady pace only: quick polls would be nearly all of the work. */
const LONG_MS = 2 * 86_400_000;
/** Most polls of one long run: half a second's work. */
const MOST_LOOKS = 1_000_000;
const UNKNOWN_PACE: Pace = { movingSeconds: 10, steadySeconds: 60 };

type Duration = Pick<Traffic, "durationMs">;

/** One policy on a stage, with each source paced as it is live. */
export function createRehearsal(stage: Stage, { name, autoscaler }: Policy): Rehearsal {
  const looks = { ...stage.looks, pace: usualPace(stage.traffic), fixed: fixedValue };
  return { ...stage, policy: name, autoscaler, looks };
}

/** How often a kind of source is polled: as live, but in long rehearsals no more often than they can afford. */
function usualPace(traffic: Duration): (sourceType: string) => Pace {
  const isLong = traffic.durationMs > LONG_MS;
  const shortest = leastIntervalSeconds(traffic);
  return (type) => {
    const pace = paceOf(type);
    if (!isLong) return pace;
    const seconds = Math.max(pace.steadySeconds, shortest);
    return { movingSeconds: seconds, steadySeconds: seconds };
  };
}

/** Which sources are polled less often than they would be live, as sentences; none where an interval is stated. */
export function paceRemarks(traffic: Duration, policies: readonly Policy[], hasInterval: boolean): readonly string[] {
  if (hasInterval) return [];
  const shortest = leastIntervalSeconds(traffic);
  const paced = policies.filter(({ autoscaler }) => autoscaler.pollIntervalSeconds === undefined);
  const types = new Set(paced.flatMap(({ autoscaler }) => autoscaler.signals.map(({ source }) => source.type)));
  return [...types]
    .map((type) => ({ type, usual: paceOf(type).steadySeconds }))
    .filter(({ usual }) => usual < shortest)
    .map(
      ({ type, usual }) =>
        `Over so long a time ${type} is looked at every ${formatDuration(shortest)}, not every ${formatDuration(usual)} as it is live; --look-interval says otherwise.`,
    );
}

function leastIntervalSeconds({ durationMs }: Duration): number {
  return durationMs > LONG_MS ? Math.ceil(durationMs / 100 / MOST_LOOKS) / 10 : 0;
}

/** How often the controller polls that kind of source. */
export function paceOf(sourceType: string): Pace {
  return SOURCES.find(({ type }) => type === sourceType)?.pace ?? UNKNOWN_PACE;
}

/** The value of a signal that reads no queue: a constant or a schedule; undefined for all others. */
export function fixedValue({ source }: Signal): ((now: Instant) => number) | undefined {
  const { type, settings } = source;
  if (type === "constant") return () => settings.value as number;
  if (type === "cron") return windowValue(settings as unknown as Parameters<typeof windowValue>[0]);
  return undefined;
}
