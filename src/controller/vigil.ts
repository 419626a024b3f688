import { type Backoff, pauseAfter } from "../pacing/backoff.ts";
import type { Source } from "../sources/shared/source.ts";
import type { Clock } from "./clock.ts";
import type { Telemetry } from "./telemetry.ts";
import { type Wait, waitForWork } from "./wait.ts";

/** After a wait that failed: the look that follows says how things are. */
const FAILED_WAIT_PAUSE: Backoff = { firstMilliseconds: 1_000, longestMilliseconds: 30_000 };
/** After wakes that found nothing: a first one or two cost nothing, a source that wakes without end is slowed. */
const FALSE_WAKE_PAUSE: Backoff = { firstMilliseconds: 20, longestMilliseconds: 2_000 };
const FREE_FALSE_WAKES = 1;
/** A wait that held this long was a good one, whatever came before. */
const HONEST_WAIT_MILLISECONDS = 10_000;

/** The blocking side of an observation: waits for work at an empty queue, and remembers how waiting went. */
export class Vigil {
  readonly #surroundings: { readonly clock: Clock; readonly random: () => number; readonly telemetry: Telemetry };
  #wait: Wait | undefined;
  #refused = false;
  #failures = 0;
  #falseWakes = 0;
  #wokenAt: number | undefined;

  constructor(surroundings: { readonly clock: Clock; readonly random: () => number; readonly telemetry: Telemetry }) {
    this.#surroundings = surroundings;
  }

  get isInForce(): boolean {
    return this.#wait !== undefined;
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

  callOff(): void {
    this.#wait?.callOff();
  }

  /** Waits. Returns the pause in milliseconds before the next look, or undefined to look when it is due anyway. */
  async hold(source: Source): Promise<number | undefined> {
    const { clock, random, telemetry } = this.#surroundings;
    const started = clock.monotonic();
    this.#wait = waitForWork(source, clock, random);
    const end = await this.#wait.ended;
    this.#wait = undefined;
    const ended = clock.monotonic();
    if (ended - started >= HONEST_WAIT_MILLISECONDS) {
      this.#failures = 0;
      this.#falseWakes = 0;
    }
    if (end === "called-off") return 0;
    if (end === "maybe-work") {
      this.#wokenAt = ended;
      const tooMany = this.#falseWakes - FREE_FALSE_WAKES;
      return tooMany > 0 ? pauseAfter(tooMany, FALSE_WAKE_PAUSE, random) : 0;
    }
    this.#refused = true;
    if (end === "unsupported") return undefined;
    this.#failures += 1;
    telemetry.failed(`Source/${end.failure.kind}`);
    return pauseAfter(this.#failures, FAILED_WAIT_PAUSE, random);
  }
}
