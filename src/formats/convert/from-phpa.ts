import type { Autoscaler } from "../../core/index.ts";
import { type Draft, notesOf } from "./draft.ts";
import { statedSource } from "./stated-source.ts";

/** A PHPA file's autoscaler as a WorkerAutoscaler. */
export function fromPhpa(autoscaler: Autoscaler): Draft {
  const { origin, target, fallback } = autoscaler;
  const [metric] = autoscaler.signals;
  if (metric === undefined || metric.rule.kind !== "band") throw new Error("a PHPA file has a band signal");
  const { kind: _, ...band } = metric.rule;
  const { source, notes } = statedSource(metric.source, `${origin.name}-credentials`);
  const missing = fallback === undefined ? {} : { whenMissing: "Fallback" };
  const signal = { name: "metric", source, freshnessSeconds: metric.freshnessSeconds, ...missing, band };
  return {
    name: origin.name,
    namespace: origin.namespace,
    spec: {
      scaleTargetRef: { apiVersion: target.apiVersion, kind: target.kind, name: target.name },
      minReplicas: autoscaler.minReplicas,
      maxReplicas: autoscaler.maxReplicas,
      mode: autoscaler.mode,
      pollIntervalSeconds: autoscaler.coolDownSeconds,
      cooldownSeconds: autoscaler.coolDownSeconds,
      signals: [signal],
      ...(fallback === undefined ? {} : { fallback }),
    },
    notes: [
      {
        path: ["spec", "pollIntervalSeconds"],
        text: "PHPA's interval or actionCooldown, whichever is longer: a band takes one step in that time",
      },
      {
        path: ["spec", "cooldownSeconds"],
        text: "after a scaling only the way down waits for so long; a step up waits for pollIntervalSeconds",
      },
      ...notesOf([{ signal, notes }]),
    ],
    problems: [],
  };
}
