import type { Pace } from "../../core/index.ts";
import { inWords } from "../../lab/duration.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import type { Policy } from "./policies.ts";
import type { SimulateOptions } from "./simulate-options.ts";

/** Over longer times looks come at the steady pace always: quick ones would be nearly all of the work. */
const LONG_MS = 2 * 86_400_000;
/** Looks of one run over longer times, at most: half a second's work. */
const MOST_LOOKS = 1_000_000;
const UNKNOWN_PACE: Pace = { movingSeconds: 10, steadySeconds: 60 };

type Duration = Pick<Traffic, "durationMs">;

/** How often a kind of source is looked at: as live, but over long times no more often than a rehearsal can afford. */
export function usualPace(traffic: Duration): (sourceType: string) => Pace {
  const isLong = traffic.durationMs > LONG_MS;
  const shortest = shortestPauseSeconds(traffic);
  return (type) => {
    const pace = paceOf(type);
    if (!isLong) return pace;
    const seconds = Math.max(pace.steadySeconds, shortest);
    return { movingSeconds: seconds, steadySeconds: seconds };
  };
}

/** Which sources are looked at less often than they would be live, as sentences. */
export function paceRemarks(
  traffic: Duration,
  policies: readonly Policy[],
  { lookInterval }: Pick<SimulateOptions, "lookInterval">,
): readonly string[] {
  if (lookInterval !== undefined) return [];
  const shortest = shortestPauseSeconds(traffic);
  const paced = policies.filter(({ autoscaler }) => autoscaler.pollIntervalSeconds === undefined);
  const types = new Set(paced.flatMap(({ autoscaler }) => autoscaler.signals.map(({ source }) => source.type)));
  return [...types]
    .map((type) => ({ type, usual: paceOf(type).steadySeconds }))
    .filter(({ usual }) => usual < shortest)
    .map(
      ({ type, usual }) =>
        `Over so long a time ${type} is looked at every ${inWords(shortest)}, not every ${inWords(usual)} as it is live; --look-interval says otherwise.`,
    );
}

/** 0 where the time is short. */
function shortestPauseSeconds({ durationMs }: Duration): number {
  return durationMs > LONG_MS ? Math.ceil(durationMs / 100 / MOST_LOOKS) / 10 : 0;
}

function paceOf(sourceType: string): Pace {
  return SOURCES.find(({ type }) => type === sourceType)?.pace ?? UNKNOWN_PACE;
}
