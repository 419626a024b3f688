import type { Pace, SourceReference } from "../core/index.ts";
import { type PaceWish, sharedPace } from "./pacing.ts";
import { FirstPolls } from "./poll-budgets.ts";
import type { Activity } from "./poller.ts";
import { Poller } from "./poller.ts";
import { type Demand, type Now, PollerLimits, type PollerTerms } from "./poller-terms.ts";

/** One signal of one autoscaler: what it wants of the poll that it shares. */
export interface Subscriber extends PaceWish {
  /** The autoscaler's id. */
  readonly owner: string;
  /** Whose share of the process's time its answers take. */
  readonly namespace: string;
  /** Whether its workload has no replicas, so that only a first message matters. */
  isAsleep: boolean;
}

/** What a source may do for its subscribers. */
export interface Access {
  /** Touch its queue while it waits for work. */
  readonly mayTouch: boolean;
  /** It was configured by the operator, in a file of the controller's, and not by an object. */
  readonly isOperators: boolean;
}

/** What the engine has to know of a source. */
export interface SourceFacts {
  readonly pace: Pace;
  /** Whose budget its reads take; undefined where no server is asked. */
  readonly server: string | undefined;
}

interface Question {
  readonly key: string;
  readonly reference: SourceReference;
  readonly access: Access;
}

/** The poller of one source, shared by all signals that ask it the same. */
export class SharedPoller extends Poller {
  readonly key: string;
  readonly reference: SourceReference;
  readonly access: Access;
  readonly #pace: Pace;
  #subscribers: readonly Subscriber[] = [];
  #demand: Demand;
  #isDemandOld = false;

  constructor(question: Question, pace: Pace, terms: PollerTerms, first: Subscriber, turn: Now) {
    const demand = demandOf(pace, [first]);
    super(terms, demand, turn);
    this.key = question.key;
    this.reference = question.reference;
    this.access = question.access;
    this.#pace = pace;
    this.#demand = demand;
    this.#subscribers = [first];
  }

  get subscribers(): readonly Subscriber[] {
    return this.#subscribers;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers = this.#subscribers.concat(subscriber);
    this.wishChanged();
  }

  /** True: it was the last one. */
  remove(subscriber: Subscriber): boolean {
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
    this.wishChanged();
    return this.#subscribers.length === 0;
  }

  /** A subscriber came or left, or its workload fell asleep or woke. */
  wishChanged(): void {
    this.#isDemandOld = true;
    this.stir();
  }

  /** Settles by what its subscribers want now. */
  override settle(now: number): Activity {
    if (this.#isDemandOld) this.#renewDemand(now);
    return super.settle(now);
  }

  #renewDemand(now: number): void {
    this.#isDemandOld = false;
    if (this.#subscribers.length === 0) return;
    const demand = demandOf(this.#pace, this.#subscribers);
    if (isSameDemand(demand, this.#demand)) return;
    this.#demand = demand;
    this.demanded(demand, now);
  }
}

/** Sources that are polled no more often than this even while they move can do without a poll for some seconds. */
const UNHURRIED_SECONDS = 5;

const NONE: readonly SharedPoller[] = [];

/** All pollers: one for each distinct question, shared by the signals that ask it, closed when the last one leaves. */
export class SharedPolls {
  readonly #limits = new PollerLimits();
  readonly #facts: (reference: SourceReference) => SourceFacts;
  readonly #random: () => number;
  readonly #byKey = new Map<string, SharedPoller>();
  readonly #firstPolls = new Map<string, FirstPolls>();

  constructor(facts: (reference: SourceReference) => SourceFacts, random: () => number) {
    this.#facts = facts;
    this.#random = random;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /**
   * Joins the poller of a question, or begins one. Signals that may touch the queue while they wait and those that may
   * not (a dry run) do not share, nor do those of objects and of the operator's own files, which may connect elsewhere.
   */
  join(reference: SourceReference, access: Access, subscriber: Subscriber, now: Now): SharedPoller {
    const key = [access.mayTouch, access.isOperators, sourceKey(reference)].join(" ");
    const joined = this.#byKey.get(key);
    if (joined !== undefined) {
      joined.add(subscriber);
      return joined;
    }
    const { pace, server } = this.#facts(reference);
    const terms = { limits: this.#limits, random: this.#random, server, outage: server ?? key };
    const wait = this.#firstWait(reference.type, pace, subscriber, now);
    const turn = { ...now, monotonic: now.monotonic + wait, wall: now.wall + wait };
    const begun = new SharedPoller({ key, reference, access }, pace, terms, subscriber, turn);
    this.#byKey.set(key, begun);
    return begun;
  }

  leave(poller: SharedPoller, subscriber: Subscriber, now: Now): void {
    if (!poller.remove(subscriber) || this.#byKey.get(poller.key) !== poller) return;
    this.#byKey.delete(poller.key);
    poller.close(now.monotonic);
  }

  get isUnsettled(): boolean {
    return this.#limits.unsettled.length > 0;
  }

  /** Settles every poller that something happened to. */
  settle(now: Now, settled: (poller: SharedPoller, activity: Activity) => void): void {
    const unsettled = this.#limits.unsettled as readonly SharedPoller[];
    this.#limits.unsettled = NONE;
    for (const poller of unsettled) {
      const activity = poller.settle(now.monotonic);
      poller.isUnsettled = false;
      settled(poller, activity);
    }
  }

  /** The time of day was stepped: what was read before may now seem too old or yet to come, so everything is polled. */
  timeStepped(milliseconds: number, now: Now): void {
    for (const poller of this.#byKey.values()) {
      poller.timeStepped(milliseconds);
      poller.pollNow(now.monotonic);
    }
  }

  /** Milliseconds until the first poll. */
  #firstWait(type: string, pace: Pace, subscriber: Subscriber, now: Now): number {
    if (pace.movingSeconds < UNHURRIED_SECONDS || subscriber.isAsleep) return 0;
    let firstPolls = this.#firstPolls.get(type);
    if (firstPolls === undefined) {
      firstPolls = new FirstPolls();
      this.#firstPolls.set(type, firstPolls);
    }
    return firstPolls.wait(sharedPace(pace, [subscriber]).steadySeconds, now.monotonic);
  }
}

function demandOf(pace: Pace, subscribers: readonly Subscriber[]): Demand {
  const asleep = subscribers.filter(({ isAsleep }) => isAsleep).length;
  const areAll = asleep === subscribers.length;
  return {
    pace: sharedPace(pace, subscribers),
    asleep: asleep === 0 ? "none" : areAll ? "all" : "some",
    namespace: subscribers[0]?.namespace ?? "",
  };
}

function isSameDemand(one: Demand, other: Demand): boolean {
  return (
    one.asleep === other.asleep &&
    one.namespace === other.namespace &&
    one.pace.movingSeconds === other.pace.movingSeconds &&
    one.pace.steadySeconds === other.pace.steadySeconds &&
    one.pace.asleepSeconds === other.pace.asleepSeconds
  );
}

/** A text that is the same for two references exactly when they ask the same thing, whatever the order of their keys. */
export function sourceKey(reference: SourceReference): string {
  return `${reference.type} ${canonical(reference.settings)}`;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(",")}}`;
}
