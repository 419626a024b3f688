import type { FallbackInForce, Memory, Situation } from "../decision.ts";
import type { JudgedSignal } from "../judge.ts";
import type { Instant } from "../reading.ts";

/** What every rule may look at. */
export interface Deliberation {
  readonly situation: Situation;
  /** One for each of the autoscaler's signals, in its order. */
  readonly signals: readonly JudgedSignal[];
  /** The first signal's doubt, where there is any: then nothing may lower the number. */
  readonly doubt?: string;
}

/** Why a bound or limit kept the number from what the signals asked for. */
export type LimitReason =
  | "TooManyReplicas"
  | "TooFewReplicas"
  | "MinAboveMax"
  | "MaxDisruption"
  | "CoolDown"
  | "UnconfirmedFall"
  | "BusyWorkers"
  | "HeldByBusyWorkers"
  | "WorkersUnknown"
  | "Stabilized"
  | "Stalled"
  | "ScaleUpLimit"
  | "ScaleDownLimit";

/** What a rule makes of the number it was given. */
export interface Outcome {
  readonly replicas: number;
  /** A sentence with the numbers used. Given whenever the number changes; without a change, where holding it needs saying. */
  readonly because: string;
  readonly limited?: LimitReason;
  /** When time alone changes what this rule does. */
  readonly reconsiderAt?: Instant;
  /** What the next decision must know. */
  readonly memory?: Memory;
  /** The fallback sets the number. */
  readonly fallback?: FallbackInForce;
  /** Who is busy has to be known first. */
  readonly wantsWorkers?: true;
  /** The pods that go, in that order. */
  readonly leaving?: readonly string[];
  /** No further rule is asked, but for those that always are. */
  readonly final?: true;
  /** Only remembers something: no step is recorded. */
  readonly silent?: true;
  /** What each signal's rule asks for, in the signals' order; undefined where it has nothing to go by. */
  readonly recommended?: readonly (number | undefined)[];
}

/** One step of a profile. It sees the number that the rule before it left; undefined: nothing to say. */
export interface Rule {
  readonly name: string;
  /** Asked also after a rule that was final. */
  readonly always?: true;
  apply(replicas: number, deliberation: Deliberation): Outcome | undefined;
}
