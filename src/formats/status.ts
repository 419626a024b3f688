import type { Account, Condition, Decision, Instant, Memory, SignalVerdict } from "../core/index.ts";
import { instantOf } from "./kubernetes-object.ts";
import { renderLearning, restoreDrains } from "./learned-status.ts";
import { list, record, rfc3339, type Stored } from "./stored.ts";

/** A condition as it is stored. */
interface StoredCondition extends Omit<Condition, "since"> {
  readonly lastTransitionTime: string;
}

/** The last decision as it is stored. */
interface StoredDecision extends Pick<Decision, "desiredReplicas" | "direction" | "steps"> {
  readonly time: string;
  readonly from: number;
  readonly reason: string;
  readonly wouldChange?: readonly string[];
}

/** Changes that a status lists at most. */
const MOST_CHANGES = 20;
/** Recommendations and scalings that a status lists at most. */
const MOST_REMEMBERED = 50;
/** The limit that Kubernetes' own kinds have for the message of a condition. */
const LONGEST_MESSAGE = 32_768;
/** A WorkerPodAutoScaler's status: the original's five fields, spelled as it spells them, and ours. */
export function renderWorkerPodAutoscalerStatus(account: Account, previous: Stored = {}): Record<string, unknown> {
  const messages = account.signals.queue?.reading?.value;
  return withPrevious(previous, {
    observedGeneration: account.observedGeneration,
    CurrentMessages: messages,
    CurrentReplicas: account.currentReplicas,
    AvailableReplicas: account.availableReplicas,
    DesiredReplicas: account.decision?.desiredReplicas,
    LastScaleTime: rfc3339(account.lastScaleAt),
    ...renderReport(account, previous, messages === previous.CurrentMessages),
  });
}

/** A WorkerAutoscaler's status. */
export function renderWorkerAutoscalerStatus(account: Account, previous: Stored = {}): Record<string, unknown> {
  const { decision } = account;
  const stored = list(previous.signals);
  const isStill = ({ name, value }: SignalVerdict) => finite(value) === stored.find((one) => one.name === name)?.value;
  return withPrevious(previous, {
    minReplicas: account.minReplicas,
    maxReplicas: account.maxReplicas,
    observedGeneration: account.observedGeneration,
    currentReplicas: account.currentReplicas,
    availableReplicas: account.availableReplicas,
    desiredReplicas: decision?.desiredReplicas,
    lastScaleTime: rfc3339(account.lastScaleAt),
    ...renderReport(account, previous, decision?.signals.every(isStill) ?? true),
    signals: decision?.signals.map((verdict) => renderSignal(verdict, account, previous.signals)),
    workers: renderWorkers(account),
    // What is remembered no longer is not to be found there by the next leader.
    memory: decision === undefined ? undefined : (renderMemory(decision.memory) ?? (previous.memory && {})),
  });
}

