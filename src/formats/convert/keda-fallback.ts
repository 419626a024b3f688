import type { Problem } from "../../core/index.ts";
import type { Note } from "./draft.ts";

/** A ScaledObject's fallback, as far as it is needed here. */
interface KedaFallback {
  readonly failureThreshold: number;
  readonly replicas: number;
  readonly behavior?: string | undefined;
}

/** What a fallback comes to. */
interface ConvertedFallback {
  readonly fallback?: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

/** KEDA's fallback, which each trigger has for itself: a duration instead of a count of failures. */
export function fallbackOf(stated: KedaFallback | undefined, pollSeconds: number): ConvertedFallback {
  if (stated === undefined) return { notes: [], problems: [] };
  const { failureThreshold, replicas, behavior = "static" } = stated;
  const goal = goalOf(behavior, replicas);
  if (goal === undefined) {
    const message = `expected one of ${Object.keys(GOALS).join(", ")}, got ${JSON.stringify(behavior)}`;
    return { notes: [], problems: [{ path: "spec.fallback.behavior", message }] };
  }
  const text = `failureThreshold was ${failureThreshold}: the time that these failures take, one every ${pollSeconds} s`;
  const fallback = { ...goal, afterSeconds: failureThreshold * pollSeconds, appliesTo: "Each" };
  return { fallback, notes: [{ path: ["spec", "fallback", "afterSeconds"], text }], problems: [] };
}

type Goal = { readonly replicas: number; readonly direction?: "UpOnly" | "DownOnly" };

/** By KEDA's word for the behavior. */
const GOALS: Readonly<Record<string, (replicas: number) => Goal>> = {
  static: (replicas) => ({ replicas }),
  currentReplicas: () => ({ replicas: 0, direction: "UpOnly" }),
  currentReplicasIfHigher: (replicas) => ({ replicas, direction: "UpOnly" }),
  currentReplicasIfLower: (replicas) => ({ replicas, direction: "DownOnly" }),
};

function goalOf(behavior: string, replicas: number): Goal | undefined {
  return Object.hasOwn(GOALS, behavior) ? GOALS[behavior]?.(replicas) : undefined;
}
