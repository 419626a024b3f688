import type { Signal } from "../../core/index.ts";
import { PollerLimits } from "../../engine/poller.ts";
import { Random } from "../random.ts";
import type { Rehearsal } from "../rehearsal.ts";
import { usualQuantity } from "./quantity.ts";
import { SignalEye } from "./signal-eye.ts";
import { type SourceTraits, traitsOf } from "./source-traits.ts";

/** One eye for each signal of the policy. */
export function eyesOf({ autoscaler, looks, traffic, seed }: Rehearsal): readonly SignalEye[] {
  const chance = new Random(seed, "looks");
  const limits = new PollerLimits();
  const { lagSeconds, hiddenLagSeconds, outages, intervalSeconds, sees } = looks;
  const failing = outages.map(({ fromSeconds, toSeconds }) => ({ from: fromSeconds * 1000, to: toSeconds * 1000 }));
  return autoscaler.signals.map((signal) => {
    const { arrivals, completions, flow, ...others } = traitsOf(signal.source.type);
    // As live: who has no use for arrivals is not told of them.
    const isRateUsed = (autoscaler.secondsPerMessage ?? 0) > 0 || signal.rule.kind === "throughput";
    const traits = {
      ...(arrivals !== undefined && isRateUsed ? { arrivals } : {}),
      ...(signal.rule.kind === "drain" && isCounted(flow, signal) ? { flow: true as const } : {}),
      ...(signal.rule.kind === "drain" && completions !== undefined ? { completions } : {}),
      ...others,
    };
    return new SignalEye({
      signal,
      traits,
      quantity: sees[signal.name] ?? usualQuantity(signal.rule, traits),
      pace: looks.pace(signal.source.type),
      pollIntervalSeconds: intervalSeconds ?? autoscaler.pollIntervalSeconds,
      fixed: looks.fixed(signal),
      told: looks.told?.(signal),
      ...{ lagSeconds, hiddenLagSeconds, outages: failing },
      ...{ limits, start: traffic.start },
      random: () => chance.next(),
    });
  });
}

function isCounted(flow: SourceTraits["flow"], { source }: Signal): boolean {
  return typeof flow === "string" ? source.settings[flow] !== undefined : flow === true;
}
