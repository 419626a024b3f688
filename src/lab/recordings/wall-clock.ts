import type { Instant } from "../../core/index.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Zones are at most this far from UTC, and change their offset at most once within this time. */
const AROUND_MS = 15 * HOUR_MS;

/** A time on a wall clock, which shows it once or, around a clock change, twice or never. */
interface Shown {
  readonly at: Instant;
  readonly shown: "once" | "twice" | "never";
}

/** The clock of a time zone. */
export class WallClock {
  readonly #format: Intl.DateTimeFormat;
  #day = Number.NaN;
  /** Of that day; undefined around a clock change. */
  #offset: number | undefined;

  /** `timeZone` must be valid (`timeZoneProblem`). */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  }

  /**
   * The instant at which the clock showed `shown`, in milliseconds as if of UTC. For a time shown twice, the first that is
   * not before `last`; for one never shown, the instant of the clock change.
   */
  instantOf(shown: number, last: Instant = Number.NEGATIVE_INFINITY): Shown {
    const day = Math.floor(shown / DAY_MS) * DAY_MS;
    if (day !== this.#day) {
      const offset = this.#offsetAt(day - AROUND_MS);
      this.#offset = this.#offsetAt(day + DAY_MS + AROUND_MS) === offset ? offset : undefined;
      this.#day = day;
    }
    if (this.#offset !== undefined) return { at: shown - this.#offset, shown: "once" };
    const [before, after] = [this.#offsetAt(shown - AROUND_MS), this.#offsetAt(shown + AROUND_MS)];
    const times = [...new Set([shown - before, shown - after])].filter((at) => at + this.#offsetAt(at) === shown);
    const [first, second] = times.sort((one, other) => one - other);
    if (first === undefined) return { at: this.#change(shown - after, shown - before), shown: "never" };
    if (second === undefined) return { at: first, shown: "once" };
    return { at: first < last ? second : first, shown: "twice" };
  }

  /** The instant between two moments at which the offset changes. */
  #change(from: Instant, to: Instant): Instant {
    const before = this.#offsetAt(from);
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  #offsetAt(moment: Instant): number {
    const name = this.#format.formatToParts(moment).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours = "0", minutes = "0", seconds = "0"] = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? [];
    const size = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1_000;
    return sign === "-" ? -size : size;
  }
}
