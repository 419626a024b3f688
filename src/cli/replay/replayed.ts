import { decideOnSchedule } from "../../config/decide-on-schedule.ts";
import { withoutAgeing } from "../../controller/without-ageing.ts";
import type { Autoscaler, Memory, Reading, SignalState } from "../../core/index.ts";
import type { JournalEntry, JournalSignal } from "../../journal/journal-entry.ts";
import { UserError } from "../shared/user-error.ts";

/** What a policy would have decided in one recorded situation. */
export interface Replayed {
  readonly desiredReplicas: number;
  /** What its rules said. */
  readonly because: string;
}

/**
 * Decides each recorded situation again by another policy. Open loop: the number of workers is the one that there was,
 * and so is the last scaling; what the policy itself remembers (stabilization) goes on from entry to entry.
 */
export function replayed(autoscaler: Autoscaler, entries: readonly JournalEntry[]): readonly Replayed[] {
  const since = new Map<string, number>();
  let memory: Memory = {};
  return entries.map((entry) => {
    const now = Date.parse(entry.at);
    const { states, trusted } = statesIn(entry, autoscaler, since, now);
    const { lastScaleAt: _, ...remembered } = memory;
    const decision = decideOnSchedule({
      autoscaler: withoutAgeing(autoscaler, trusted),
      currentReplicas: entry.currentReplicas,
      signals: states,
      memory:
        entry.lastScaleAt === undefined ? remembered : { ...remembered, lastScaleAt: Date.parse(entry.lastScaleAt) },
      now,
    });
    memory = decision.memory;
    return {
      desiredReplicas: decision.desiredReplicas,
      because: decision.steps.map((step) => step.because).join("; "),
    };
  });
}

/** The policy's signals as they were read then. What was believed then is not too old now; doubt began when it did. */
function statesIn(entry: JournalEntry, autoscaler: Autoscaler, since: Map<string, number>, now: number) {
  const states: Record<string, SignalState> = {};
  const trusted = new Set<string>();
  for (const { name } of autoscaler.signals) {
    const recorded = recordedAs(name, entry, autoscaler);
    if (recorded.trust === "ok" || recorded.trust === "zero") {
      trusted.add(name);
      since.delete(name);
    } else if (!since.has(name)) since.set(name, now);
    const doubtSince = since.get(name);
    const reading = readingOf(recorded);
    const state: { -readonly [Field in keyof SignalState]: SignalState[Field] } = {};
    if (reading !== undefined) state.reading = reading;
    if (recorded.failure !== undefined) state.failure = recorded.failure;
    if (doubtSince !== undefined) state.doubtSince = doubtSince;
    states[name] = state;
  }
  return { states, trusted };
}

/** By name; a single signal is the single one that was recorded, whatever either is called. */
function recordedAs(name: string, { signals, at }: JournalEntry, autoscaler: Autoscaler): JournalSignal {
  const same = signals.find((signal) => signal.name === name);
  const [only] = signals;
  if (same !== undefined) return same;
  if (only !== undefined && signals.length === 1 && autoscaler.signals.length === 1) return only;
  const known = signals.map((signal) => signal.name).join(", ");
  throw new UserError(`the policy's signal ${name} was not recorded at ${at}: the journal has ${known || "none"}`);
}

function readingOf({ readAt, value, arrivalsPerMinute, idleWorkers, ...signal }: JournalSignal): Reading | undefined {
  if (readAt === undefined || value === undefined || value === null) return undefined;
  const reading: { -readonly [Field in keyof Reading]: Reading[Field] } = { at: Date.parse(readAt), value };
  if (typeof arrivalsPerMinute === "number") reading.arrivalsPerMinute = arrivalsPerMinute;
  if (idleWorkers !== undefined && idleWorkers !== null) reading.idleWorkers = idleWorkers;
  if (signal.waiting !== undefined) reading.waiting = signal.waiting;
  if (signal.inFlight !== undefined) reading.inFlight = signal.inFlight;
  if (signal.doubts !== undefined) reading.doubts = signal.doubts;
  if (signal.oldestSeconds !== undefined) reading.oldestSeconds = signal.oldestSeconds;
  if (signal.arrived !== undefined) reading.arrived = signal.arrived;
  if (signal.completed !== undefined) reading.completed = signal.completed;
  if (signal.completions !== undefined) reading.completions = signal.completions;
  return reading;
}
