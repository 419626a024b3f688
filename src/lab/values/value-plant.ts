import type { Autoscaler } from "../../core/index.ts";
import { Ledger } from "../plant/ledger.ts";
import type { Plant } from "../plant/plant.ts";

/** A model of how workers change a recorded value. */
export interface EffectTerms {
  /**
   * shift: each additional worker moves the value by `perReplica`. drift: it does so every minute, as workers consume a
   * backlog.
   */
  readonly kind: "shift" | "drift";
  readonly perReplica: number;
  /** Delay from a scaling to its effect. */
  readonly afterSeconds: number;
  /** Time constant of a shift: after it, two thirds of the effect are there. */
  readonly settleSeconds: number;
  readonly floor: number;
}

/** Significant digits of a modelled value. */
const DIGITS = 7;

/** Longest step of the integration of a drift. */
const STRETCH_MS = 15_000;

/** The deviation of a value from the recorded one. Times in milliseconds from the start. */
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

  /** The value at a moment; moments must not go back. Undefined if none was recorded. */
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
    // An immediate shift applies at once.
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
    // Idle workers do not accumulate their effect.
    const recorded = this.#recorded(until);
    if (recorded !== undefined) this.#moved = Math.max(this.#moved, floor - recorded);
  }

  #target(at: number): number {
    return this.#terms.perReplica * (this.#replicas - this.#recordedReplicas(at));
  }
}

/** A plant without a queue, of which only the replicas are known. */
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

  /** `scaled` is called for each scaling, with milliseconds from the start. */
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
    // No message waits.
  }
}

/** Sums the time that a signal's value is above its band, below it, or unknown. */
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

  /** Of the first signal with a band. */
  static of({ signals }: Autoscaler): TimeInBand | undefined {
    for (const { name, rule } of signals) if (rule.kind === "band") return new TimeInBand(name, rule);
    return undefined;
  }

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
