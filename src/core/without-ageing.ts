import type { Autoscaler } from "./autoscaler.ts";

/** A reading that is being waited on stays true for as long as the wait holds: no timer has to look after it. */
export function withoutAgeing(autoscaler: Autoscaler, waiting: ReadonlySet<string>): Autoscaler {
  if (waiting.size === 0) return autoscaler;
  const signals = autoscaler.signals.map((signal) =>
    waiting.has(signal.name) ? { ...signal, freshnessSeconds: Number.POSITIVE_INFINITY } : signal,
  );
  return { ...autoscaler, signals };
}
