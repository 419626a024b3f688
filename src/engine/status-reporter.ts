import {
  type Account,
  type Condition,
  type decide,
  type Incident,
  type Instant,
  InternPool,
  type Memory,
  type Mutable,
  type Origin,
  type SignalChange,
  type WhatWouldChange,
  whatWouldChange,
  withoutAgeing,
} from "../core/index.ts";
import { type AutoscalerState, conditionsOf } from "./conditions.ts";
import { equalReports } from "./equal-reports.ts";
import type { Effect } from "./events.ts";
import { incidentsBetween, reasonsOf, rescaled } from "./incidents.ts";
import type { Now } from "./poller-terms.ts";
import type { CarriedOut } from "./workload-scaling.ts";

/** Kubernetes keeps an event for an hour. */
const REMIND_MILLISECONDS = 3_600_000;

/** A status that only says "not known yet" is worth writing when it lasts this long. */
const GRACE_MILLISECONDS = 5_000;

const FALLBACK_IN_FORCE: Condition = {
  type: "FallbackActive",
  status: "True",
  reason: "FallbackInForce",
  message: "",
};

/** What all reporters of a process share. */
export interface ReporterTerms {
  /** Decides what would be: of that no record is made. */
  readonly decide: typeof decide;
  /** Conditions that thousands of objects have in common are kept once. */
  readonly conditions: InternPool<readonly Condition[]>;
}

/** When and from what a report is made. */
export interface ReportBasis {
  readonly at: Instant;
  readonly origin: Origin;
  readonly memory: Memory;
  readonly decidedAt: Instant | undefined;
  /** Names of signals whose source is being waited on. */
  readonly waiting: ReadonlySet<string>;
}

/** Reports one autoscaler: status, events and log lines, each only when there is something new to say. */
export class StatusReporter {
  readonly #id: string;
  readonly #terms: ReporterTerms;
  readonly #emit: (effect: Effect) => void;
  #account: Account | undefined;
  #reported: Account | undefined;
  /** Conditions that an earlier process has reported. */
  #inherited: readonly Condition[] = [];
  #begunAt = 0;
  /** How many hours a scale-down had been held up when that was last reported. */
  #hoursHeld = 0;

  constructor(id: string, terms: ReporterTerms, emit: (effect: Effect) => void) {
    this.#id = id;
    this.#terms = terms;
    this.#emit = emit;
  }

  /** The newest account, whether or not it was worth reporting. */
  get account(): Account | undefined {
    return this.#account;
  }

  /** This process reports from now on; another one may have reported something else since it last did. */
  begin({ fallbackSince }: Memory, now: number): void {
    this.#begunAt = now;
    this.#reported = undefined;
    this.#inherited = fallbackSince === undefined ? [] : [FALLBACK_IN_FORCE];
  }

  /** Another process reports from now on: what this one knew is no longer so. */
  end(): void {
    this.#account = undefined;
  }

  /** Reports this state. Returns the milliseconds after which to ask again where it is too early to tell. */
  report(state: AutoscalerState, basis: ReportBasis, now: Now): number {
    const account = accountOf(state, basis, this.#terms.conditions);
    this.#account = account;
    const tooEarlyFor = this.#begunAt + GRACE_MILLISECONDS - now.monotonic;
    if (tooEarlyFor > 0 && account.conditions.some(({ status }) => status === "Unknown")) return tooEarlyFor;
    const before = this.#reported;
    // Of two that are equal only the newer one is kept.
    this.#reported = account;
    const isReminder = this.#isHeldForAnotherHour(basis);
    if (before !== undefined && equalReports(before, account) && !isReminder) return Number.POSITIVE_INFINITY;
    const changes = wouldChange(state, basis, this.#terms.decide);
    const reported = changes === undefined ? account : { ...account, wouldChange: changes };
    this.#emit({ type: "report", origin: basis.origin, account: reported });
    const known = before?.conditions ?? this.#inherited;
    const said = isReminder ? known.filter(({ type }) => type !== "ScalingLimited") : known;
    const incidents = incidentsBetween(said, account.conditions);
    for (const incident of incidents) this.#reportIncident(incident, state, basis.origin);
    return Number.POSITIVE_INFINITY;
  }

  /** What busy workers hold up is told again every hour. */
  #isHeldForAnotherHour({ at, memory: { heldByBusySince = at } }: ReportBasis): boolean {
    const hours = Math.floor((at - heldByBusySince) / REMIND_MILLISECONDS);
    const isMore = hours > this.#hoursHeld;
    this.#hoursHeld = hours;
    return isMore;
  }

  /** Says that a decision was carried out. */
  reportScaling({ decision, from, to }: CarriedOut, origin: Origin): void {
    this.#emit({ type: "incident", origin, incident: rescaled(from, decision) });
    this.#log("info", "Scaled the workload", { from, to, reason: reasonsOf(decision) });
  }

  #reportIncident(incident: Incident, { autoscaler, workload }: AutoscalerState, origin: Origin): void {
    const isThere = autoscaler !== undefined && workload.state === "present";
    const object = isThere ? { workload: { ...autoscaler.target, uid: workload.uid } } : {};
    this.#emit({ type: "incident", origin, incident, ...object });
    const fields = { reason: incident.reason, detail: incident.message };
    if (incident.type === "Warning") this.#log("warn", "Found something wrong", fields);
    else this.#log("info", "Recovered", fields);
  }

