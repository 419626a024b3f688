import type { Autoscaler, decide, Parsed, SourceReference } from "../core/index.ts";
import { idOf, originOf } from "../core/index.ts";
import { AutoscalerLoop, type LoopTerms } from "./autoscaler-loop.ts";
import { Claims } from "./claims.ts";
import type { Answer, Duty, Effect, EngineEvent, Pass } from "./events.ts";
import type { Activity } from "./poller.ts";
import { append, type Now } from "./poller-terms.ts";
import { type SharedPoller, SharedPolls, type SourceFacts } from "./shared-polls.ts";
import type { ReporterTerms } from "./status-reporter.ts";

export interface EngineTerms {
  /** What is known of a source before it is asked. */
  readonly sourceFacts: (reference: SourceReference) => SourceFacts;
  readonly decide: typeof decide;
  /** Undefined: nothing is reported. */
  readonly reports?: ReporterTerms;
  /** Decide and report, never scale. */
  readonly dryRun?: boolean;
  readonly random: () => number;
}

const NONE: readonly Effect[] = [];

/**
 * The loop of all autoscalers of a process, without a clock, a timer or a promise: `step` takes what happened and when,
 * and returns what a driver has to do. The controller drives it by the real clock, sources and cluster; a rehearsal by a
 * virtual clock and simulated ones. After the events of one moment a driver reports "settle", a "pass" while there is a
 * `next` one, and "settle" again.
 */
export class Engine {
  readonly #polls: SharedPolls;
  readonly #claims: Claims;
  readonly #terms: LoopTerms;
  readonly #loops = new Map<string, AutoscalerLoop>();
  readonly #wanted: AutoscalerLoop[] = [];
  readonly #emit = (effect: Effect) => {
    this.#effects = append(this.#effects, effect);
  };
  readonly #settled = (poller: SharedPoller, activity: Activity) => {
    this.#emit({ type: "poll", poller, activity });
  };
  #duty: Duty = "rest";
  #effects = NONE;

  constructor({ sourceFacts, decide, reports, dryRun = false, random }: EngineTerms) {
    this.#polls = new SharedPolls(sourceFacts, random);
    this.#claims = new Claims((ids) => {
      for (const id of ids) this.#loops.get(id)?.want();
    });
    this.#terms = {
      ...{ random, decide, dryRun, reports, polls: this.#polls, claims: this.#claims, wanted: this.#wanted },
      emit: this.#emit,
    };
  }

  /** One event, and what it leads to. */
  step(event: EngineEvent, now: Now): readonly Effect[] {
    this.#take(event, now);
    const effects = this.#effects;
    this.#effects = NONE;
    return effects;
  }

  /** The autoscaler whose turn for a pass it is. */
  get next(): AutoscalerLoop | undefined {
    return this.#wanted[0];
  }

  /** Whether a poller waits to be settled. */
  get isUnsettled(): boolean {
    return this.#polls.isUnsettled;
  }

  get duty(): Duty {
    return this.#duty;
  }

  /** How much it holds, for metrics and for tests that look for leaks. */
  get load(): {
    readonly reconcilers: number;
    readonly observations: number;
    readonly claims: number;
    readonly queued: number;
  } {
    return {
      reconcilers: this.#loops.size,
      observations: this.#polls.size,
      claims: this.#claims.size,
      queued: this.#wanted.length,
    };
  }

  loops(): MapIterator<AutoscalerLoop> {
    return this.#loops.values();
  }

  /** Those that are understood. */
  autoscalers(): readonly Autoscaler[] {
    return [...this.#loops.values()].flatMap(({ autoscaler }) => autoscaler ?? []);
  }

  loop(id: string): AutoscalerLoop | undefined {
    return this.#loops.get(id);
  }

  /** The events of a poll first: a rehearsal reports five of them for each, a million times. */
  #take(event: EngineEvent, now: Now): void {
    switch (event.type) {
      case "settle":
        this.#polls.settle(now, this.#settled);
        break;
      case "pass":
        this.#pass(event, now);
        break;
      case "poll due":
        event.poller.stir();
        break;
      case "answered":
        this.#answered(event.poller, event.answer, now);
        break;
      case "alarm":
        this.#loops.get(event.id)?.alarmRang();
        break;
      case "write ended":
        this.#loops.get(event.id)?.writeEnded(event.write, event.outcome, now);
        break;
      case "workload":
        this.#loops.get(event.id)?.workloadChanged(event.state);
        break;
      case "wait ended":
        event.poller.waitEnded(event.end, now.monotonic);
        break;
      case "surveyed":
        this.#loops.get(event.id)?.surveyed(event.survey, event.workers, now);
        break;
      case "kept":
        this.#keep(event.parsed, now);
        break;
      case "forgotten":
        this.#forget(event.id, now);
        break;
      case "duty":
        this.#beginDuty(event.duty, now);
        break;
      case "reconsider":
        for (const loop of this.#loops.values()) loop.want();
        break;
      case "clock stepped":
        for (const loop of this.#loops.values()) loop.timeStepped(event.milliseconds);
        this.#polls.timeStepped(event.milliseconds, now);
        break;
    }
  }

  #answered(poller: SharedPoller, answer: Answer, now: Now): void {
    const { poll, outcome, beganAt, spentMilliseconds, canWait } = answer;
    poller.canWait = canWait;
    const since =
      "reading" in outcome
        ? poller.read(poll, outcome.reading, now.monotonic, beganAt, spentMilliseconds)
        : poller.failed(poll, outcome.failure, now.wall, now.monotonic, beganAt, spentMilliseconds);
    if (since === undefined) return;
    for (const { owner } of poller.subscribers) this.#loops.get(owner)?.polled(since);
  }

  /** The next loop decides. One that throws harms none of the others. */
  #pass(pass: Pass, now: Now): void {
    // Alone in the queue, as in a rehearsal: to shift would give the array up.
    const loop = this.#wanted.length === 1 ? this.#wanted.pop() : this.#wanted.shift();
    if (loop === undefined) return;
    try {
      loop.pass(pass, now);
    } catch (error) {
      loop.crashed(error, now);
    }
  }

  #keep(parsed: Parsed, now: Now): void {
    const id = idOf(parsed);
    const known = this.#loops.get(id);
    // An object that was deleted and made again under its name is another object.
    if (known !== undefined && originOf(known.parsed).uid === originOf(parsed).uid) {
      known.objectChanged(parsed, now);
      return;
    }
    if (known !== undefined) this.#forget(id, now);
    const loop = new AutoscalerLoop(id, parsed, this.#terms, now);
    this.#loops.set(id, loop);
    if (this.#duty === "observe") loop.observe(now);
    if (this.#duty === "act") loop.lead(now);
  }

  #forget(id: string, now: Now): void {
    const loop = this.#loops.get(id);
    if (loop === undefined) return;
    this.#loops.delete(id);
    loop.end(now);
    this.#emit({ type: "forgotten", id, origin: originOf(loop.parsed) });
  }

  #beginDuty(duty: Duty, now: Now): void {
    this.#duty = duty;
    for (const loop of this.#loops.values()) {
      if (duty === "observe") loop.observe(now);
      else if (duty === "act") loop.lead(now);
      else loop.rest(now);
    }
  }
}
