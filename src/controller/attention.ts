import { type Autoscaler, type Instant, type Signal, type SignalState, withEmptyValue } from "../core/index.ts";
import { Doubts } from "./doubts.ts";
import type { Observation } from "./observation.ts";
import type { Observations } from "./observations.ts";
import type { Observer, Watcher } from "./observer.ts";
import { questionOf } from "./question.ts";

/** A signal, and the observation that was joined for it. */
interface Watched {
  readonly signal: Signal;
  readonly mayTouch: boolean;
  readonly observer: Observer;
  readonly observation: Observation;
}

const NOBODY: ReadonlySet<string> = new Set();

/** The part of one autoscaler in the observations: one for each of its signals. */
export class Attention {
  readonly #observations: Observations;
  readonly #watcher: Watcher;
  readonly #doubts = new Doubts();
  #watched: readonly Watched[] = [];
  #autoscaler: Autoscaler | undefined;

  constructor(observations: Observations, watcher: Watcher) {
    this.#observations = observations;
    this.#watcher = watcher;
  }

  /** Watches what this autoscaler's signals ask, and nothing else any longer. True: something else than before is asked. */
  watch(autoscaler: Autoscaler, mayTouch: boolean): boolean {
    if (this.#autoscaler === autoscaler) return false;
    const isFirst = this.#autoscaler === undefined;
    this.#autoscaler = autoscaler;
    const before = this.#watched;
    this.#watched = autoscaler.signals.map((signal) => {
      const last = before.find((watched) => watched.signal.name === signal.name);
      return last !== undefined && this.#isWatchedBy(last, signal, autoscaler, mayTouch)
        ? { ...last, signal }
        : this.#joined(signal, autoscaler, mayTouch);
    });
    const kept = new Set(this.#watched.map(({ observer }) => observer));
    // Only now, so that an observation that goes on under new terms is not ended in between.
    for (const { observation, observer } of before) {
      if (!kept.has(observer)) this.#observations.leave(observation, observer);
    }
    for (const { signal } of this.#watched) if (!isAskedIn(before, signal)) this.#doubts.forget(signal.name);
    return !isFirst && !asksTheSame(before, this.#watched);
  }

  stop(): void {
    this.#autoscaler = undefined;
    for (const { observation, observer } of this.#watched) this.#observations.leave(observation, observer);
    this.#watched = [];
    this.#doubts.clear();
  }

  /** By signal name. */
  states(now: Instant): Readonly<Record<string, SignalState>> {
    const states: Record<string, SignalState> = {};
    for (const { signal, observation } of this.#watched) {
      states[signal.name] = withEmptyValue(signal, observation.state, now);
    }
    return states;
  }

  /** The same, with the moment since which each signal is in doubt. */
  statesAt(now: Instant): Readonly<Record<string, SignalState>> {
    const signals = this.#watched.map(({ signal }) => signal);
    return this.#doubts.dated(signals, this.states(now), now);
  }

  /** The time of day was stepped by so much. */
  timeStepped(milliseconds: number): void {
    this.#doubts.timeStepped(milliseconds);
  }

  /** Signals that are known to be at zero because their source is being waited on. */
  waiting(): ReadonlySet<string> {
    const waiting = this.#watched.filter(({ observation }) => observation.isWaiting);
    return waiting.length === 0 ? NOBODY : new Set(waiting.map(({ signal }) => signal.name));
  }

  sleepChanged(): void {
    for (const { observation } of this.#watched) observation.demandChanged();
  }

  /** Whether all signals were read, or failed to be, after this moment (monotonic milliseconds). */
  readSince(moment: number): boolean {
    return this.#watched.every(({ observation }) => observation.pollBeganAt > moment);
  }

  pollNow(): void {
    for (const { observation } of this.#watched) observation.pollNow();
  }

  hurry(): void {
    for (const { observation } of this.#watched) observation.hurry();
  }

  #joined(signal: Signal, { pollIntervalSeconds, target, origin }: Autoscaler, mayTouch: boolean): Watched {
    const { freshnessSeconds } = signal;
    const observer = { pollIntervalSeconds, freshnessSeconds, watcher: this.#watcher, namespace: target.namespace };
    const access = { mayTouch, isOperators: origin.file !== undefined };
    return { signal, mayTouch, observer, observation: this.#observations.join(signal.source, access, observer) };
  }

  #isWatchedBy({ signal, ...watched }: Watched, now: Signal, autoscaler: Autoscaler, mayTouch: boolean): boolean {
    return (
      watched.mayTouch === mayTouch &&
      watched.observer.pollIntervalSeconds === autoscaler.pollIntervalSeconds &&
      watched.observer.freshnessSeconds === now.freshnessSeconds &&
      questionOf(signal.source) === questionOf(now.source)
    );
  }
}

/** Whether both lists have the same signals, and each still asks what it asked. */
function asksTheSame(before: readonly Watched[], after: readonly Watched[]): boolean {
  return before.length === after.length && after.every(({ signal }) => isAskedIn(before, signal));
}

function isAskedIn(before: readonly Watched[], signal: Signal): boolean {
  const last = before.find((watched) => watched.signal.name === signal.name);
  return last !== undefined && questionOf(last.signal.source) === questionOf(signal.source);
}
