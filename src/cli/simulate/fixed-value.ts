import type { Instant, Signal } from "../../core/index.ts";
import { windowValue } from "../../sources/cron/window-value.ts";

/** The value of a signal that knows no queue: a constant, or one by the clock; undefined for all others. */
export function fixedValue({ source }: Signal): ((now: Instant) => number) | undefined {
  const { type, settings } = source;
  if (type === "constant") return () => settings.value as number;
  if (type === "cron") return windowValue(settings as unknown as Parameters<typeof windowValue>[0]);
  return undefined;
}
