import type { Autoscaler, Signal, SignalState } from "../core/index.ts";
import type { Observation, Observer } from "./observation.ts";
import type { Observations } from "./observations.ts";
import { questionOf } from "./question.ts";

/** What an observation was joined for, and how to leave it. */
interface Watched extends Terms {
  readonly observation: Observation;
  leave(): void;
}

interface Terms {
  readonly signal: Signal;
  readonly pollIntervalSeconds: number | undefined;
  readonly mayTouch: boolean;
}

const NOBODY: ReadonlySet<string> = new Set();

/** The part of one autoscaler in the observations: one for each of its signals. */
export class Attention {
  readonly #observations: Observations;
  readonly #observer: Pick<Observer, "isAsleep" | "observed">;
  readonly #watched = new Map<string, Watched>();
  #autoscaler: Autoscaler | undefined;

  constructor(observations: Observations, observer: Pick<Observer, "isAsleep" | "observed">) {
    this.#observations = observations;
    this.#observer = observer;
  }

  /** Watches what this autoscaler's signals ask, and nothing else any longer. True: something else than before is asked. */
  watch(autoscaler: Autoscaler, mayTouch: boolean): boolean {
    if (this.#autoscaler === autoscaler) return false;
    const isFirst = this.#autoscaler === undefined;
    this.#autoscaler = autoscaler;
    const before = new Map(this.#watched);
    let changed = before.size !== autoscaler.signals.length;
    this.#watched.clear();
    for (const signal of autoscaler.signals) {
      const terms = { signal, pollIntervalSeconds: autoscaler.pollIntervalSeconds, mayTouch };
      const last = before.get(signal.name);
      changed ||= last === undefined || questionOf(last.signal.source) !== questionOf(signal.source);
      if (last !== undefined && sameTerms(last, terms)) {
        before.delete(signal.name);
        this.#watched.set(signal.name, { ...last, ...terms });
      } else this.#watched.set(signal.name, { ...terms, ...this.#join(terms) });
    }
    // Only now, so that an observation that goes on under new terms is not ended in between.
    for (const watched of before.values()) watched.leave();
    return changed && !isFirst;
  }

  stop(): void {
    this.#autoscaler = undefined;
    for (const watched of this.#watched.values()) watched.leave();
    this.#watched.clear();
  }

  /** By signal name. */
  states(): Readonly<Record<string, SignalState>> {
    const states: Record<string, SignalState> = {};
    for (const [name, { observation }] of this.#watched) states[name] = observation.state;
    return states;
  }

  /** Signals that are known to be at zero because their source is being waited on. */
  waiting(): ReadonlySet<string> {
    let waiting = NOBODY;
    for (const [name, { observation }] of this.#watched) {
      if (observation.isWaiting) waiting = new Set([...waiting, name]);
    }
    return waiting;
  }

  sleepChanged(): void {
    for (const { observation } of this.#watched.values()) observation.sleepChanged();
  }

  hurry(): void {
    for (const { observation } of this.#watched.values()) observation.hurry();
  }

  #join({ signal, pollIntervalSeconds, mayTouch }: Terms) {
    return this.#observations.join(signal.source, mayTouch, {
      pollIntervalSeconds,
      freshnessSeconds: signal.freshnessSeconds,
      isAsleep: this.#observer.isAsleep,
      observed: this.#observer.observed,
    });
  }
}

function sameTerms(one: Terms, other: Terms): boolean {
  return (
    one.mayTouch === other.mayTouch &&
    one.pollIntervalSeconds === other.pollIntervalSeconds &&
    one.signal.freshnessSeconds === other.signal.freshnessSeconds &&
    questionOf(one.signal.source) === questionOf(other.signal.source)
  );
}
