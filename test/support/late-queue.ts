import type { Completions } from "../../src/core/index.ts";
import type { Watch } from "./drains.ts";

const MINUTE = 60_000;

/** What goes on for some minutes. */
export interface Shift {
  readonly workers: number;
  /** Mean of the service times, in seconds: they lie evenly from half to one and a half of it. */
  readonly mean: number;
  readonly minutes: number;
  /** Seconds between two looks, more or less by half. */
  readonly every: number;
  /** Nobody looks meanwhile. */
  readonly isUnseen?: boolean;
}

/**
 * A queue whose workers are never without work, looked at by `watch`, and whose completions are told by the minute, five
 * minutes late, as CloudWatch does.
 */
export function lateQueue(
  watch: Watch,
  {
    seed = 1,
    told = (minutes) => minutes,
  }: {
    readonly seed?: number;
    readonly told?: (minutes: readonly Completions[]) => readonly Completions[];
  } = {},
) {
  let state = (seed + 1) >>> 0;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const finished = new Map<number, number>();
  const began = minuteOf(watch.now);
  let now = watch.now;
  let ends: number[] = [];
  const completions = (): Completions[] => {
    const until = minuteOf(now) - 5 * MINUTE;
    return [5, 4, 3, 2, 1]
      .map((minutes) => until - minutes * MINUTE)
      .filter((from) => from >= began)
      .map((from) => ({ from, until: from + MINUTE, messages: finished.get(from) ?? 0 }));
  };
  return {
    work({ workers, mean, minutes, every, isUnseen = false }: Shift): void {
      const next = (from: number) => from + mean * 1000 * (0.5 + chance());
      // Who goes hands back what is begun; who comes begins at once.
      ends = Array.from({ length: workers }, (_, worker) => ends[worker] ?? next(now));
      for (const end = now + minutes * MINUTE; now < end; ) {
        now = Math.min(end, Math.round(now + every * 1000 * (0.5 + chance())));
        ends = ends.map((end) => {
          let until = end;
          for (; until <= now; until = next(until)) {
            finished.set(minuteOf(until), (finished.get(minuteOf(until)) ?? 0) + 1);
          }
          return until;
        });
        if (isUnseen) continue;
        watch.replicas = workers;
        const waiting = workers === 0 ? 0 : 1_000;
        watch.look((now - watch.now) / 1000, { waiting, inFlight: workers, completions: told(completions()) });
      }
    },
  };
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE) * MINUTE;
}
