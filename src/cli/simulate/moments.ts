import type { Instant } from "../../core/index.ts";
import { timeZoneProblem } from "../../formats/shared/time-zone.ts";
import { momentOf } from "../../lab/arrivals/moment.ts";
import { WallClock } from "../../lab/arrivals/wall-clock.ts";
import { UserError } from "../../shared/user-error.ts";
import { parseAgo } from "../shared/parse-time.ts";
import type { SimulateOptions } from "./simulate-options.ts";

/** What the options say about times: which part of a recording is meant, and whose clocks it shows. */
export interface Moments {
  readonly timeZone?: string;
  readonly from?: Instant;
  readonly to?: Instant;
}

/** Reads --time-zone, --from and --to; a time without a zone is one of that zone, and a duration is so long ago. */
export function momentsOf(options: Pick<SimulateOptions, "timeZone" | "from" | "to">): Moments {
  const { timeZone } = options;
  const problem = timeZone === undefined ? undefined : timeZoneProblem(timeZone);
  if (problem !== undefined) throw new UserError(`--time-zone: ${problem}`);
  const from = timeOf("--from", options.from, timeZone);
  const to = timeOf("--to", options.to, timeZone);
  if (from !== undefined && to !== undefined && to <= from) {
    throw new UserError(`--to: expected a time after that of --from, got "${options.to}"`);
  }
  return {
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function timeOf(flag: string, text: string | undefined, timeZone: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const moment = momentOf(text);
  if (moment === undefined) {
    const ago = parseAgo(text, Date.now());
    if (ago !== undefined) return ago;
    throw new UserError(
      `${flag}: expected a time such as 1998-06-30 or 2024-06-01T12:00:00Z, or how long ago such as 7d, got "${text}"`,
    );
  }
  const isWallTime = timeZone !== undefined && moment.notation === "dates without a zone";
  return isWallTime ? new WallClock(timeZone).instantOf(moment.at).at : moment.at;
}
