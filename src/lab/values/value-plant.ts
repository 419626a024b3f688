import type { Autoscaler } from "../../core/index.ts";
import { Ledger } from "../plant/ledger.ts";
import type { Plant } from "../plant/plant.ts";

/** What workers do to a recorded value: a model with one number, for the closed loop. */
export interface EffectTerms {
  /**
   * shift: each worker more than there was moves the value by so much. drift: it moves it by so much a minute, as workers
   * eat a backlog.
   */
  readonly kind: "shift" | "drift";
  readonly perReplica: number;
  /** Until a scaling begins to have an effect. */
  readonly afterSeconds: number;
  /** The effect of a shift comes gradually: after so long about two thirds of it are there (time constant). */
  readonly settleSeconds: number;
  /** The value does not fall below this. */
  readonly floor: number;
}

/** A model knows no more of them. */
const DIGITS = 7;

/** The longest stretch that a drift is added up over at once. */
const STRETCH_MS = 15_000;

/** How far the value is from the recorded one, as time passes. Times in milliseconds from the start. */
export class Effect {
  readonly #terms: EffectTerms;
  readonly #recordedReplicas: (at: number) => number;
  readonly #recorded: (at: number) => number | undefined;
  readonly #coming: { readonly at: number; readonly replicas: number }[] = [];
  #replicas: number;
  #now = 0;
  #moved = 0;

  constructor(
    terms: EffectTerms,
    initial: number,
    recorded: { readonly replicas: (at: number) => number; readonly value: (at: number) => number | undefined },
  ) {
    this.#terms = terms;
    this.#replicas = initial;
    this.#recordedReplicas = recorded.replicas;
    this.#recorded = recorded.value;
  }

  scaled(at: number, replicas: number): void {
    this.#coming.push({ at: at + this.#terms.afterSeconds * 1000, replicas });
  }

  /** The value at a moment, which is not before the one asked for last; undefined where none was recorded. */
  valueAt(at: number): number | undefined {
    this.#advance(at);
    const recorded = this.#recorded(at);
    if (recorded === undefined || this.#moved === 0) return recorded;
    return Math.max(this.#terms.floor, Number((recorded + this.#moved).toPrecision(DIGITS)));
  }

  #advance(to: number): void {
    while (this.#now < to || (this.#coming[0]?.at ?? Number.POSITIVE_INFINITY) <= to) {
      const change = this.#coming[0];
      const until = Math.min(to, this.#now + STRETCH_MS, change?.at ?? to);
      this.#pass(until);
      if (change !== undefined && change.at <= until) this.#replicas = (this.#coming.shift() ?? change).replicas;
    }
    // What comes at once has its effect at once.
    if (this.#terms.kind === "shift" && this.#terms.settleSeconds === 0) this.#moved = this.#target(to);
  }

  #pass(until: number): void {
    const { kind, settleSeconds, floor } = this.#terms;
    const elapsed = until - this.#now;
    const target = this.#target(this.#now);
    this.#now = until;
    if (kind === "shift") {
      const share = settleSeconds === 0 ? 1 : 1 - Math.exp(-elapsed / 1000 / settleSeconds);
      this.#moved += (target - this.#moved) * share;
      return;
    }
    this.#moved += (target * elapsed) / 60_000;
    // Workers that have nothing left to eat do not save it up.
    const recorded = this.#recorded(until);
    if (recorded !== undefined) this.#moved = Math.max(this.#moved, floor - recorded);
  }

  #target(at: number): number {
    return this.#terms.perReplica * (this.#replicas - this.#recordedReplicas(at));
  }
}

/** Workers of whom nothing is known but their number, and no queue: what a value series is decided for. */
export class ReplicasOnly implements Plant {
  readonly mode = "exact";
  readonly ledger = new Ledger(1, undefined);
  readonly waiting = 0;
  readonly inFlight = 0;
  readonly oldestArrival = Number.POSITIVE_INFINITY;
  readonly taken = 0;
  readonly busy = 0;
  now = 0;
  replicas: number;
  readonly #scaled: (at: number, replicas: number) => void;

  /** `scaled` hears of each scaling, in milliseconds from the start. */
  constructor(initial: number, scaled: (at: number, replicas: number) => void) {
    this.replicas = initial;
    this.#scaled = scaled;
  }

  get ready(): number {
    return this.replicas;
  }

  get workers(): number {
    return this.replicas;
  }

  advance(to: number): void {
    this.now = to;
  }

  scale(replicas: number): void {
    this.replicas = replicas;
    this.#scaled(this.now, replicas);
  }

  finish(): void {
    // Nothing waits that would have to be counted.
  }
}

/** Adds up for how long a signal's value is above its band, below it, and unknown. */
export class TimeInBand {
  readonly signal: string;
  readonly #low: number;
  readonly #high: number;
  readonly #spent = { above: 0, below: 0, unknown: 0, total: 0 };
  #value: number | undefined;

  private constructor(signal: string, { low, high }: { readonly low: number; readonly high: number }) {
    this.signal = signal;
    this.#low = low;
    this.#high = high;
  }

  /** Of the first signal that has a band; undefined where none has one. */
  static of({ signals }: Autoscaler): TimeInBand | undefined {
    for (const { name, rule } of signals) if (rule.kind === "band") return new TimeInBand(name, rule);
    return undefined;
  }

  /** The value from now on. */
  note(value: number | undefined): void {
    this.#value = value;
  }

  pass(from: number, to: number): void {
    const elapsed = to - from;
    this.#spent.total += elapsed;
    if (this.#value === undefined) this.#spent.unknown += elapsed;
    else if (this.#value > this.#high) this.#spent.above += elapsed;
    else if (this.#value < this.#low) this.#spent.below += elapsed;
  }

  get shares(): { readonly above: number; readonly below: number; readonly unknown: number } {
    const { above, below, unknown, total } = this.#spent;
    const all = Math.max(1, total);
    return { above: above / all, below: below / all, unknown: unknown / all };
  }
}
