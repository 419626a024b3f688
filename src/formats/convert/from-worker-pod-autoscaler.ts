import type { Autoscaler, MaxDisruption } from "../../core/index.ts";
import { canHoldBack } from "../field-schemas.ts";
import { type Draft, type Note, notesOf } from "./draft.ts";
import { statedSource } from "./stated-source.ts";

/** A WorkerPodAutoScaler's autoscaler as a WorkerAutoscaler. */
export function fromWorkerPodAutoscaler(autoscaler: Autoscaler): Draft {
  const { origin, target, maxReplicas, secondsPerMessage = 0, maxDisruption } = autoscaler;
  const [queue] = autoscaler.signals;
  if (queue === undefined || queue.rule.kind !== "backlog")
    throw new Error("a WorkerPodAutoScaler has a backlog signal");
  const { source, notes } = statedSource(queue.source, `${origin.name}-credentials`);
  const { messagesPerReplica } = queue.rule;
  const signals = [{ signal: { name: "queue", source, backlog: { messagesPerReplica } }, notes }];
  if (secondsPerMessage > 0) {
    signals.push({ signal: { name: "arrivals", source, throughput: { secondsPerMessage } } as never, notes: [] });
  }
  const minReplicas = Math.min(autoscaler.minReplicas, maxReplicas);
  const own: Note[] = [
    { path: ["spec", "cooldownSeconds"], text: "the controller's --scale-down-delay-after-last-scale-activity" },
  ];
  if (minReplicas < autoscaler.minReplicas) {
    const text = `minReplicas was ${autoscaler.minReplicas}, above maxReplicas, which is what counted`;
    own.push({ path: ["spec", "minReplicas"], text });
  }
  return {
    name: origin.name,
    namespace: origin.namespace,
    spec: {
      scaleTargetRef: { apiVersion: target.apiVersion, kind: target.kind, name: target.name },
      minReplicas,
      maxReplicas: Math.max(1, maxReplicas),
      signals: signals.map(({ signal }) => signal),
      ...(maxDisruption !== undefined && canHoldBack(maxDisruption) ? { maxDisruption: written(maxDisruption) } : {}),
      cooldownSeconds: autoscaler.coolDownSeconds,
    },
    notes: [...own, ...notesOf(signals)],
    problems:
      maxReplicas > 0
        ? []
        : [
            {
              path: "spec.maxReplicas",
              message: "expected 1 or more, got 0",
              remedy: "pause it instead: mode: Paused",
            },
          ],
  };
}

function written(maxDisruption: MaxDisruption): string {
  return "count" in maxDisruption ? String(maxDisruption.count) : `${maxDisruption.percent}%`;
}
