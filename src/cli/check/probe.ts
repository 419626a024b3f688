import type { Autoscaler, Decision, SignalState } from "../../core/index.ts";
import { decideOnSchedule } from "../../formats/decide-on-schedule.ts";
import { SharedThings } from "../../sources/shared/share.ts";
import { missingCredentials, pollOnce } from "../shared/poll-once.ts";

/** What one look at an autoscaler's sources came to. */
export interface Probed {
  readonly signals: Readonly<Record<string, SignalState>>;
  readonly decision: Decision;
  /** Whether a source could not be read. */
  readonly failed: boolean;
  /** For people. */
  readonly lines: readonly string[];
}

/** Looks at each signal once, without touching any message, and decides as if the workload had `current` replicas. */
export async function probe(autoscaler: Autoscaler, current: number): Promise<Probed> {
  const things = new SharedThings();
  try {
    const looks = autoscaler.signals.map(async (signal) => [signal.name, await pollOnce(signal, things)] as const);
    const signals = Object.fromEntries(await Promise.all(looks));
    const decision = decideOnSchedule({ autoscaler, currentReplicas: current, signals, memory: {}, now: Date.now() });
    return {
      signals,
      decision,
      failed: Object.values(signals).some(({ failure }) => failure !== undefined),
      lines: [...Object.entries(signals).map(described), ...hints(autoscaler), ...explained(decision, current)],
    };
  } finally {
    await things.close();
  }
}

function described([name, { reading, failure }]: readonly [string, SignalState]): string {
  if (failure !== undefined) return `${name} cannot be read: ${failure.kind}: ${failure.message}`;
  const { at: _, doubts, ...numbers } = reading ?? { at: 0 };
  const shown = Object.entries(numbers).map(([what, number]) => `${what} ${number}`);
  return `${name}: ${[...shown, ...(doubts ?? []).map(({ message }) => message)].join(", ")}`;
}

/** How to hand in the Secrets of credentials that are not at hand. */
function hints({ signals, origin: { namespace } }: Autoscaler): readonly string[] {
  if (signals.every(({ source }) => missingCredentials(source).length === 0)) return [];
  return [`hand in its Secret too: kubectl get secret NAME -n ${namespace} -o yaml | muster check --probe - FILE`];
}

function explained(decision: Decision, current: number): readonly string[] {
  const steps = decision.steps.map(({ rule, from, to, because }) => `${rule}: ${from} -> ${to}: ${because}`);
  return [
    `with ${current} ${current === 1 ? "replica" : "replicas"} now, ${decision.desiredReplicas} would be asked for:`,
    ...steps.map((step) => `  ${step}`),
  ];
}
