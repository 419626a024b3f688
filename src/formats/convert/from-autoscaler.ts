import type { Autoscaler, SourceReference } from "../../core/index.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import { canHoldBack, jsonSchemaOf } from "../field-schemas.ts";
import { type Draft, type Note, notesOf, type SignalDraft } from "./draft.ts";
import { describeCredential } from "./trigger.ts";

/** A WorkerPodAutoScaler's autoscaler as a WorkerAutoscaler. */
export function fromWorkerPodAutoscaler(autoscaler: Autoscaler): Draft {
  const { origin, maxReplicas, secondsPerMessage = 0, maxDisruption } = autoscaler;
  const [queue] = autoscaler.signals;
  if (queue === undefined || queue.rule.kind !== "backlog")
    throw new Error("a WorkerPodAutoScaler has a backlog signal");
  const { source, notes } = statedSource(queue.source, `${origin.name}-credentials`);
  const { messagesPerReplica } = queue.rule;
  const signals: SignalDraft[] = [{ signal: { name: "queue", source, backlog: { messagesPerReplica } }, notes }];
  if (secondsPerMessage > 0) signals.push({ signal: { name: "arrivals", source, throughput: { secondsPerMessage } } });
  const minReplicas = Math.min(autoscaler.minReplicas, maxReplicas);
  const own: Note[] = [
    { path: ["spec", "cooldownSeconds"], text: "the controller's --scale-down-delay-after-last-scale-activity" },
  ];
  if (minReplicas < autoscaler.minReplicas) {
    const text = `minReplicas was ${autoscaler.minReplicas}, above maxReplicas, which is what counted`;
    own.push({ path: ["spec", "minReplicas"], text });
  }
  const remedy = "pause it instead: mode: Paused";
  return {
    ...identity(autoscaler),
    spec: {
      scaleTargetRef: targetOf(autoscaler),
      minReplicas,
      maxReplicas: Math.max(1, maxReplicas),
      signals: signals.map(({ signal }) => signal),
      ...(maxDisruption !== undefined &&
        canHoldBack(maxDisruption) && {
          maxDisruption: "count" in maxDisruption ? `${maxDisruption.count}` : `${maxDisruption.percent}%`,
        }),
      cooldownSeconds: autoscaler.coolDownSeconds,
    },
    notes: [...own, ...notesOf(signals)],
    problems: maxReplicas > 0 ? [] : [{ path: "spec.maxReplicas", message: "expected 1 or more, got 0", remedy }],
  };
}

/** A PHPA file's autoscaler as a WorkerAutoscaler. */
export function fromPhpa(autoscaler: Autoscaler): Draft {
  const { origin, fallback } = autoscaler;
  const [metric] = autoscaler.signals;
  if (metric === undefined || metric.rule.kind !== "band") throw new Error("a PHPA file has a band signal");
  const { kind: _, ...band } = metric.rule;
  const { source, notes } = statedSource(metric.source, `${origin.name}-credentials`);
  const missing = fallback === undefined ? {} : { whenMissing: "Fallback" };
  const signal = { name: "metric", source, freshnessSeconds: metric.freshnessSeconds, ...missing, band };
  return {
    ...identity(autoscaler),
    spec: {
      scaleTargetRef: targetOf(autoscaler),
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

function identity({ origin: { name, namespace } }: Autoscaler) {
  return { name, namespace };
}

function targetOf({ target: { apiVersion, kind, name } }: Autoscaler) {
  return { apiVersion, kind, name };
}

/** A parsed source as an object states it: without what is the default, and with Secrets instead of credentials. */
function statedSource({ type, settings }: SourceReference, secretName: string) {
  const definition = SOURCES.find((source) => source.type === type);
  const { properties = {} } = definition === undefined ? {} : jsonSchemaOf(definition.settings);
  const notes: Note[] = [];
  const stated: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const schema = properties[name];
    if (value === undefined || JSON.stringify(schema?.default) === JSON.stringify(value)) continue;
    if (schema?.secret === true) {
      stated[name] = { secretRef: { name: secretName, key: name } };
      notes.push({ path: ["source", type, name], text: describeCredential(secretName, name) });
    } else stated[name] = value;
  }
  return { source: { [type]: stated }, notes };
}
