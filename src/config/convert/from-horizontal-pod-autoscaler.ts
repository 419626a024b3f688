import { z } from "zod";
import type { Problem } from "../../core/index.ts";
import type { KubernetesObject } from "../shared/kubernetes-object.ts";
import { schemaProblems, shown } from "../shared/schema-problems.ts";
import { type Draft, notesOf, type SignalDraft } from "./draft.ts";
import { quantity } from "./quantity.ts";

const specSchema = z.object({
  scaleTargetRef: z.object({ apiVersion: z.string().optional(), kind: z.string(), name: z.string() }),
  minReplicas: z.int().optional(),
  maxReplicas: z.int(),
  metrics: z.array(z.looseObject({ type: z.string() })).min(1),
  behavior: z.record(z.string(), z.unknown()).optional(),
});

const external = z.object({
  metric: z.object({
    name: z.string(),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).default({}) }).default({ matchLabels: {} }),
  }),
  target: z.object({ type: z.string(), averageValue: z.union([z.string(), z.number()]).optional() }),
});

/** An autoscaling/v2 HorizontalPodAutoscaler on External metrics. Its metrics are taken to come from Prometheus. */
export function fromHorizontalPodAutoscaler(object: KubernetesObject, prometheusUrl: string): Draft {
  const parsed = specSchema.safeParse(object.spec);
  const metadata = (object.metadata ?? {}) as { name?: string; namespace?: string };
  const empty = { name: metadata.name ?? "", namespace: metadata.namespace, spec: {}, notes: [] };
  if (!parsed.success) return { ...empty, problems: schemaProblems(parsed.error, object.spec, { under: ["spec"] }) };
  const problems: Problem[] = [];
  const signals = parsed.data.metrics.flatMap((metric, index) => {
    const signal = signalFrom(metric, index, prometheusUrl);
    if ("signal" in signal) return [signal];
    problems.push(signal);
    return [];
  });
  const { scaleTargetRef, minReplicas = 1, maxReplicas, behavior } = parsed.data;
  return {
    ...empty,
    spec: {
      scaleTargetRef,
      minReplicas,
      maxReplicas,
      signals: signals.map(({ signal }) => signal),
      behavior: { scaleUp: behavior?.scaleUp ?? {}, scaleDown: behavior?.scaleDown ?? {} },
      cooldownSeconds: 0,
    },
    notes: [
      { path: ["spec", "behavior"], text: "a direction that is left empty has autoscaling/v2's defaults" },
      {
        path: [],
        text: "a HorizontalPodAutoscaler keeps the last number while a metric is missing; so does whenMissing: Hold",
      },
      ...notesOf(signals),
    ],
    problems,
  };
}

function signalFrom(metric: Readonly<Record<string, unknown>>, index: number, url: string): SignalDraft | Problem {
  const path = `spec.metrics[${index}]`;
  if (metric.type !== "External") {
    const message = `expected an External metric, got ${shown(metric.type)}`;
    return { path: `${path}.type`, message, remedy: "leave this one to the HorizontalPodAutoscaler" };
  }
  const parsed = external.safeParse(metric.external);
  if (!parsed.success)
    return { path: `${path}.external`, message: "expected metric.name and target, got something else" };
  const { name, selector } = parsed.data.metric;
  const value = quantity(parsed.data.target.averageValue);
  if (parsed.data.target.type !== "AverageValue" || value === undefined || value <= 0) {
    const message = `expected a target of type AverageValue, got ${parsed.data.target.type}`;
    return {
      path: `${path}.external.target`,
      message,
      remedy: "a Value target multiplies the present number: state averageValue",
    };
  }
  const labels = Object.entries(selector.matchLabels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
  const query = `sum(${name}${labels.length === 0 ? "" : `{${labels.join(",")}}`})`;
  const signal = { name: signalName(name, index), source: { prometheus: { url, query } }, perReplica: { value } };
  const text = "an External metric's series come from an adapter: check that this query means the same";
  return { signal, notes: [{ path: ["source", "prometheus", "query"], text }] };
}

function signalName(metric: string, index: number): string {
  return `${metric.slice(0, 50)}${index === 0 ? "" : `-${index}`}`;
}
