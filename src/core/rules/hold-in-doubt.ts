import type { SignalRule } from "../autoscaler.ts";
import { drainSize } from "../drain/drain-size.ts";
import { withEmptyValue } from "../judge.ts";
import type { Reading } from "../reading.ts";
import { counted } from "../wording.ts";
import { arrivalsOf } from "./recommend.ts";
import type { Rule } from "./rule.ts";

/** Doubt may raise replicas or hold them; it never lowers them, not even to maxReplicas. */
export const holdInDoubt: Rule = {
  name: "holdInDoubt",
  apply(replicas, { situation: { currentReplicas }, doubt }) {
    if (doubt === undefined || replicas >= currentReplicas) return undefined;
    return { replicas: currentReplicas, because: `${doubt}: all ${counted(currentReplicas, "replica")} stay` };
  },
};

/** A fall by more than this factor may well be an exporter that restarted. */
const IMPLAUSIBLE_FACTOR = 10;

/**
 * A value that collapses from one poll to the next lowers nothing before another poll has read a newer value that is
 * as low. What rises acts at once: it costs replicas up to maxReplicas, and no work.
 */
export const confirmFalls: Rule = {
  name: "confirmFalls",
  apply(replicas, { situation: { currentReplicas, signals: states, now }, signals }) {
    if (replicas >= currentReplicas) return undefined;
    for (const { signal, reading } of signals) {
      const before = withEmptyValue(signal, states[signal.name], now)?.before;
      if (reading === undefined || before === undefined || !collapsed(signal.rule, before, reading)) continue;
      const because = `${signal.name} went from ${before.value} to ${reading.value} between two looks, which the next one has to confirm: all ${counted(currentReplicas, "replica")} stay`;
      return { replicas: currentReplicas, because, limited: "UnconfirmedFall" };
    }
    return undefined;
  },
};

/** Whether the signal now asks for a tenth or less of what it asked for, and for ten replicas fewer at least. */
function collapsed(rule: SignalRule, before: Reading, now: Reading): boolean {
  // Along a band it is distance that counts, as values may lie below zero: ten times what the band is about.
  if (rule.kind === "band") return busyness(rule, before) - busyness(rule, now) >= IMPLAUSIBLE_FACTOR;
  return load(rule, before) >= IMPLAUSIBLE_FACTOR * Math.max(load(rule, now), 1);
}

function busyness(band: Extract<SignalRule, { kind: "band" }>, { value }: Reading): number {
  const scale = Math.max(Math.abs(band.low), Math.abs(band.high), Number.EPSILON);
  return (band.direction === "HighIsBusy" ? value : -value) / scale;
}

/** In replicas' worth; not a number where the arrivals are not known, which is no fall. */
function load(rule: Exclude<SignalRule, { kind: "band" }>, reading: Reading): number {
  switch (rule.kind) {
    case "backlog":
      return reading.value / rule.messagesPerReplica;
    case "perReplica":
      return reading.value / rule.valuePerReplica;
    case "throughput":
      return ((arrivalsOf(reading) ?? Number.NaN) * rule.secondsPerMessage) / 60 / rule.utilization;
    case "drain":
      return drainSize(rule, {
        waiting: reading.waiting ?? reading.value,
        inFlight: reading.inFlight ?? 0,
        secondsPerMessage: rule.secondsPerMessage ?? rule.withinSeconds,
      });
  }
}
