import type { SourceReference } from "../core/index.ts";
import { sharedPace } from "../pacing/pace.ts";
import type { Source, SourceTools, SourceType } from "../sources/shared/source.ts";
import { SourceError } from "../sources/shared/source-error.ts";
import { FirstLooks } from "./first-looks.ts";
import { Gate } from "./gate.ts";
import type { Log } from "./log.ts";
import { Observation, type Observer, type Surroundings } from "./observation.ts";
import { questionOf } from "./question.ts";

export interface ObservationsOptions extends Surroundings {
  readonly sourceType: (type: string) => SourceType | undefined;
  readonly tools: SourceTools;
  readonly log: Log;
  /** Looks under way at once, for each type of source. */
  readonly looksInFlight: number;
}

/** A source of a type that this process does not have: it is looked at, and fails, like any other. */
const NO_PACE = { movingSeconds: 60, steadySeconds: 60 };
/** Sources that are looked at no more often than this even while they move can do without a look for some seconds. */
const UNHURRIED_SECONDS = 5;

/** All observations: one for each distinct question, shared by those who ask it, ended when the last one leaves. */
export class Observations {
  readonly #options: ObservationsOptions;
  readonly #byQuestion = new Map<string, Observation>();
  readonly #gates = new Map<string, Gate>();
  readonly #firstLooks = new Map<string, FirstLooks>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: ObservationsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byQuestion.size;
  }

  /**
   * Joins the observation of a question, or begins it. Those that may touch the queue while they wait and those that
   * may not (a dry run) do not share. The observer leaves with `leave`.
   */
  join(
    reference: SourceReference,
    mayTouch: boolean,
    observer: Observer,
  ): { readonly observation: Observation; leave(): void } {
    const question = `${mayTouch ? "touch" : "look"} ${questionOf(reference)}`;
    let observation = this.#byQuestion.get(question);
    if (observation === undefined) {
      observation = this.#begin(reference, mayTouch, observer);
      this.#byQuestion.set(question, observation);
    }
    observation.add(observer);
    const joined = observation;
    return {
      observation: joined,
      leave: () => {
        joined.remove(observer);
        if (joined.observers > 0 || this.#byQuestion.get(question) !== joined) return;
        this.#byQuestion.delete(question);
        joined.close();
      },
    };
  }

  /** Ends them all; resolves when their sources have been given back. */
  async end(): Promise<void> {
    for (const observation of this.#byQuestion.values()) observation.close();
    this.#byQuestion.clear();
    await Promise.all(this.#ending);
  }

  /** The time of day was stepped: what was read before may now seem too old or yet to come, so everything is looked at. */
  timeStepped(milliseconds: number): void {
    for (const observation of this.#byQuestion.values()) {
      observation.timeStepped(milliseconds);
      observation.lookNow();
    }
  }

  #begin(reference: SourceReference, mayTouch: boolean, observer: Observer): Observation {
    const type = this.#options.sourceType(reference.type);
    const tools = { ...this.#options.tools, mayTouch: mayTouch && this.#options.tools.mayTouch };
    const connect = (): Source => {
      if (type === undefined) throw new SourceError("NotFound", `there is no source of type "${reference.type}"`);
      return type.connect(reference.settings, tools);
    };
    const observation = new Observation(
      type ?? { type: reference.type, pace: NO_PACE },
      connect,
      this.#gate(reference.type),
      this.#options,
    );
    const ending = observation
      .run(this.#turn(type ?? { type: reference.type, pace: NO_PACE }, observer))
      .catch((error: unknown) => this.#complain(reference.type, error))
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return observation;
  }

  /** Milliseconds until the first look. */
  #turn({ type, pace }: Pick<SourceType, "type" | "pace">, observer: Observer): number {
    if (pace.movingSeconds < UNHURRIED_SECONDS || observer.isAsleep()) return 0;
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

  #complain(source: string, error: unknown): void {
    this.#options.telemetry.failed("Source/Close");
    this.#options.log.warn("A source did not close", { source, error: String(error) });
  }
}
