import type { Signal } from "../../core/index.ts";
import { UserError } from "../../shared/user-error.ts";
import type { Policy } from "../simulate/policies.ts";

/** The signal that `--history own` means: the only one that all policies have. */
export function ownSource(policies: readonly Policy[]): Signal {
  const signals = policies.flatMap(({ autoscaler }) => autoscaler.signals);
  const different = [...new Map(signals.map((signal) => [JSON.stringify(signal.source), signal])).values()];
  const [signal, ...others] = different;
  if (signal !== undefined && others.length === 0) return signal;
  const names = different.map(({ name, source }) => `${name} (${source.type})`).join(", ");
  throw new UserError(`--history own: expected policies with one source, got ${names}`);
}
