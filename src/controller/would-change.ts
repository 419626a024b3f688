import {
  type Account,
  type decide as coreDecide,
  type SignalChange,
  type WhatWouldChange,
  whatWouldChange,
  withoutAgeing,
} from "../core/index.ts";
import type { Accounting } from "./account-of.ts";
import type { Standing } from "./standing.ts";

/**
 * What would change the answer, in words that stay true while the decision stands: numbers and times, not how far away
 * they are. Reckoned only where somebody writes it down; undefined where nothing is decided.
 */
export function wouldChange(
  { autoscaler, workload, signals, decision }: Standing,
  { at: now, memory, waiting }: Accounting,
  decide: typeof coreDecide,
): Account["wouldChange"] {
  if (autoscaler === undefined || decision === undefined || workload.state !== "present") return undefined;
  const currentReplicas = workload.replicas;
  return () => {
    const situation = { autoscaler: withoutAgeing(autoscaler, waiting), currentReplicas, signals, memory, now };
    return inWords(whatWouldChange(situation, decide));
  };
}

function inWords({ later, signals, readAgain, without }: WhatWouldChange): readonly string[] {
  return [
    ...(later === undefined || later.afterSeconds === 0
      ? []
      : [`from ${second(later.at)} on it would be ${later.desiredReplicas}, if the signals stay the same`]),
    ...signals.flatMap(({ name, of, rise, fall }) => {
      const number = of === "value" ? name : `${name}'s arrivals a minute`;
      return [...changeTo(number, rise), ...changeTo(number, fall)];
    }),
    ...readAgain.map(
      ({ name, desiredReplicas }) => `${name}: if it were read and said the same, it would be ${desiredReplicas}`,
    ),
    ...without.map(({ limit, desiredReplicas }) => `without ${limit} it would be ${desiredReplicas}`),
  ];
}

function changeTo(number: string, change: SignalChange["rise"]): readonly string[] {
  return "because" in change ? [] : [`${number}: ${change.to} would make it ${change.desiredReplicas}`];
}

/** As Kubernetes writes times; not before the moment. */
function second(instant: number): string {
  return `${new Date(Math.ceil(instant / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
