import type { Instant } from "../core/index.ts";
import type { PollerLimits } from "../engine/poller.ts";
import type { Source } from "../sources/shared/source.ts";
import type { Clock } from "./clock.ts";
import type { Telemetry } from "./telemetry.ts";
import type { WaitLimit } from "./wait-limit.ts";

/** Opens the source; `spent` hears how many milliseconds an answer kept the process busy. */
export type Connect = (spent: (milliseconds: number) => void) => Source;

/** What follows from the settings of a source. */
export interface ObservationTerms {
  /** A read that takes longer has failed. */
  readonly readSeconds: number;
  /** Whose budget its reads take; undefined where no server is asked. */
  readonly server: string | undefined;
  /** What fails together: all who read one server, or itself alone. */
  readonly outage: string;
}

/** What every observation shares with the others. */
export interface Surroundings {
  readonly clock: Clock;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly waitLimit: WaitLimit;
  readonly limits: PollerLimits;
  /** Hears that a read is put off so long, since its namespace's answers take more than their share of the time. */
  readonly putOff: (type: string, namespace: string, milliseconds: number) => void;
  /** Hears of what ended an observation although it should not. */
  readonly broke: (type: string, error: unknown) => void;
  /** Hears the beginning of an answer that could not be used, for the operator alone. */
  readonly answered: (type: string, message: string, answer: string) => void;
}
