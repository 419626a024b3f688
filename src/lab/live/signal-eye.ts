import type {
  Completions,
  Instant,
  Mutable,
  Pace,
  Reading,
  ReadingFailure,
  Signal,
  SignalState,
} from "../../core/index.ts";
import type { ServerReader } from "../../engine/outages.ts";
import { sharedPace } from "../../engine/pace.ts";
import { Poller, type PollerLimits } from "../../engine/poller.ts";
import { serverOf } from "../../sources/shared/share.ts";
import { type Quantity, seenValue } from "./quantity.ts";
import type { Sightings, Window } from "./sight.ts";
import type { SourceTraits } from "./source-traits.ts";

/** What a look is told at any moment, or why it fails. */
export type Told = (now: Instant) => Omit<Reading, "at"> | ReadingFailure;

/** What one signal can see of the simulated world, and how often it looks. */
interface EyeTerms {
  readonly signal: Signal;
  readonly quantity: Quantity;
  readonly traits: SourceTraits;
  readonly pace: Pace;
  readonly pollIntervalSeconds: number | undefined;
  readonly limits: PollerLimits;
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
const OUTAGE: ReadingFailure = { kind: "Unavailable", message: "an outage of the rehearsal" };

/** Drives the poller of one signal on the virtual clock. Times in milliseconds from the start. */
export class SignalEye implements ServerReader {
  /** When there is something to do next. */
  dueAt = 0;
  looks = 0;
  failedLooks = 0;
  /** Polls again only when a message comes. */
  isWaiting = false;
  isAsleep = false;
  readonly name: string;
  readonly #terms: EyeTerms;
  readonly #pace: Pace;
  readonly #poller: Poller;
  #settledAt = 0;
  #busyAt = Number.NEGATIVE_INFINITY;
  /** The newest completions that were told; the source too asks once a minute. */
  #completions: readonly Completions[] = [];
  #completionsAt = Number.NEGATIVE_INFINITY;

  constructor(terms: EyeTerms) {
    this.name = terms.signal.name;
    this.#terms = terms;
    const { pollIntervalSeconds, signal, limits, random, start, traits, lagSeconds, hiddenLagSeconds } = terms;
    this.#pace = sharedPace(terms.pace, [{ pollIntervalSeconds, freshnessSeconds: signal.freshnessSeconds }]);
    const server = serverOf(signal.source.type, signal.source.settings);
    const pollerTerms = { limits, random, server, outage: server ?? this.name, driver: this };
    this.#poller = new Poller(pollerTerms, { pace: this.#pace, asleep: "none", namespace: "" }, 0, start);
    this.#poller.canWait = traits.waits === true && lagSeconds + hiddenLagSeconds === 0;
  }

  get state(): SignalState {
    return this.#poller.state;
  }

  /** What is being waited on does not age. */
  stateAt(now: Instant): SignalState {
    return this.#poller.stateAt(now);
  }

  /** Does what is due now; true: it polled. A poll takes no time here. */
  act(now: number, past: Sightings): boolean {
    if (this.isWaiting) this.#poller.waitEnded("maybe-work", now);
    this.#settledAt = now;
    const polls = this.#poller.settle(now) === "polling";
    if (polls) this.#look(now, past);
    this.#settle(now);
    return polls;
  }

  /** A message came to the queue. */
  wake(now: number): void {
    this.#poller.waitEnded("maybe-work", now);
    this.#settle(now);
  }

  /** A decision changed something: the next poll comes soon. */
  hurry(): void {
    this.#poller.hurry();
  }

  pollNow(): void {
    this.#poller.pollNow(this.#settledAt);
    this.#settle(this.#settledAt);
  }

  /** All decisions of this moment were made; whether the workload has no replicas now. */
  settle(isAsleep: boolean, now: number): void {
    if (isAsleep !== this.isAsleep) {
      this.isAsleep = isAsleep;
      this.#poller.demanded({ pace: this.#pace, asleep: isAsleep ? "all" : "none", namespace: "" }, now);
    }
    this.#settle(now);
  }

  #settle(now: number): void {
    // Nothing waits for work then, and what is due is polled in the next turn.
    if (!this.isAsleep) {
      this.isWaiting = false;
      this.dueAt = this.#poller.wakeAt;
      return;
    }
    const activity = this.#poller.settle(now);
    this.isWaiting = activity === "waiting";
    if (activity === "polling") this.dueAt = now;
    else this.dueAt = this.isWaiting ? Math.min(this.#poller.wakeAt, this.#lateLookAt()) : this.#poller.wakeAt;
  }

  #look(now: number, past: Sightings): void {
    this.looks += 1;
    const { outages, told, start } = this.#terms;
    const said = told?.(start + now);
    if (outages.length > 0 && outages.some(({ from, to }) => now >= from && now < to)) this.#fail(now, OUTAGE);
    else if (said === undefined) this.#see(now, this.#reading(now, past));
    else if ("kind" in said) this.#fail(now, said);
    else this.#see(now, { at: start + now, ...said });
  }

  #see(now: number, reading: Reading): void {
    if (reading.value > 0) this.#busyAt = now;
    this.#poller.read(this.#poller.poll, reading, now);
  }

  #fail(now: number, failure: ReadingFailure): void {
    this.failedLooks += 1;
    this.#poller.failed(this.#poller.poll, failure, this.#terms.start + now, now);
  }

  /** As SqsQueue does, one look for completions that were not known yet when the workload fell asleep. */
  #lateLookAt(): number {
    const { completions } = this.#terms.traits;
    if (completions === undefined) return Number.POSITIVE_INFINITY;
    const knownAt = this.#busyAt + completions.delaySeconds * 1000 + MINUTE;
    return this.#poller.endedAt < knownAt ? knownAt : Number.POSITIVE_INFINITY;
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
}
