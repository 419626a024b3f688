import * as z from "zod";
import type { Problem } from "../../core/index.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { schemaProblems, shown } from "../problems.ts";
import { type Draft, type Note, notesOf, type SignalDraft } from "./draft.ts";
import { quantity, quantityInThousandths } from "./quantity.ts";

const specSchema = z.object({
  scaleTargetRef: z.object({ apiVersion: z.string().optional(), kind: z.string(), name: z.string() }),
  minReplicas: z.int().optional(),
  maxReplicas: z.int(),
  metrics: z.array(z.looseObject({ type: z.string() })).min(1),
  behavior: z.record(z.string(), z.unknown()).optional(),
});

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** A Kubernetes label selector. */
const labelSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.enum(OPERATORS), values: z.array(z.string()).default([]) }))
    .default([]),
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

/** The same as Prometheus' label matchers, with their braces; nothing where it selects everything. */
function labelMatchers({ matchLabels, matchExpressions }: z.output<typeof labelSelector>): string {
  const equal = Object.entries(matchLabels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  const others = matchExpressions.map(({ key, operator, values }) => {
    const anyOf = JSON.stringify(values.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"));
    const matcher = { In: `=~${anyOf}`, NotIn: `!~${anyOf}`, Exists: '!=""', DoesNotExist: '=""' }[operator];
    return `${key}${matcher}`;
  });
  const all = [...equal, ...others];
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}

type Direction = "scaleUp" | "scaleDown";
type Rules = Readonly<Record<string, unknown>>;

/** An autoscaling/v2 `behavior` as ours. */
export interface ConvertedBehavior {
  readonly behavior: Rules;
  readonly notes: readonly Note[];
  /** Paths are the original's. */
  readonly problems: readonly Problem[];
}

const PATH = ["spec", "behavior"];

/** Takes the `behavior` over that the original has under `path`; in directions that are disabled nothing may be changed. */
export function behaviorFrom(stated: unknown, path: string, disabled: readonly Direction[] = []): ConvertedBehavior {
  // A direction can only be disabled in a behavior, and then the other one has the defaults of one, too.
  if ((stated === undefined || stated === null) && disabled.length === 0) {
    const text =
      "no behavior was stated: Kubernetes then uses its older algorithm, which AutoscalingV1 names; one step follows each reading here, and there each 15 s";
    return { behavior: { algorithm: "AutoscalingV1" }, notes: [{ path: PATH, text }], problems: [] };
  }
  const problems: Problem[] = [];
  const rules = (direction: Direction): Rules => {
    const { tolerance, ...rest } = ((stated ?? {}) as Partial<Record<Direction, Rules | null>>)[direction] ?? {};
    const share = quantity(tolerance);
    if (tolerance !== undefined && tolerance !== null && (share === undefined || share < 0)) {
      const message = `expected a quantity of 0 or more, such as "0.1" or "50m", got ${shown(tolerance)}`;
      problems.push({ path: `${path}.${direction}.tolerance`, message });
    }
    return {
      ...rest,
      ...(share === undefined ? {} : { tolerance: share }),
      ...(disabled.includes(direction) ? { selectPolicy: "Disabled" } : {}),
    };
  };
  const behavior = { scaleUp: rules("scaleUp"), scaleDown: rules("scaleDown") };
  const text = "a direction, or a field of one, that is left out has autoscaling/v2's defaults";
  return { behavior, notes: [{ path: PATH, text }], problems };
}
