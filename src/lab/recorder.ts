import type { Autoscaler, Instant } from "../core/index.ts";
import { boundsAt } from "../formats/schedule.ts";
import { emptySeries, type NotedDecision, type Series } from "./outcome.ts";
import type { Plant } from "./plant/plant.ts";
import type { Decided } from "./virtual-driver.ts";

/** Samples of a run, about as many as a screen has pixels. */
const SAMPLES = 1_200;
const STEPS_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
/** Further decisions are counted and not kept. */
const MOST_NOTED = 5_000;

/** Records the charts of a run in bounded memory. */
export class Recorder {
  readonly series: Series = emptySeries();
  readonly noted: NotedDecision[] = [];
  /** Noteworthy decisions that were not kept. */
  dropped = 0;
  nextAt = 0;
  readonly #everyMs: number;
  readonly #plant: Plant;
  readonly #autoscaler: Autoscaler;
  readonly #start: Instant;
  #arrived = 0;
  #mostWaiting = 0;
  #oldestMs = 0;
  #lastRule: string | undefined;

  constructor(plant: Plant, autoscaler: Autoscaler, start: Instant, durationMs: number) {
    const wanted = durationMs / 1000 / SAMPLES;
    this.#everyMs = (STEPS_SECONDS.find((step) => step >= wanted) ?? Math.ceil(wanted)) * 1000;
    this.#plant = plant;
    this.#autoscaler = autoscaler;
    this.#start = start;
  }

  /** Tracks the maximum between two samples: in weeks, samples are hours apart and would miss a peak. */
  watch(): void {
    const { now, waiting, oldestArrival } = this.#plant;
    if (waiting > this.#mostWaiting) this.#mostWaiting = waiting;
    if (now - oldestArrival > this.#oldestMs) this.#oldestMs = now - oldestArrival;
  }

  sample(): void {
    this.watch();
    const { series } = this;
    const plant = this.#plant;
    const { now } = plant;
    const since = now - (series.at.at(-1) ?? 0) * 1000;
    const arrived = plant.ledger.arrived - this.#arrived;
    this.#arrived = plant.ledger.arrived;
    const bounds = boundsAt(this.#autoscaler, this.#start + now) ?? this.#autoscaler;
    series.at.push(now / 1000);
    series.arrivalsPerMinute.push(since === 0 ? 0 : tidy((arrived * 60_000) / since));
    series.waiting.push(tidy(this.#mostWaiting));
    series.inFlight.push(tidy(plant.inFlight));
    series.oldestSeconds.push(tidy(this.#oldestMs / 1000));
    series.desired.push(plant.replicas);
    series.ready.push(plant.ready);
    series.minReplicas.push(bounds.minReplicas);
    series.maxReplicas.push(bounds.maxReplicas);
    this.#mostWaiting = 0;
    this.#oldestMs = 0;
    this.nextAt = (Math.floor(now / this.#everyMs) + 1) * this.#everyMs;
  }

  /** Notes a decision that acted or whose rule is new. */
  note({ at, from, decision, acted }: Decided): void {
    const step = decision.steps[decision.steps.length - 1];
    const rule = step?.rule ?? "none";
    if (!acted && rule === this.#lastRule) return;
    this.#lastRule = rule;
    if (this.noted.length >= MOST_NOTED) {
      this.dropped += 1;
      return;
    }
    const to = acted ? decision.desiredReplicas : from;
    this.noted.push({ at: at / 1000, from, to, rule, because: step?.because ?? "" });
  }
}

function tidy(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Opposite scalings within this time are a reversal: twice WPA's default cool-down. */
const REVERSAL_WITHIN_MS = 20 * 60_000;

/** Counts scalings and reversals. */
export class Scalings {
  up = 0;
  down = 0;
  reversals = 0;
  peak: number;
  #last: { readonly at: number; readonly sign: number } | undefined;

  constructor(initial: number) {
    this.peak = initial;
  }

  scaled(at: number, from: number, to: number): void {
    const sign = Math.sign(to - from);
    if (sign > 0) this.up += 1;
    else this.down += 1;
    if (this.#last !== undefined && this.#last.sign !== sign && at - this.#last.at <= REVERSAL_WITHIN_MS) {
      this.reversals += 1;
    }
    this.#last = { at, sign };
    this.peak = Math.max(this.peak, to);
  }
}
