import {
  type Completions,
  type Instant,
  type Mutable,
  type Pace,
  type Reading,
  type ReadingFailure,
  type Signal,
  type SignalState,
  withReading,
} from "../../core/index.ts";
import { pauseAfter } from "../../engine/backoff.ts";
import { sharedPace } from "../../engine/pace.ts";
import { Pacer } from "../../engine/pacer.ts";
import { retryOf, UNANSWERED } from "../../engine/retry.ts";
import { sleepingPause } from "../../engine/sleeping-reads.ts";
import { type Quantity, seenValue } from "./quantity.ts";
import type { Sightings, Window } from "./sight.ts";
import type { SourceTraits } from "./source-traits.ts";

/** What a look is told at any moment, or why it fails. */
export type Told = (now: Instant) => Omit<Reading, "at"> | ReadingFailure;

/** What one signal can see of the simulated world, and how often it looks. */
export interface EyeTerms {
  readonly signal: Signal;
  readonly quantity: Quantity;
  readonly traits: SourceTraits;
  readonly pace: Pace;
  readonly pollIntervalSeconds: number | undefined;
  /** A value that has nothing to do with the queue, such as a constant. */
  readonly fixed: ((now: Instant) => number) | undefined;
  /** What looks are told instead of what there is to see: a recording, or a script. */
  readonly told?: Told | undefined;
  /** Readings speak of so long ago: and say so, or not. */
  readonly lagSeconds: number;
  readonly hiddenLagSeconds: number;
  /** While looks fail; milliseconds from the start. */
  readonly outages: readonly { readonly from: number; readonly to: number }[];
  readonly start: Instant;
  readonly random: () => number;
}

const MINUTE = 60_000;
/** The rehearsed workload's queue is thought to be the only one on its server whose workload sleeps. */
const ALONE = { onServer: 1, inAll: 1 };
const OUTAGE: ReadingFailure = { kind: "Unavailable", message: "an outage of the rehearsal" };

/** One signal's looks, paced as the controller paces them. Times in milliseconds from the start. */
export class SignalEye {
  dueAt = 0;
  looks = 0;
  failedLooks = 0;
  /** Looks again only when a message comes. */
  isWaiting = false;
  state: SignalState;
  readonly name: string;
  readonly #terms: EyeTerms;
  readonly #pace: Pace;
  readonly #pacer = new Pacer();
  #lookedAt = 0;
  #busyAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #isAsleep = false;
  /** The newest completions that were told; the source too asks once a minute. */
  #completions: readonly Completions[] = [];
  #completionsAt = Number.NEGATIVE_INFINITY;

  constructor(terms: EyeTerms) {
    this.name = terms.signal.name;
    this.#terms = terms;
    const { pollIntervalSeconds, signal } = terms;
    this.#pace = sharedPace(terms.pace, [{ pollIntervalSeconds, freshnessSeconds: signal.freshnessSeconds }]);
    this.state = { doubtSince: terms.start };
  }

  look(now: number, past: Sightings): void {
    this.looks += 1;
    this.#lookedAt = now;
    this.isWaiting = false;
    const { outages, told, start } = this.#terms;
    const said = told?.(start + now);
    if (outages.some(({ from, to }) => now >= from && now < to)) this.#fail(now, OUTAGE);
    else if (said === undefined) this.#see(this.#reading(now, past));
    else if ("kind" in said) this.#fail(now, said);
    else this.#see({ at: start + now, ...said });
  }

