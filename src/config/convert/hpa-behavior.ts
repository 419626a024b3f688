import type { Note, SignalDraft } from "./draft.ts";
import { quantity } from "./quantity.ts";

type Direction = "scaleUp" | "scaleDown";
type Behavior = Readonly<Partial<Record<Direction, Readonly<Record<string, unknown>>>>>;

/** An autoscaling/v2 `behavior` as ours, which keeps the tolerance with each signal. */
export interface ConvertedBehavior {
  readonly behavior: Readonly<Record<Direction, Readonly<Record<string, unknown>>>>;
  /** The smaller of both directions' tolerances, where one is stated. */
  readonly tolerance?: number;
  readonly notes: readonly Note[];
}

/** Takes a `behavior` over; in the directions that are disabled nothing may be changed. */
export function behaviorFrom(stated: unknown, disabled: readonly Direction[] = []): ConvertedBehavior {
  const { scaleUp = {}, scaleDown = {} } = (stated ?? {}) as Behavior;
  const rules = (direction: Direction, { tolerance: _, ...rest }: Readonly<Record<string, unknown>>) =>
    disabled.includes(direction) ? { ...rest, selectPolicy: "Disabled" } : rest;
  const behavior = { scaleUp: rules("scaleUp", scaleUp), scaleDown: rules("scaleDown", scaleDown) };
  const found = [scaleUp.tolerance, scaleDown.tolerance].map(quantity).filter((one) => one !== undefined);
  if (found.length === 0) return { behavior, notes: [] };
  const tolerance = Math.min(...found);
  const isOne = found.length === 2 && found[0] === found[1];
  const text = `tolerances of behavior are a signal's own here, the same up and down: the smaller one was taken (${tolerance})`;
  return { behavior, tolerance, notes: isOne ? [] : [{ path: ["spec", "behavior"], text }] };
}

/** The signal with this tolerance, where its rule has one. */
export function withTolerance(draft: SignalDraft, tolerance: number | undefined): SignalDraft {
  const rule = (["backlog", "perReplica"] as const).find((name) => name in draft.signal);
  if (tolerance === undefined || rule === undefined) return draft;
  const stated = draft.signal[rule] as object;
  return { ...draft, signal: { ...draft.signal, [rule]: { ...stated, tolerance } } };
}
