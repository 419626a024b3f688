import { type Backoff, pauseAfter } from "../engine/backoff.ts";
import type { Listening, Source, WorkListener } from "../sources/shared/source.ts";
import type { Clock } from "./clock.ts";
import { listenTo } from "./listen-to.ts";
import { asFailure } from "./look.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Limited, WaitLimit } from "./wait-limit.ts";

/** After a wait that failed: the look that follows says how things are. */
const FAILED_WAIT_PAUSE: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 30_000 };
/** After wakes that found nothing: a first one or two cost nothing, a source that wakes without end is slowed. */
const FALSE_WAKE_PAUSE: Backoff = { firstMilliseconds: 20, longestMilliseconds: 2_000 };
const FREE_FALSE_WAKES = 1;
/** A wait that held this long was a good one, whatever came before. */
const HONEST_WAIT_MILLISECONDS = 10_000;

/** What a vigil shares with all others. */
export interface VigilSurroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly waitLimit: WaitLimit;
}

/**
 * The blocking side of an observation: waits for work at an empty queue, and remembers how waiting went. Most queues
 * are empty most of the time, so all that a wait needs is here.
 */
export class Vigil implements WorkListener, Limited {
  readonly #around: VigilSurroundings;
  readonly #ended: (pause: number | undefined) => void;
  #isInForce = false;
  #listening: Listening | undefined;
  #limit = 0;
  #since = 0;
  #refused = false;
  #failures = 0;
  #falseWakes = 0;
  #wokenAt: number | undefined;

  /**
   * `ended` hears, a moment after a wait has ended, the pause in milliseconds before the next look, or undefined to look
   * when it is due anyway.
   */
  constructor(around: VigilSurroundings, ended: (pause: number | undefined) => void) {
    this.#around = around;
    this.#ended = ended;
  }

  get isInForce(): boolean {
    return this.#isInForce;
  }

  /** Whether waiting can be tried; if not, a look must come first. */
  get mayBegin(): boolean {
    return !this.#refused && this.#wokenAt === undefined;
  }

  /** A look was made: waiting may be tried again. Returns when a wake asked for this look, in monotonic milliseconds. */
  looked(value: number | undefined): number | undefined {
    const woken = this.#wokenAt;
    this.#falseWakes = woken !== undefined && value === 0 ? this.#falseWakes + 1 : 0;
    this.#refused = false;
    this.#wokenAt = undefined;
    return woken;
  }

  begin(source: Source): void {
    const { clock, waitLimit } = this.#around;
    this.#isInForce = true;
    this.#since = clock.monotonic();
    this.#limit = waitLimit.add(this);
    try {
      this.#listening = listenTo(source, this);
    } catch (error) {
      this.failed(error);
    }
  }

  heard(end: "maybe-work" | "unsupported"): void {
    if (!this.#end()) return;
    if (end === "unsupported") this.#refused = true;
    this.#tell(end === "unsupported" ? undefined : this.#woken());
  }

  failed(error: unknown): void {
    if (!this.#end()) return;
    const { random, telemetry } = this.#around;
    this.#refused = true;
    this.#failures += 1;
    telemetry.failed(`Source/${asFailure(error).kind}`);
    this.#tell(pauseAfter(this.#failures, FAILED_WAIT_PAUSE, random));
  }

  callOff(): void {
    this.#listening?.stop();
    if (this.#end()) this.#tell(0);
  }

  /** It has held for so long that a look should see whether the source is still there. */
  expire(): void {
    this.#listening?.stop();
    this.heard("maybe-work");
  }

  /** False: there was no wait. */
  #end(): boolean {
    if (!this.#isInForce) return false;
    const { clock, waitLimit } = this.#around;
    this.#isInForce = false;
    this.#listening = undefined;
    waitLimit.remove(this, this.#limit);
    if (clock.monotonic() - this.#since >= HONEST_WAIT_MILLISECONDS) {
      this.#failures = 0;
      this.#falseWakes = 0;
    }
    return true;
  }

  /** The pause before the look that a wake asks for. */
  #woken(): number {
    const { clock, random } = this.#around;
    this.#wokenAt = clock.monotonic();
    const tooMany = this.#falseWakes - FREE_FALSE_WAKES;
    return tooMany > 0 ? pauseAfter(tooMany, FALSE_WAKE_PAUSE, random) : 0;
  }

  /** Later, so that whoever told us goes on first and whatever comes of it harms nobody else. */
  #tell(pause: number | undefined): void {
    queueMicrotask(() => this.#ended(pause));
  }
}