/** What is not known keeps its previous value, so that a restart does not make the status flicker. */
function withPrevious(previous: Stored, known: Stored): Record<string, unknown> {
  const kept = Object.entries({ ...previous, ...known }).map(
    ([name, value]) => [name, value ?? previous[name]] as const,
  );
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

/** What both kinds report: conditions, the last decision and the last scaling that this process made. */
function renderReport(account: Account, previous: Stored, isSameRead: boolean): Stored {
  const { at, from, to, reason } = account.lastScaling ?? {};
  return {
    conditions: renderConditions(account, previous.conditions),
    lastDecision: renderDecision(account, previous.lastDecision as StoredDecision | undefined, isSameRead),
    lastScaling: at === undefined ? undefined : { time: rfc3339(at), from, to, reason },
  };
}

/** The conditions with the time at which each took its present status. */
function renderConditions(account: Account, previous: unknown): readonly StoredCondition[] {
  return account.conditions.map(({ since, ...condition }) => {
    const before = list(previous).find(({ type }) => type === condition.type);
    const unchanged = before?.status === condition.status && before.lastTransitionTime !== undefined;
    const known = unchanged ? String(before.lastTransitionTime) : rfc3339(account.at);
    const message = condition.message.slice(0, LONGEST_MESSAGE);
    return { ...condition, message, lastTransitionTime: rfc3339(since) ?? known };
  });
}

/**
 * The last decision. It counts as the same, made when it was first made, while it turns the same number into the same
 * number by the same rules. Its sentences are brought up to date with the values that they speak of, and not with ages,
 * so that time alone writes no status.
 */
function renderDecision(
  account: Account,
  stored: StoredDecision | undefined,
  isSameRead: boolean,
): StoredDecision | undefined {
  const { decision, decidedAt } = account;
  if (decision === undefined || decidedAt === undefined) return undefined;
  const { desiredReplicas, direction, steps } = decision;
  const from = steps[0]?.from ?? desiredReplicas;
  const next = { time: rfc3339(decidedAt), from, desiredReplicas, direction, reason: decisionReason(decision), steps };
  const isSame = stored !== undefined && identityOf(stored) === identityOf(next);
  if (isSame && isSameRead) return stored;
  const time = isSame ? stored.time : next.time;
  const wouldChange = account.wouldChange?.().slice(0, MOST_CHANGES) ?? [];
  return { ...next, time, ...(wouldChange.length === 0 ? {} : { wouldChange }) };
}

/** One PascalCase word: the limit that set the number, else the rule that spoke last. */
function decisionReason({ limited, steps }: Decision): string {
  const rule = limited?.reason ?? steps.at(-1)?.rule ?? "NothingToDecide";
  return `${rule.charAt(0).toUpperCase()}${rule.slice(1)}`;
}

function identityOf({ from, desiredReplicas, reason, steps }: StoredDecision): string {
  return [from, desiredReplicas, reason, ...(steps ?? []).map(({ rule }) => rule)].join(" ");
}

/** What JSON can hold. */
function finite(value: number | undefined): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** `since` instead of an age: it stays the same while nothing changes. */
function renderSignal(verdict: SignalVerdict, account: Account, previous: unknown): Stored {
  const { name, trust, value, recommendedReplicas } = verdict;
  const before = list(previous).find((one) => one.name === name);
  const unchanged = before?.trust === trust && before.value === value && typeof before.since === "string";
  const { failure, reading } = account.signals[name] ?? {};
  const isOld = trust === "failing" || trust === "stale";
  return {
    name,
    trust,
    ...(finite(value) === undefined ? {} : { value }),
    since: unchanged ? before.since : rfc3339(account.at),
    ...(isOld && reading !== undefined ? { lastReadTime: rfc3339(reading.at) } : {}),
    ...(recommendedReplicas === undefined ? {} : { recommendedReplicas }),
    ...(failure === undefined ? {} : { message: failure.message }),
    ...renderLearning(verdict, account.decision?.memory.drains?.[name], before),
  };
}

/** Longer lists of names are cut: a status stays small. */
const MOST_NAMED_PODS = 10;

function renderWorkers({ workers }: Account): Stored | undefined {
  if (workers === undefined) return undefined;
  if ("unknown" in workers) return { time: rfc3339(workers.at), unknown: workers.unknown };
  const { at, pods, idle, busy, according, startUp } = workers;
  const names = busy.slice(-MOST_NAMED_PODS).map(({ pod }) => pod);
  const counts = { pods, busy: busy.length, idle: idle.length };
  return {
    time: rfc3339(at),
    ...counts,
    according,
    ...(startUp && { startUp }),
    ...(names.length > 0 && { busyPods: names }),
  };
}

function renderMemory(memory: Memory): Stored | undefined {
  const { recommendations = [], scalings = [], activity, heldByBusySince } = memory;
  const isEmpty = recommendations.length === 0 && scalings.length === 0 && activity === undefined;
  if (isEmpty && heldByBusySince === undefined) return undefined;
  const newest = (entries: readonly { readonly at: Instant }[]) =>
    entries.slice(-MOST_REMEMBERED).map(({ at, ...rest }) => ({ time: rfc3339(at), ...rest }));
  return {
    ...(activity && { activity: { active: activity.active, since: rfc3339(activity.since) } }),
    ...(recommendations.length > 0 && { recommendations: newest(recommendations) }),
    ...(scalings.length > 0 && { scalings: newest(scalings) }),
    ...(heldByBusySince !== undefined && { heldByBusySince: rfc3339(heldByBusySince) }),
  };
}

/** The memory that a WorkerAutoscaler's status holds, for the next leader. What is not as we write it is left out. */
export function restoreMemory(status: unknown): Memory {
  const { lastScaleTime, conditions, signals, memory } = record(status);
  const { activity, recommendations, scalings, heldByBusySince } = record(memory);
  const heldSince = instantOf(heldByBusySince);
  const lastScaleAt = instantOf(lastScaleTime);
  const { active, since: sinceTime } = record(activity);
  const since = instantOf(sinceTime);
  const recommended = list(recommendations).flatMap(({ time, replicas, inDoubt }) => {
    const at = instantOf(time);
    if (at === undefined || typeof replicas !== "number") return [];
    return [{ at, replicas, ...(inDoubt === true && { inDoubt }) }];
  });
  const scaled = list(scalings).flatMap(({ time, change }) => {
    const at = instantOf(time);
    return at === undefined || typeof change !== "number" ? [] : [{ at, change }];
  });
  const isInForce = list(conditions).find(({ type, status }) => type === "FallbackActive" && status === "True");
  const fallbackSince = instantOf(isInForce?.lastTransitionTime);
  const drains = restoreDrains(signals);
  return {
    ...(lastScaleAt !== undefined && { lastScaleAt }),
    ...(typeof active === "boolean" && since !== undefined && { activity: { active, since } }),
    ...(recommended.length > 0 && { recommendations: recommended }),
    ...(scaled.length > 0 && { scalings: scaled }),
    ...(fallbackSince !== undefined && { fallbackSince }),
    ...(heldSince !== undefined && { heldByBusySince: heldSince }),
    ...(Object.keys(drains).length > 0 && { drains }),
  };
}
