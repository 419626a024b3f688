import {
  type Autoscaler,
  type Decision,
  type Instant,
  type Memory,
  type Signal,
  type SignalState,
  withEmptyValue,
  withoutAgeing,
  withScaling,
} from "../../core/index.ts";
import { Scaler, takesSteps } from "../../engine/scaler.ts";
import { decideOnSchedule } from "../../formats/schedule.ts";
import type { Plant } from "../plant/plant.ts";
import { Sightings } from "./sight.ts";
import type { SignalEye } from "./signal-eye.ts";
import { tellsTheSame } from "./tells-the-same.ts";

/** Rules that answer each other within one moment would go on for ever. */
const MOST_PASSES_AT_ONCE = 8;

/** One decision, and when it was made. Times in milliseconds from the start. */
export interface Decided {
  readonly at: number;
  readonly from: number;
  readonly decision: Decision;
  /** Whether it was carried out; a step down waits for a look that has seen the last one. */
  readonly acted: boolean;
}

/** A decision that changed nothing, and what it was made of. */
interface Standing {
  readonly replicas: number;
  readonly memory: Memory;
  readonly states: readonly SignalState[];
  readonly until: Instant;
}

interface AutopilotTerms {
  readonly autoscaler: Autoscaler;
  readonly eyes: readonly SignalEye[];
  readonly plant: Plant;
  readonly start: Instant;
  /** How long back anything asks for what was seen, in seconds. */
  readonly memorySeconds: number;
  readonly decided: (decided: Decided) => void;
}

/**
 * The controller's part: it looks, decides by the very rules that run live, and scales. When it polls, the engine
 * says; when it decides again is as in controller/reconciler.ts; a scale write takes no time here.
 */
export class Autopilot {
  decisions = 0;
  /** When there is something to do next. */
  nextAt = 0;
  /** Whether the first message wakes it. */
  isWaiting = false;
  readonly #terms: AutopilotTerms;
  readonly #past: Sightings;
  readonly #scaler = new Scaler(() => 0);
  #memory: Memory = {};
  #alarmAt = Number.POSITIVE_INFINITY;
  #lastDesired: number | undefined;
  /** The last decision, where only time or news can make another one of it. */
  #standing: Standing | undefined;

  constructor(terms: AutopilotTerms) {
    this.#terms = terms;
    this.#past = new Sightings(terms.memorySeconds * 1000);
  }

  /** What a source would be able to tell of this moment later. */
  remember(): void {
    this.#past.add(this.#terms.plant);
  }

  /** A message came to a queue that is being waited on. */
  wake(): void {
    for (const eye of this.#terms.eyes) if (eye.isWaiting) eye.wake(this.#terms.plant.now);
    this.act();
  }

  /** Does what is due now. */
  act(): void {
    const { eyes, plant } = this.#terms;
    let isAnyDue = false;
    for (const eye of eyes) {
      if (eye.dueAt > plant.now) continue;
      if (!isAnyDue) this.remember();
      isAnyDue = true;
      if (eye.act(plant.now, this.#past)) this.#scaler.polled();
    }
    if (isAnyDue) this.isWaiting = isAnyWaiting(eyes);
    if (this.#alarmAt <= plant.now) this.#alarmAt = Number.POSITIVE_INFINITY;
    let passes = 0;
    while (this.#pass() && passes < MOST_PASSES_AT_ONCE) passes += 1;
    this.nextAt = this.#alarmAt;
    for (const eye of eyes) {
      eye.settle(plant.replicas === 0, plant.now);
      if (eye.dueAt < this.nextAt) this.nextAt = eye.dueAt;
    }
    // A poll that is hurried may have been due a moment ago.
    if (this.nextAt < plant.now) this.nextAt = plant.now;
    this.isWaiting = isAnyWaiting(eyes);
  }

  /** One pass; true if it scaled, so that another one has to follow. */
  #pass(): boolean {
    const { autoscaler, eyes, plant, start } = this.#terms;
    const now = start + plant.now;
    if (this.#scaler.isSpent && takesSteps(autoscaler, this.#stateOf)) return false;
    const from = this.#scaler.seen(plant.replicas, plant.now) ?? plant.replicas;
    if (this.#stands(from, now)) return false;
    const before = this.#memory;
    const decision = decideOnSchedule({
      autoscaler: this.isWaiting ? withoutAgeing(autoscaler, this.#waiting()) : autoscaler,
      currentReplicas: from,
      signals: this.#states(),
      memory: this.#memory,
      now,
    });
    this.decisions += 1;
    this.#memory = decision.memory;
    this.#alarmAt = Math.max((decision.reconsiderAt ?? Number.POSITIVE_INFINITY) - start, plant.now + 1);
    const { desiredReplicas: to, direction } = decision;
    if (to !== (this.#lastDesired ?? from)) for (const eye of eyes) eye.hurry();
    this.#lastDesired = to;
    const acted = this.#mayScale(direction);
    this.#terms.decided({ at: plant.now, from, decision, acted });
    this.#standing =
      acted || this.#memory !== before || isUnconfirmed(decision) ? undefined : this.#noted(from, decision);
    if (!acted) return false;
    const write = this.#scaler.begin({ from, to });
    plant.scale(to);
    this.#scaler.ended(write, "ok", plant.now);
    this.#memory = withScaling(this.#memory, autoscaler, to - from, now);
    for (const eye of eyes) eye.hurry();
    return true;
  }

  #mayScale(direction: Decision["direction"]): boolean {
    if (direction === "none") return false;
    const { now } = this.#terms.plant;
    const pause = this.#scaler.pauseBefore(direction, true, now);
    if (pause > 0) this.#alarmAt = Math.min(this.#alarmAt, now + pause);
    return pause === 0;
  }

  /** What core says of its decisions: the same is decided until something else is told, or the time it names has come. */
  #stands(replicas: number, now: Instant): boolean {
    const standing = this.#standing;
    if (standing === undefined || standing.replicas !== replicas || standing.memory !== this.#memory) return false;
    if (this.isWaiting || now >= standing.until) return false;
    const { eyes } = this.#terms;
    for (let index = 0; index < eyes.length; index += 1) {
      if (!tellsTheSame(standing.states[index], (eyes[index] as SignalEye).state)) return false;
    }
    return true;
  }

  #noted(replicas: number, { reconsiderAt, memory }: Decision): Standing {
    const states = this.#terms.eyes.map(({ state }) => state);
    return { replicas, memory, states, until: reconsiderAt ?? Number.POSITIVE_INFINITY };
  }

  /** With an answer without data as the value that the signal states for it. */
  readonly #stateOf = (signal: Signal, index: number): SignalState | undefined =>
    withEmptyValue(signal, this.#terms.eyes[index]?.state, this.#terms.start + this.#terms.plant.now);

  #waiting(): ReadonlySet<string> {
    return new Set(this.#terms.eyes.filter(({ isWaiting }) => isWaiting).map(({ name }) => name));
  }

  #states(): Readonly<Record<string, SignalState>> {
    const { eyes, start, plant } = this.#terms;
    const states: Record<string, SignalState> = {};
    for (const eye of eyes) states[eye.name] = eye.stateAt(start + plant.now);
    return states;
  }
}

/** Whether a fall waits for the next look to confirm it. */
function isUnconfirmed({ steps }: Decision): boolean {
  for (const { rule } of steps) if (rule === "confirmFalls") return true;
  return false;
}

function isAnyWaiting(eyes: readonly SignalEye[]): boolean {
  for (const { isWaiting } of eyes) if (isWaiting) return true;
  return false;
}
