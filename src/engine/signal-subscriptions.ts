import { type Autoscaler, type Instant, judge, type Signal, type SignalState, withEmptyValue } from "../core/index.ts";
import type { Now } from "./poller-terms.ts";
import { type SharedPoller, type SharedPolls, type Subscriber, sourceKey } from "./shared-polls.ts";

type States = Readonly<Record<string, SignalState>>;

interface Subscription {
  readonly signal: Signal;
  readonly mayTouch: boolean;
  readonly subscriber: Subscriber;
  readonly poller: SharedPoller;
}

const NONE: ReadonlySet<string> = new Set();
const UNCHANGED = { isOther: false, isNews: false };

/** The signals of one autoscaler: the pollers that they share with others, and how far what those read can be trusted. */
export class SignalSubscriptions {
  readonly #polls: SharedPolls;
  readonly #owner: string;
  readonly #doubts = new DoubtTracker();
  #subscriptions: readonly Subscription[] = [];
  #autoscaler: Autoscaler | undefined;
  #isAsleep = false;

  constructor(polls: SharedPolls, owner: string) {
    this.#polls = polls;
    this.#owner = owner;
  }

  /**
   * Subscribes to what this autoscaler's signals ask, and to nothing else. Returns whether they ask something else than
   * before, and whether one joined a poller that has an answer already.
   */
  follow(autoscaler: Autoscaler, mayTouch: boolean, now: Now): { readonly isOther: boolean; readonly isNews: boolean } {
    if (this.#autoscaler === autoscaler) return UNCHANGED;
    const isFirst = this.#autoscaler === undefined;
    this.#autoscaler = autoscaler;
    const before = this.#subscriptions;
    this.#subscriptions = autoscaler.signals.map((signal) => {
      const last = before.find((one) => one.signal.name === signal.name);
      return last !== undefined && isStill(last, signal, autoscaler, mayTouch)
        ? { ...last, signal }
        : this.#subscribe(signal, autoscaler, mayTouch, now);
    });
    const kept = new Set(this.#subscriptions.map(({ subscriber }) => subscriber));
    // Only now, so that a poller that goes on under new terms is not closed in between.
    for (const { poller, subscriber } of before) {
      if (!kept.has(subscriber)) this.#polls.leave(poller, subscriber, now);
    }
    for (const { signal } of this.#subscriptions) if (!isAskedIn(before, signal)) this.#doubts.forget(signal.name);
    const isNew = ({ subscriber }: Subscription) => !before.some((one) => one.subscriber === subscriber);
    return {
      isOther: !isFirst && !isSameQuestions(before, this.#subscriptions),
      isNews: this.#subscriptions.some((one) => isNew(one) && one.poller.hasAnswered),
    };
  }

  stop(now: Now): void {
    this.#autoscaler = undefined;
    for (const { poller, subscriber } of this.#subscriptions) this.#polls.leave(poller, subscriber, now);
    this.#subscriptions = [];
    this.#doubts.clear();
  }

  /** Whether the workload has no replicas. */
  set isAsleep(isAsleep: boolean) {
    if (isAsleep === this.#isAsleep) return;
    this.#isAsleep = isAsleep;
    for (const { poller, subscriber } of this.#subscriptions) {
      subscriber.isAsleep = isAsleep;
      poller.wishChanged();
    }
  }

  /** By signal name. */
  states(now: Instant): States {
    const states: Record<string, SignalState> = {};
    for (const { signal, poller } of this.#subscriptions) {
      states[signal.name] = withEmptyValue(signal, poller.stateAt(now), now);
    }
    return states;
  }

  /** The same for a decision: with the moment since which each signal is in doubt, by which a fallback goes. */
  statesToDecideOn(now: Instant): States {
    const states = this.states(now);
    if (this.#autoscaler?.fallback === undefined) return states;
    return this.#doubts.dated(this.#autoscaler.signals, states, now);
  }

  timeStepped(milliseconds: number): void {
    this.#doubts.timeStepped(milliseconds);
  }

  /** Names of the signals whose source is being waited on: what was read of them last is true still. */
  get waiting(): ReadonlySet<string> {
    let waiting: Set<string> | undefined;
    for (const { signal, poller } of this.#subscriptions) {
      if (poller.isWaiting) waiting = (waiting ?? new Set()).add(signal.name);
    }
    return waiting ?? NONE;
  }

  /** Whether all signals were read, or failed to be, after this moment (monotonic milliseconds). */
  isReadSince(moment: number): boolean {
    return this.#subscriptions.every(({ poller }) => poller.beganAt > moment);
  }

  pollNow(now: Now): void {
    for (const { poller } of this.#subscriptions) poller.pollNow(now.monotonic);
  }

  hurry(): void {
    for (const { poller } of this.#subscriptions) poller.hurry();
  }

  #subscribe(signal: Signal, autoscaler: Autoscaler, mayTouch: boolean, now: Now): Subscription {
    const { pollIntervalSeconds, target, origin } = autoscaler;
    const subscriber = {
      ...{ owner: this.#owner, namespace: target.namespace, isAsleep: this.#isAsleep },
      ...{ pollIntervalSeconds, freshnessSeconds: signal.freshnessSeconds },
    };
    const access = { mayTouch, isOperators: origin.file !== undefined };
    return { signal, mayTouch, subscriber, poller: this.#polls.join(signal.source, access, subscriber, now) };
  }
}

/**
 * Since when each signal of one autoscaler has had no reading that can be trusted. A poller knows that of polls that
 * failed; whether a reading can be right is the signal's own matter, and a new implausible one must not start the time
 * again.
 */
class DoubtTracker {
  readonly #since = new Map<string, Instant>();

  /** The states, with the moment since which each is in doubt. */
  dated(signals: readonly Signal[], states: States, now: Instant): States {
    let dated = states;
    for (const signal of signals) {
      const state = states[signal.name];
      if (state === undefined) continue;
      const known = this.#dated(signal, state, now);
      if (known !== state) dated = { ...dated, [signal.name]: known };
    }
    return dated;
  }

  /** Another question is asked under that name. */
  forget(name: string): void {
    this.#since.delete(name);
  }

  clear(): void {
    this.#since.clear();
  }

  timeStepped(milliseconds: number): void {
    for (const [name, since] of this.#since) this.#since.set(name, since + milliseconds);
  }

  #dated(signal: Signal, state: SignalState, now: Instant): SignalState {
    const { trust, doubt } = judge(signal, state, now);
    // What was never read waits for its turn, of which the poller knows.
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

function isStill(last: Subscription, now: Signal, autoscaler: Autoscaler, mayTouch: boolean): boolean {
  return (
    last.mayTouch === mayTouch &&
    last.subscriber.pollIntervalSeconds === autoscaler.pollIntervalSeconds &&
    last.subscriber.freshnessSeconds === now.freshnessSeconds &&
    sourceKey(last.signal.source) === sourceKey(now.source)
  );
}

/** Whether both lists have the same signals, and each still asks what it asked. */
function isSameQuestions(before: readonly Subscription[], after: readonly Subscription[]): boolean {
  return before.length === after.length && after.every(({ signal }) => isAskedIn(before, signal));
}

function isAskedIn(before: readonly Subscription[], signal: Signal): boolean {
  const last = before.find((one) => one.signal.name === signal.name);
  return last !== undefined && sourceKey(last.signal.source) === sourceKey(signal.source);
}