  #log(level: "info" | "warn", message: string, fields: Readonly<Record<string, string | number>>): void {
    this.#emit({ type: "log", level, message, fields: { id: this.#id, ...fields } });
  }
}

/** The status of one autoscaler in this state. */
export function accountOf(
  state: AutoscalerState,
  basis: ReportBasis,
  conditions: InternPool<readonly Condition[]> = new InternPool(),
): Account {
  const { autoscaler, workload, decision, signals, lastScaling, workers } = state;
  const bounds = decision?.bounds ?? autoscaler;
  const account: Mutable<Account> = { at: basis.at, signals, conditions: conditions.of(conditionsOf(state)) };
  if (basis.origin.generation !== undefined) account.observedGeneration = basis.origin.generation;
  if (basis.memory.lastScaleAt !== undefined) account.lastScaleAt = basis.memory.lastScaleAt;
  if (lastScaling !== undefined) account.lastScaling = lastScaling;
  if (workers !== undefined) account.workers = workers;
  if (bounds !== undefined) {
    account.minReplicas = bounds.minReplicas;
    account.maxReplicas = bounds.maxReplicas;
  }
  if (workload.state === "present") {
    account.currentReplicas = workload.replicas;
    if (workload.availableReplicas !== undefined) account.availableReplicas = workload.availableReplicas;
  }
  if (decision !== undefined) {
    account.decision = decision;
    if (basis.decidedAt !== undefined) account.decidedAt = basis.decidedAt;
  }
  return account;
}

/**
 * What would change the answer, in words that stay true while the decision stands: numbers and times, not how far away
 * they are. Computed only where it is written; undefined where nothing is decided.
 */
export function wouldChange(
  { autoscaler, workload, signals, decision, workers }: AutoscalerState,
  { at: now, memory, waiting }: ReportBasis,
  ask: typeof decide,
): Account["wouldChange"] {
  if (autoscaler === undefined || decision === undefined || workload.state !== "present") return undefined;
  const currentReplicas = workload.replicas;
  return () => {
    const asked = { autoscaler: withoutAgeing(autoscaler, waiting), currentReplicas, signals, memory, now };
    // As if the workers were seen now as they were last.
    const situation = workers === undefined ? asked : { ...asked, workers: { ...workers, at: now } };
    return inWords(whatWouldChange(situation, ask));
  };
}

function inWords({ later, signals, readAgain, without }: WhatWouldChange): readonly string[] {
  return [
    ...(later === undefined || later.afterSeconds === 0
      ? []
      : [`from ${second(later.at)} on it would be ${later.desiredReplicas}, if the signals stay the same`]),
    ...signals.flatMap(({ name, of, rise, fall }) => {
      const number = of === "value" ? name : `${name}'s arrivals a minute`;
      return [...changeTo(number, rise), ...changeTo(number, fall)];
    }),
    ...readAgain.map(
      ({ name, desiredReplicas }) => `${name}: if it were read and said the same, it would be ${desiredReplicas}`,
    ),
    ...without.map(({ limit, desiredReplicas }) => `without ${limit} it would be ${desiredReplicas}`),
  ];
}

function changeTo(number: string, change: SignalChange["rise"]): readonly string[] {
  return "because" in change ? [] : [`${number}: ${change.to} would make it ${change.desiredReplicas}`];
}

/** As Kubernetes writes times; not before the moment. */
function second(instant: number): string {
  // biome-ignore lint/style/noRestrictedGlobals: it writes down a time that was handed in
  return `${new Date(Math.ceil(instant / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
