import type { Account, Condition, Decision, SignalState, SignalVerdict, Step, WorkersSeen } from "../core/index.ts";

/** Whether two accounts differ in nothing that is worth reporting: times and ages always change. */
export function equalReports(one: Account, other: Account): boolean {
  return (
    one.observedGeneration === other.observedGeneration &&
    one.currentReplicas === other.currentReplicas &&
    one.minReplicas === other.minReplicas &&
    one.maxReplicas === other.maxReplicas &&
    one.availableReplicas === other.availableReplicas &&
    one.lastScaleAt === other.lastScaleAt &&
    sameList(one.conditions, other.conditions, sameCondition) &&
    sameWorkers(one.workers, other.workers) &&
    sameDecision(one.decision, other.decision) &&
    sameSignals(one.signals, other.signals)
  );
}

/** Ready's message speaks of names, the others', and what failures say, of ages and numbers. */
function sameCondition(one: Condition, other: Condition): boolean {
  if (one.type !== other.type || one.status !== other.status || one.reason !== other.reason) return false;
  return one.type !== "Ready" || one.reason.endsWith("Unreadable") || one.message === other.message;
}

function sameWorkers(one: WorkersSeen | undefined, other: WorkersSeen | undefined): boolean {
  if (one === other || one === undefined || other === undefined) return one === other;
  if ("unknown" in one || "unknown" in other) {
    return "unknown" in one && "unknown" in other && withoutNumbers(one.unknown) === withoutNumbers(other.unknown);
  }
  return one.pods === other.pods && one.busy.length === other.busy.length && one.idle.length === other.idle.length;
}

/** A reason that is another one is news, ages and sizes in it are not. */
function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, "");
}

function sameDecision(one: Decision | undefined, other: Decision | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.desiredReplicas === other.desiredReplicas &&
    one.memory.activity?.active === other.memory.activity?.active &&
    one.memory.heldByBusySince === other.memory.heldByBusySince &&
    sameList(one.steps, other.steps, sameStep) &&
    sameList(one.signals, other.signals, sameVerdict)
  );
}

function sameStep(one: Step, other: Step): boolean {
  return one.rule === other.rule && one.from === other.from && one.to === other.to;
}

/** That the time of a message is known at all is news; how it moves is reported with other news. */
function sameVerdict(one: SignalVerdict, other: SignalVerdict): boolean {
  const isLearned = (one.learned === undefined) === (other.learned === undefined);
  return isLearned && one.trust === other.trust && one.recommendedReplicas === other.recommendedReplicas;
}

function sameSignals(one: Account["signals"], other: Account["signals"]): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => sameSignal(one[name], other[name]));
}

function sameSignal(one: SignalState | undefined, other: SignalState | undefined): boolean {
  return one?.reading?.value === other?.reading?.value && one?.failure?.kind === other?.failure?.kind;
}

function sameList<Item>(one: readonly Item[], other: readonly Item[], same: (a: Item, b: Item) => boolean): boolean {
  return one.length === other.length && one.every((item, index) => same(item, other[index] as Item));
}
