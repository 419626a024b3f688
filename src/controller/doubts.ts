import { type Instant, judge, type Signal, type SignalState } from "../core/index.ts";

type States = Readonly<Record<string, SignalState>>;

/**
 * Since when each signal of one autoscaler has had no reading that can be trusted. An observation knows that of looks
 * that failed; whether a reading can be right is the signal's own affair, and a new one each look that cannot must not
 * begin the time anew.
 */
export class Doubts {
  readonly #since = new Map<string, Instant>();

  /** The states, with the moment since which each is in doubt. */
  dated(signals: readonly Signal[], states: States, now: Instant): States {
    return Object.fromEntries(
      signals.flatMap((signal) => {
        const state = states[signal.name];
        return state === undefined ? [] : [[signal.name, this.#dated(signal, state, now)]];
      }),
    );
  }

  /** Something else is asked under that name: nothing is known against it. */
  forget(name: string): void {
    this.#since.delete(name);
  }

  clear(): void {
    this.#since.clear();
  }

  /** The time of day was stepped by so much. */
  timeStepped(milliseconds: number): void {
    for (const [name, since] of this.#since) this.#since.set(name, since + milliseconds);
  }

  #dated(signal: Signal, state: SignalState, now: Instant): SignalState {
    const { trust, doubt } = judge(signal, state, now);
    // What was never read waits for its turn, of which the observation knows.
    if (doubt === undefined || trust === "absent") {
      this.#since.delete(signal.name);
      return state;
    }
    const known = this.#since.get(signal.name);
    if (known === undefined && trust !== "implausible" && state.doubtSince === undefined) return state;
    const doubtSince = Math.min(known ?? now, state.doubtSince ?? now);
    this.#since.set(signal.name, doubtSince);
    return { ...state, doubtSince };
  }
}
