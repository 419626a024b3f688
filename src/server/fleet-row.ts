import type { AutoscalerView } from "../controller/autoscaler-view.ts";
import type { Condition, Decision } from "../core/index.ts";
import type { JournalRecord } from "../journal/journal-record.ts";
import type { FleetRow, FleetState } from "./live-wire.ts";

/** A message of a page's row; the page of one autoscaler has the whole. */
const LONGEST_TEXT = 300;

/** One autoscaler as a row of the live page: nothing that /api/v1 and /status do not say, and never a source's settings. */
export function fleetRow(view: AutoscalerView, records: readonly JournalRecord[]): FleetRow {
  const { id, origin, autoscaler, account, workers } = view;
  const { decision, lastScaling } = account ?? {};
  const states = Object.values(account?.signals ?? {});
  const readings = states.flatMap(({ reading }) => reading ?? []);
  const objectives = autoscaler?.signals.flatMap(({ rule }) => (rule.kind === "drain" ? rule.withinSeconds : [])) ?? [];
  const ages = readings.flatMap(({ oldestSeconds }) => oldestSeconds ?? []);
  return {
    ...{ id, kind: origin.kind, namespace: origin.namespace, name: origin.name },
    target: autoscaler === undefined ? "" : `${autoscaler.target.kind} ${autoscaler.target.name}`,
    sources: [...new Set(autoscaler?.signals.map(({ source }) => source.type))],
    ...stateOf(view),
    since: sinceOf(view, records),
    current: account?.currentReplicas,
    desired: decision?.desiredReplicas,
    available: account?.availableReplicas,
    min: account?.minReplicas ?? autoscaler?.minReplicas,
    max: account?.maxReplicas ?? autoscaler?.maxReplicas,
    backlog: backlogOf(readings),
    oldestSeconds: ages.length === 0 ? undefined : Math.max(...ages),
    objectiveSeconds: objectives.length === 0 ? undefined : Math.min(...objectives),
    busy: workers === undefined || "unknown" in workers ? undefined : workers.busy.length,
    workers: workers === undefined || "unknown" in workers ? undefined : workers.pods,
    lastScaling: lastScaling && { ...lastScaling, reason: shorten(lastScaling.reason) },
  };
}

/** Of the signals that count messages, all; else the first signal's value. */
export function backlogOf(readings: readonly { readonly value: number; readonly waiting?: number }[]) {
  const waiting = readings.flatMap((reading) => reading.waiting ?? []);
  if (waiting.length > 0) return waiting.reduce((sum, one) => sum + one, 0);
  const [first] = readings;
  return first !== undefined && Number.isFinite(first.value) ? first.value : undefined;
}

type Told = { readonly state: FleetState; readonly why: string };

/** The gravest that can be said of it. */
function stateOf({ autoscaler, account }: AutoscalerView): Told {
  const find = (type: Condition["type"]) => account?.conditions.find((condition) => condition.type === type);
  const told = (state: FleetState, because: string): Told => ({ state, why: shorten(because) });
  const [ready, active, limited] = [find("Ready"), find("ScalingActive"), find("ScalingLimited")];
  if (account === undefined || ready === undefined) return told("starting", "the first pass has not ended yet");
  if (ready.status !== "True" && !ready.reason.endsWith("Unreadable")) return told("failing", ready.message);
  if (limited?.reason === "Stalled") return told("stalled", limited.message);
  const fallback = find("FallbackActive");
  if (fallback?.status === "True") return told("fallback", fallback.message);
  if (active?.status === "False" && autoscaler?.mode !== "Paused") return told("unreadable", active.message);
  if (account.decision === undefined) return told("starting", active?.message ?? ready.message);
  if (autoscaler?.mode === "Paused") return told("paused", ready.message);
  return decidedState(account.decision, account.currentReplicas, ready.reason === "DryRun");
}

const AT_MAXIMUM = ["TooManyReplicas", "MinAboveMax"];

function decidedState(decision: Decision, currentReplicas: number | undefined, isDry: boolean): Told {
  const { limited, steps, signals, desiredReplicas } = decision;
  const why = shorten(steps.at(-1)?.because ?? "no rule asks for another number");
  if (limited !== undefined && AT_MAXIMUM.includes(limited.reason)) {
    const most = Math.max(...signals.map(({ recommendedReplicas = 0 }) => recommendedReplicas));
    const asked = most > desiredReplicas ? `, and the signals ask for ${most}` : "";
    return { state: "at max", why: shorten(`${limited.message}${asked}`) };
  }
  if (isDry) return { state: "dry run", why };
  if (desiredReplicas !== currentReplicas) return { state: "acting", why };
  if (limited === undefined || limited.reason === "TooFewReplicas") return { state: "steady", why };
  return { state: "held", why: shorten(limited.message) };
}

/** Since when its signals are in doubt, its fallback is in force, or the same limit holds it, as far back as decisions are kept. */
function sinceOf({ account }: AutoscalerView, records: readonly JournalRecord[]): number | undefined {
  const { decision, signals = {} } = account ?? {};
  if (decision?.fallback !== undefined) return decision.fallback.since;
  const doubts = Object.values(signals).flatMap(({ failure, doubtSince }) => (failure && doubtSince) ?? []);
  if (doubts.length > 0) return Math.min(...doubts);
  const reason = decision?.limited?.reason;
  if (reason === undefined || reason === "TooFewReplicas") return undefined;
  const before = records.findLastIndex((record) => record.decision.limited?.reason !== reason);
  return records[before + 1]?.at;
}

function shorten(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 3)}...`;
}
