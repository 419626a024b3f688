import type { Autoscaler, Signal, SignalState } from "../core/index.ts";
import type { Observation } from "./observation.ts";
import type { Observations } from "./observations.ts";
import { questionOf } from "./question.ts";

interface Watched {
  /** What the observation was joined for: another text, another joining. */
  readonly terms: string;
  readonly question: string;
  readonly observation: Observation;
  leave(): void;
}

/** The part of one autoscaler in the observations: one for each of its signals. */
export class Attention {
  readonly #observations: Observations;
  readonly #observer: { isAsleep(): boolean; observed(since: number): void };
  readonly #watched = new Map<string, Watched>();
  #autoscaler: Autoscaler | undefined;

  constructor(observations: Observations, observer: { isAsleep(): boolean; observed(since: number): void }) {
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
      const question = questionOf(signal.source);
      const terms = `${mayTouch} ${autoscaler.pollIntervalSeconds} ${signal.freshnessSeconds} ${question}`;
      const last = before.get(signal.name);
      changed ||= last?.question !== question;
      if (last?.terms === terms) before.delete(signal.name);
      const watched = last?.terms === terms ? last : { terms, question, ...this.#join(signal, autoscaler, mayTouch) };
      this.#watched.set(signal.name, watched);
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
    return Object.fromEntries([...this.#watched].map(([name, { observation }]) => [name, observation.state]));
  }

  /** Signals that are known to be at zero because their source is being waited on. */
  waiting(): ReadonlySet<string> {
    return new Set([...this.#watched].filter(([, { observation }]) => observation.isWaiting).map(([name]) => name));
  }

  sleepChanged(): void {
    for (const { observation } of this.#watched.values()) observation.sleepChanged();
  }

  hurry(): void {
    for (const { observation } of this.#watched.values()) observation.hurry();
  }

  #join(signal: Signal, { pollIntervalSeconds }: Autoscaler, mayTouch: boolean) {
    return this.#observations.join(signal.source, mayTouch, {
      ...(pollIntervalSeconds === undefined ? {} : { pollIntervalSeconds }),
      freshnessSeconds: signal.freshnessSeconds,
      isAsleep: () => this.#observer.isAsleep(),
      observed: (since) => this.#observer.observed(since),
    });
  }
}
