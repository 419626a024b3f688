import type { Instant } from "../reading.ts";
import { roughly } from "../wording.ts";
import type { Drain, DrainMemory } from "./drain-memory.ts";
import { messageTime } from "./message-time.ts";
import { isSkilled, naiveError, type Outlook, surelyArriving } from "./season.ts";

/** Fewer replicas than these would be too few for what is as good as sure to arrive. */
export interface ForecastFloor {
  readonly replicas: number;
  /** As a clause. */
  readonly because: string;
}

/**
 * Replicas for what is foretold until one that is asked for now works. Undefined where the forecast may not count: it is
 * not asked for, has no skill, is too old, or it is not known how long a message takes.
 */
export function forecastFloor(rule: Drain, { season, learned }: DrainMemory, now: Instant): ForecastFloor | undefined {
  const outlook = season?.outlook;
  if (outlook === undefined || !isSkilled(outlook)) return undefined;
  if (learned === undefined && rule.secondsPerMessage === undefined) return undefined;
  const perSecond = surelyArriving(outlook, now, rule.startUpSeconds);
  if (perSecond === undefined) return undefined;
  const { seconds } = messageTime(rule, learned, now);
  const needed = (perSecond * seconds) / rule.concurrency;
  // For a part of a replica the queue is a buffer, unless one that is asked for then comes too late for the objective.
  const replicas = rule.startUpSeconds > rule.withinSeconds ? Math.ceil(needed) : Math.floor(needed);
  return {
    replicas,
    because: `a forecast of ${roughly(perSecond)} a second (${skillInWords(outlook)}) makes it ${replicas}`,
  };
}

function skillInWords({ long }: Outlook): string {
  const percent = (error: number) => (long.actual > 0 ? `${roughly((100 * error) / long.actual)} %` : "nothing");
  return `off by ${percent(long.own)} in two days, the naive one by ${percent(naiveError(long))}`;
}
