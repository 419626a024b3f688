import type { Account, Condition, Decision, Instant } from "../../core/index.ts";

/** A condition as it is stored. */
export interface StoredCondition extends Omit<Condition, "since"> {
  readonly lastTransitionTime: string;
}

/** The last decision as it is stored. */
export interface StoredDecision {
  readonly time: string;
  readonly from: number;
  readonly desiredReplicas: number;
  readonly direction: Decision["direction"];
  readonly reason: string;
  readonly steps: Decision["steps"];
  readonly wouldChange?: readonly string[];
}

/** The last scaling as it is stored. */
export interface StoredScaling {
  readonly time: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** A status is no book: of an autoscaler with very many signals the first ones are told. */
const MOST_CHANGES = 20;

/** What Kubernetes' own kinds take as the message of a condition. */
const LONGEST_MESSAGE = 32_768;

/** RFC 3339 to the second, as Kubernetes writes times. */
export function rfc3339(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/** The conditions with the time at which each took its present status. */
export function renderConditions(account: Account, previous: unknown): readonly StoredCondition[] {
  const stored = Array.isArray(previous) ? (previous as readonly Partial<StoredCondition>[]) : [];
  return account.conditions.map(({ since, ...condition }) => {
    const before = stored.find(({ type }) => type === condition.type);
    const unchanged = before?.status === condition.status && before.lastTransitionTime !== undefined;
    const known = unchanged ? String(before.lastTransitionTime) : rfc3339(account.at);
    const message = condition.message.slice(0, LONGEST_MESSAGE);
    return { ...condition, message, lastTransitionTime: since === undefined ? known : rfc3339(since) };
  });
}

/**
 * The last decision. It counts as the same while it turns the same number into the same number by the same rules: then
 * the stored record stays, so that a backlog which moves without consequence writes no status.
 */
export function renderDecision(account: Account, previous: unknown): StoredDecision | undefined {
  const { decision, decidedAt } = account;
  if (decision === undefined || decidedAt === undefined) return undefined;
  const next: StoredDecision = {
    time: rfc3339(decidedAt),
    from: decision.steps[0]?.from ?? decision.desiredReplicas,
    desiredReplicas: decision.desiredReplicas,
    direction: decision.direction,
    reason: decisionReason(decision),
    steps: decision.steps,
  };
  const stored = previous as StoredDecision | undefined;
  if (stored !== undefined && identity(stored) === identity(next)) return stored;
  const wouldChange = account.wouldChange?.().slice(0, MOST_CHANGES) ?? [];
  return wouldChange.length === 0 ? next : { ...next, wouldChange };
}

/** The last scaling as it is stored; absent where this process has made none, which leaves what was stored. */
export function renderScaling({ lastScaling }: Account): StoredScaling | undefined {
  if (lastScaling === undefined) return undefined;
  const { at, from, to, reason } = lastScaling;
  return { time: rfc3339(at), from, to, reason };
}

/** One PascalCase word: the limit that set the number, else the rule that spoke last. */
export function decisionReason(decision: Decision): string {
  const rule = decision.limited?.reason ?? decision.steps.at(-1)?.rule ?? "NothingToDecide";
  return `${rule.charAt(0).toUpperCase()}${rule.slice(1)}`;
}

function identity({ from, desiredReplicas, reason, steps }: StoredDecision): string {
  return [from, desiredReplicas, reason, ...(steps ?? []).map(({ rule }) => rule)].join(" ");
}