  /** A decision came of what was seen: the next look comes soon. */
  hurry(): void {
    this.#pacer.hurry();
    if (this.#failures > 0 || this.looks === 0) return;
    this.dueAt = Math.min(this.dueAt, this.#lookedAt + this.#pauseMs());
  }

  /** Whether the workload sleeps: only then an empty queue is waited on. */
  asleep(isAsleep: boolean, now: number): void {
    const { traits, lagSeconds, hiddenLagSeconds } = this.#terms;
    const isEmpty = this.#isEmpty();
    const fellAsleep = isAsleep && !this.#isAsleep;
    this.#isAsleep = isAsleep;
    if (fellAsleep && isEmpty) this.dueAt = Math.min(this.dueAt, Math.max(now, this.#lookedAt + this.#pauseMs()));
    const waits = isAsleep && isEmpty && traits.waits === true && lagSeconds + hiddenLagSeconds === 0;
    if (this.isWaiting && !waits) this.dueAt = now;
    if (waits) this.dueAt = this.#lateLookAt();
    this.isWaiting = waits;
  }

  /** As SqsQueue does, one look for completions that were not known yet when the workload fell asleep. */
  #lateLookAt(): number {
    const { completions } = this.#terms.traits;
    if (completions === undefined) return Number.POSITIVE_INFINITY;
    const knownAt = this.#busyAt + completions.delaySeconds * 1000 + MINUTE;
    return this.#lookedAt < knownAt ? knownAt : Number.POSITIVE_INFINITY;
  }

  #reading(now: number, past: Sightings): Reading {
    const { lagSeconds, hiddenLagSeconds, start, fixed, quantity, traits } = this.#terms;
    const at = start + now - lagSeconds * 1000;
    if (fixed !== undefined) return { at, value: fixed(start + now) };
    const moment = now - (lagSeconds + hiddenLagSeconds) * 1000;
    const sight = past.asOf(moment);
    const value = seenValue(quantity, sight, past);
    if (quantity !== "unfinished" && quantity !== "waiting") return { at, value };
    const { waiting, inFlight } = sight;
    const reading: Mutable<Reading> = traits.counts ? { at, value, waiting, inFlight } : { at, value };
    if (traits.flow) {
      reading.arrived = Math.floor(sight.arrived);
      reading.completed = Math.floor(sight.served);
    }
    if (traits.arrivals !== undefined) reading.arrivalsPerMinute = past.perMinute("arrived", moment, traits.arrivals);
    if (traits.completions !== undefined) reading.completions = this.#finished(moment, past, traits.completions);
    if (traits.idle === "count") reading.idleWorkers = sight.ready - sight.busy;
    // Of a queue with messages in it CloudWatch is not asked.
    else if (traits.idle !== undefined && value === 0) {
      reading.idleWorkers = past.perMinute("taken", moment, traits.idle) === 0 ? "all" : 0;
    }
    return reading;
  }

  /** Messages finished in each minute of the clock in that stretch of the past. */
  #finished(moment: number, past: Sightings, { windowSeconds, delaySeconds }: Window): readonly Completions[] {
    const { start } = this.#terms;
    const asked = Math.floor((start + moment) / MINUTE) * MINUTE;
    if (asked === this.#completionsAt) return this.#completions;
    const end = asked - delaySeconds * 1000;
    const first = Math.max(Math.ceil(start / MINUTE) * MINUTE, end - windowSeconds * 1000);
    const minutes: Completions[] = [];
    for (let from = first; from < end; from += MINUTE) {
      const before = Math.floor(past.countAt("served", from - start));
      const after = Math.floor(past.countAt("served", from + MINUTE - start));
      minutes.push({ from, until: from + MINUTE, messages: after - before });
    }
    this.#completionsAt = asked;
    this.#completions = minutes;
    return minutes;
  }

  #see(reading: Reading): void {
    this.#failures = 0;
    if (reading.value > 0) this.#busyAt = this.#lookedAt;
    this.#pacer.looked(reading.value, this.#pace);
    this.state = withReading(this.state, reading);
    this.dueAt = this.#lookedAt + this.#pauseMs();
  }

  #fail(now: number, failure: ReadingFailure): void {
    const { random, start } = this.#terms;
    this.failedLooks += 1;
    this.#failures += 1;
    this.state = { ...this.state, failure, doubtSince: this.state.doubtSince ?? start + now };
    const retry = failure.kind === "Unavailable" ? UNANSWERED : retryOf(this.#pace, failure.kind);
    this.dueAt = now + pauseAfter(this.#failures, retry, random);
  }

  #pauseMs(): number {
    const seconds = this.#pacer.pauseSeconds(this.#pace, this.#terms.random);
    const { asleepSeconds } = this.#pace;
    if (!this.#isAsleep || !this.#isEmpty() || asleepSeconds === undefined) return seconds * 1000;
    return Math.min(seconds, sleepingPause(asleepSeconds, 0, ALONE)) * 1000;
  }

  #isEmpty(): boolean {
    return this.state.reading?.value === 0 && this.#failures === 0;
  }
}
