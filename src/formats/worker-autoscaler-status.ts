import type { Account, Instant, LearnedTime, Memory, SignalVerdict } from "../core/index.ts";
import { roughly } from "../core/wording.ts";
import { renderConditions, renderDecision, renderScaling, rfc3339 } from "./shared/status.ts";

type Stored = Readonly<Record<string, unknown>>;

/** A WorkerAutoscaler's status. What is not known keeps its previous value, so that a restart does not make it flicker. */
export function renderWorkerAutoscalerStatus(account: Account, previous: Stored = {}): Record<string, unknown> {
  const { decision } = account;
  const status = {
    ...previous,
    minReplicas: account.minReplicas,
    maxReplicas: account.maxReplicas,
    observedGeneration: account.observedGeneration,
    currentReplicas: account.currentReplicas,
    availableReplicas: account.availableReplicas,
    desiredReplicas: decision?.desiredReplicas,
    lastScaleTime: account.lastScaleAt === undefined ? undefined : rfc3339(account.lastScaleAt),
    conditions: renderConditions(account, previous.conditions),
    signals: decision?.signals.map((verdict) => renderSignal(verdict, account, previous.signals)),
    lastDecision: renderDecision(account, previous.lastDecision),
    lastScaling: renderScaling(account),
    memory: decision === undefined ? undefined : renderMemory(decision.memory),
  };
  const known = Object.entries(status).map(([name, value]) => [name, value ?? previous[name]] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

/** `since` instead of an age: it stays the same while nothing changes. */
function renderSignal(verdict: SignalVerdict, account: Account, previous: unknown): Stored {
  const { name, trust, value, recommendedReplicas, learned } = verdict;
  const before = (Array.isArray(previous) ? (previous as Stored[]) : []).find((one) => one?.name === name);
  const unchanged = before?.trust === trust && before.value === value && typeof before.since === "string";
  const { failure, reading } = account.signals[name] ?? {};
  const isOld = trust === "failing" || trust === "stale";
  return {
    name,
    trust,
    ...(value === undefined || !Number.isFinite(value) ? {} : { value }),
    since: unchanged ? before.since : rfc3339(account.at),
    ...(isOld && reading !== undefined ? { lastReadTime: rfc3339(reading.at) } : {}),
    ...(recommendedReplicas === undefined ? {} : { recommendedReplicas }),
    ...(failure === undefined ? {} : { message: failure.message }),
    ...(learned === undefined ? {} : { learned: renderLearned(learned, before?.learned as StoredTime | undefined) }),
  };
}

interface StoredTime {
  readonly secondsPerMessage: number;
  readonly messages: number;
  readonly time: string;
}

/** A change of less than so large a share is not worth a write. */
const LITTLE = 0.1;
/** By then even a little is: nobody should take for old what is still being learned. */
const LATER_MS = 600_000;

/** What is learned moves all the time: it is written anew where it moved by more than a little, is twice as sure, or later. */
function renderLearned({ secondsPerMessage, messages, at }: LearnedTime, before: StoredTime | undefined): StoredTime {
  const moved = Math.abs(secondsPerMessage - (before?.secondsPerMessage ?? Number.POSITIVE_INFINITY));
  const isLittle = before !== undefined && moved <= before.secondsPerMessage * LITTLE;
  const isSoon = at - Date.parse(before?.time ?? "") < LATER_MS;
  if (isLittle && isSoon && messages >= before.messages && messages < before.messages * 2) return before;
  return { secondsPerMessage: roughly(secondsPerMessage), messages, time: rfc3339(at) };
}

/** So many of each at most are kept: a status is no log. */
const KEPT = 50;

function renderMemory({ recommendations, scalings, activity }: Memory): Stored | undefined {
  if (!recommendations?.length && !scalings?.length && activity === undefined) return undefined;
  const time = (at: Instant) => ({ time: rfc3339(at) });
  return {
    ...(activity && { activity: { active: activity.active, since: rfc3339(activity.since) } }),
    ...(recommendations?.length && {
      recommendations: recommendations.slice(-KEPT).map(({ at, ...rest }) => ({ ...time(at), ...rest })),
    }),
    ...(scalings?.length && { scalings: scalings.slice(-KEPT).map(({ at, change }) => ({ ...time(at), change })) }),
  };
}
