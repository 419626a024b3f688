import { pauseAfter } from "../core/index.ts";
import type { Effect } from "./events.ts";
import type { Now } from "./poller-terms.ts";

const RETRY = { firstMilliseconds: 1_000, longestMilliseconds: 300_000 };

/** Errors of ours in the passes of one autoscaler, which alone pauses after each. */
export class Crashes {
  #inARow = 0;
  #pausedUntil = 0;

  isPausing({ monotonic }: Now): boolean {
    return monotonic < this.#pausedUntil;
  }

  /** A pass ended well. */
  reset(): void {
    this.#inARow = 0;
  }

  /** The object changed: it is worth a try. */
  endPause(): void {
    this.#pausedUntil = 0;
  }

  /** Logs the error. Returns the milliseconds until the next try. */
  note(id: string, error: unknown, random: () => number, emit: (effect: Effect) => void, now: Now): number {
    this.#inARow += 1;
    emit({ type: "crashed", id, error });
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const fields = { id, failures: this.#inARow, detail };
    emit({ type: "log", level: "error", message: "Unexpected error in a pass", fields });
    const pause = pauseAfter(this.#inARow, RETRY, random);
    this.#pausedUntil = now.monotonic + pause;
    return pause;
  }
}
