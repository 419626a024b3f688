import * as z from "zod";
import type { Problem } from "../../core/index.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { schemaProblems, shown } from "../problems.ts";
import { type Draft, notesOf, type SignalDraft } from "./draft.ts";
import { behaviorFrom } from "./hpa-behavior.ts";
import { labelMatchers, labelSelector } from "./label-selector.ts";
import { quantityInThousandths } from "./quantity.ts";

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
    selector: labelSelector.default({ matchLabels: {}, matchExpressions: [] }),
  }),
  target: z.object({ type: z.string(), averageValue: z.union([z.string(), z.number()]).optional() }),
});

const METRIC_NAME = /^[a-zA-Z_:][\w:]*$/;

/** An autoscaling/v2 HorizontalPodAutoscaler on External metrics. Its metrics are taken to come from Prometheus. */
export function fromHorizontalPodAutoscaler(object: KubernetesObject, prometheusUrl: string): Draft {
  const parsed = specSchema.safeParse(object.spec);
  const metadata = (object.metadata ?? {}) as { name?: string; namespace?: string };
  const empty = { name: metadata.name ?? "", namespace: metadata.namespace, spec: {}, notes: [] };
  if (!parsed.success) return { ...empty, problems: schemaProblems(parsed.error, object.spec, { under: ["spec"] }) };
  const leftOut: Problem[] = [];
  const origins: [string, string][] = [];
  const signals = parsed.data.metrics.flatMap((metric, index) => {
    const signal = signalFrom(metric, index, prometheusUrl);
    if (!("signal" in signal)) {
      leftOut.push(signal);
      return [];
    }
    origins.push([`spec.signals[${origins.length}]`, `spec.metrics[${index}]`]);
    return [signal];
  });
  const { scaleTargetRef, minReplicas = 1, maxReplicas } = parsed.data;
  const { behavior, notes, problems: wrong } = behaviorFrom(parsed.data.behavior, "spec.behavior");
  return {
    ...empty,
    spec: {
      scaleTargetRef,
      minReplicas,
      maxReplicas,
      signals: signals.map(({ signal }) => signal),
      behavior,
      cooldownSeconds: 0,
    },
    notes: [
      {
        path: [],
        text: "a HorizontalPodAutoscaler keeps the last number while a metric is missing; so does whenMissing: Hold",
      },
      ...notes,
      ...notesOf(signals),
    ],
    problems: signals.length === 0 ? [...leftOut, ...wrong] : wrong,
    leftOut: signals.length === 0 ? [] : leftOut,
    origins,
  };
}

function signalFrom(metric: Readonly<Record<string, unknown>>, index: number, url: string): SignalDraft | Problem {
  const path = `spec.metrics[${index}]`;
  if (metric.type !== "External") {
    const message = `expected an External metric, got ${shown(metric.type)}`;
    return { path: `${path}.type`, message, remedy: "leave this one to the HorizontalPodAutoscaler" };
  }
  const parsed = external.safeParse(metric.external);
  if (!parsed.success) return { path: `${path}.external`, ...wrongMetric(parsed.error, metric.external) };
  const { name, selector } = parsed.data.metric;
  if (!METRIC_NAME.test(name)) {
    const message = `expected the name of a Prometheus series, got ${shown(name)}`;
    const remedy =
      "its adapter reads another system: write the WorkerAutoscaler by hand, with that system as the source";
    return { path: `${path}.external.metric.name`, message, remedy };
  }
  const value = quantityInThousandths(parsed.data.target.averageValue);
  if (parsed.data.target.type !== "AverageValue" || value === undefined || value <= 0) {
    return { path: `${path}.external.target`, ...wrongTarget(parsed.data.target) };
  }
  const query = `sum(${name}${labelMatchers(selector)})`;
  const signal = { name: signalName(name, index), source: { prometheus: { url, query } }, perReplica: { value } };
  const text = "an External metric's series come from an adapter: check that this query means the same";
  return { signal, notes: [{ path: ["source", "prometheus", "query"], text }] };
}

function wrongMetric(error: z.ZodError, stated: unknown): Omit<Problem, "path"> {
  const [first] = schemaProblems(error, stated);
  const message = first === undefined ? "expected metric and target" : `${first.path}: ${first.message}`;
  return {
    message,
    remedy: "write it as autoscaling/v2 does, as `kubectl get hpa.v2.autoscaling NAME -o yaml` prints it",
  };
}

function wrongTarget({ type, averageValue }: { type: string; averageValue?: unknown }): Omit<Problem, "path"> {
  if (type === "AverageValue") {
    return { message: `expected an averageValue above 0, got ${shown(averageValue)}` };
  }
  const remedy =
    "Value multiplies the present replicas by value / target, so it feeds on itself; no rule does that here: state as averageValue how much one replica takes, or write a band by hand";
  return { message: `expected a target of type AverageValue, got ${type}`, remedy };
}

function signalName(metric: string, index: number): string {
  return `${metric.slice(0, 50)}${index === 0 ? "" : `-${index}`}`;
}
