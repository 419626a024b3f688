import type { SourceReference } from "../core/index.ts";
import { FirstLooks } from "../engine/first-looks.ts";
import { sharedPace } from "../engine/pace.ts";
import { PollerLimits } from "../engine/poller.ts";
import { serverOf } from "../sources/shared/share.ts";
import type { SourceTools, SourceType } from "../sources/shared/source.ts";
import { SourceError } from "../sources/shared/source-error.ts";
import { readSeconds } from "../sources/shared/time-limit.ts";
import { Gate } from "./gate.ts";
import type { Log } from "./log.ts";
import { Observation } from "./observation.ts";
import type { Connect, Surroundings } from "./observation-terms.ts";
import type { Observer } from "./observer.ts";
import { questionOf } from "./question.ts";
import { WaitLimit } from "./wait-limit.ts";

export interface ObservationsOptions
  extends Omit<Surroundings, "broke" | "answered" | "waitLimit" | "limits" | "putOff"> {
  readonly sourceType: (type: string) => SourceType | undefined;
  readonly tools: SourceTools;
  readonly log: Log;
  /** Looks under way at once, for each type of source. */
  readonly looksInFlight: number;
}

/** What a source may do for those who ask. */
export interface Access {
  /** Touch its queue while it waits for work. */
  readonly mayTouch: boolean;
  /** It was configured by the operator, in a file of the controller's, and not by an object. */
  readonly isOperators: boolean;
}

function toolsFor({ mayTouch, isOperators }: Access, tools: SourceTools): SourceTools {
  const may = { ...tools, mayTouch: mayTouch && tools.mayTouch };
  if (!isOperators) return may;
  const share: SourceTools["share"] = (key, make) => tools.share(`of a file: ${key}`, make);
  return { ...may, network: tools.network.operators, share };
}

/** A source of a type that this process does not have: it is looked at, and fails, like any other. */
const NO_PACE = { movingSeconds: 60, steadySeconds: 60 };
/** Sources that are looked at no more often than this even while they move can do without a look for some seconds. */
const UNHURRIED_SECONDS = 5;
const WARN_AGAIN_MILLISECONDS = 10 * 60_000;

/** All observations: one for each distinct question, shared by those who ask it, ended when the last one leaves. */
export class Observations {
  readonly #options: ObservationsOptions;
  readonly #around: Surroundings;
  readonly #byQuestion = new Map<string, Observation>();
  readonly #gates = new Map<string, Gate>();
  readonly #firstLooks = new Map<string, FirstLooks>();
  /** When a namespace was last warned of its large answers. */
  readonly #warnedOf = new Map<string, number>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: ObservationsOptions) {
    this.#options = options;
    this.#around = {
      ...options,
      limits: new PollerLimits(),
      putOff: (type, namespace, milliseconds) => this.#notePutOff(type, namespace, milliseconds),
      waitLimit: new WaitLimit(options.clock),
      answered: (type, message, answer) =>
        options.log.debug("A server's answer could not be used", { source: type, detail: message, answer }),
      broke: (type, error) => this.#complain("Exception", "Looking at a source broke off", type, error),
    };
  }

  get size(): number {
    return this.#byQuestion.size;
  }

  /**
   * Joins the observation of a question, or begins it. Those that may touch the queue while they wait and those that
   * may not (a dry run) do not share, nor do those of objects and of the operator's own files, which may connect elsewhere.
   */
  join(reference: SourceReference, access: Access, observer: Observer): Observation {
    const whose = access.isOperators ? "file" : "object";
    const question = [access.mayTouch ? "touch" : "look", whose, questionOf(reference)].join(" ");
    const joined = this.#byQuestion.get(question);
    if (joined !== undefined) {
      joined.add(observer);
      return joined;
    }
    const begun = this.#begin(question, reference, access, observer);
    this.#byQuestion.set(question, begun);
    return begun;
  }

  /** The observer goes; with the last one, the observation ends. */
  leave(observation: Observation, observer: Observer): void {
    observation.remove(observer);
    if (observation.observers > 0 || this.#byQuestion.get(observation.question) !== observation) return;
    this.#byQuestion.delete(observation.question);
    this.#close(observation);
  }

  /** Ends them all; resolves when their sources have been given back. */
  async end(): Promise<void> {
    for (const observation of this.#byQuestion.values()) this.#close(observation);
    this.#byQuestion.clear();
    await Promise.all(this.#closing);
  }

  /** The time of day was stepped: what was read before may now seem too old or yet to come, so everything is looked at. */
  timeStepped(milliseconds: number): void {
    for (const observation of this.#byQuestion.values()) {
      observation.timeStepped(milliseconds);
      observation.pollNow();
    }
  }

  #begin(question: string, { type: name, settings }: SourceReference, access: Access, first: Observer): Observation {
    const type = this.#options.sourceType(name);
    const tools = toolsFor(access, this.#options.tools);
    const connect: Connect = (spent) => {
      if (type === undefined) throw new SourceError("NotFound", `there is no source of type "${name}"`);
      return type.connect(settings, { ...tools, spent });
    };
    const known = type ?? { type: name, pace: NO_PACE };
    const server = serverOf(name, settings);
    const terms = { readSeconds: readSeconds(settings), server, outage: server ?? question };
    const turn = this.#turn(known, first);
    return new Observation(question, known, connect, terms, this.#gate(name), this.#around, first, turn);
  }

  #close(observation: Observation): void {
    const closing = observation
      .close()
      .catch((error: unknown) => this.#complain("Close", "A source did not close", observation.type, error))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Milliseconds until the first look. */
  #turn({ type, pace }: Pick<SourceType, "type" | "pace">, observer: Observer): number {
    if (pace.movingSeconds < UNHURRIED_SECONDS || observer.watcher.isAsleep) return 0;
    let firstLooks = this.#firstLooks.get(type);
    if (firstLooks === undefined) {
      firstLooks = new FirstLooks();
      this.#firstLooks.set(type, firstLooks);
    }
    return firstLooks.turn(sharedPace(pace, [observer]).steadySeconds, this.#options.clock.monotonic());
  }

  #gate(type: string): Gate {
    let gate = this.#gates.get(type);
    if (gate === undefined) {
      gate = new Gate(this.#options.looksInFlight, this.#options.clock);
      this.#gates.set(type, gate);
    }
    return gate;
  }

  #notePutOff(source: string, namespace: string, milliseconds: number): void {
    const { telemetry, log, clock } = this.#options;
    telemetry.putOff(source, milliseconds / 1000);
    const now = clock.monotonic();
    if (now < (this.#warnedOf.get(namespace) ?? Number.NEGATIVE_INFINITY) + WARN_AGAIN_MILLISECONDS) return;
    this.#warnedOf.set(namespace, now);
    log.warn("Large answers take more than their share of time: their sources are read less often", {
      namespace,
      source,
      seconds: Math.round(milliseconds / 1000),
    });
  }

  #complain(kind: string, what: string, source: string, error: unknown): void {
    this.#options.telemetry.failed(`Source/${kind}`);
    this.#options.log.warn(what, { source, error: String(error) });
  }
}
