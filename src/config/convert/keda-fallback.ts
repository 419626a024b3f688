import type { Problem } from "../../core/index.ts";
import type { Note } from "./draft.ts";

/** A ScaledObject's fallback, as far as it is needed here. */
export interface KedaFallback {
  readonly failureThreshold: number;
  readonly replicas: number;
  readonly behavior?: string | undefined;
}

/** What a fallback comes to; nothing where the number is to stay, which whenMissing: Hold does. */
export interface ConvertedFallback {
  readonly fallback?: { readonly replicas: number; readonly afterSeconds: number };
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

/** KEDA's fallback: a duration instead of a count of failures. */
export function fallbackOf(stated: KedaFallback | undefined, pollSeconds: number, triggers: number): ConvertedFallback {
  if (stated === undefined) return { notes: [], problems: [] };
  const { failureThreshold, replicas, behavior = "static" } = stated;
  if (behavior === "currentReplicas") {
    const text = "KEDA's fallback kept the current replicas; so does whenMissing: Hold, the default";
    return { notes: [{ path: ["spec", "signals"], text }], problems: [] };
  }
  if (behavior !== "static") {
    const message = `expected static or currentReplicas, got ${JSON.stringify(behavior)}`;
    const remedy = "static goes to fallback.replicas from either side, currentReplicas keeps the number";
    return { notes: [], problems: [{ path: "spec.fallback.behavior", message, remedy }] };
  }
  const notes: Note[] = [
    {
      path: ["spec", "fallback", "afterSeconds"],
      text: "failureThreshold counted failures; this is the time they take",
    },
  ];
  if (triggers > 1) {
    const text =
      "it begins when no signal can be trusted; under KEDA a trigger that failed asked for these replicas beside the others";
    notes.push({ path: ["spec", "fallback"], text });
  }
  return { fallback: { replicas, afterSeconds: failureThreshold * pollSeconds }, notes, problems: [] };
}
