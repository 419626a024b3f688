import type { Autoscaler } from "../../core/index.ts";
import type { Outcome } from "../outcome.ts";
import type { ValueOutcome } from "../values/value-outcome.ts";
import type { ChartedPolicy } from "./page.ts";
import { type Curve, drawPanels, type Panel } from "./panel.ts";

const COLORS = {
  ...{ arrivals: "#6b7280", waiting: "#d97706", value: "#d97706", limit: "#dc2626" },
  ...{ ready: "#2563eb", recorded: "#2563eb", desired: "#111827", bounds: "#9ca3af" },
};

/** Draws arrivals and, for each policy, waiting messages and replicas as one SVG document. */
export function drawRuns(outcomes: readonly Outcome[]): string {
  return drawPanels(panelsOf(outcomes));
}

function panelsOf(outcomes: readonly Outcome[]): readonly Panel[] {
  const drawn = outcomes.filter(({ series }) => series.at.length > 0);
  const first = drawn[0];
  if (first === undefined) return [];
  const arrivals: Panel = {
    title: "Arrivals a minute",
    at: first.series.at,
    curves: [{ label: "arrivals", values: first.series.arrivalsPerMinute, color: COLORS.arrivals, shape: "area" }],
    unit: "count",
  };
  return [arrivals, ...drawn.flatMap(policyPanels)];
}

function policyPanels({ policy, series }: Outcome): readonly Panel[] {
  const { at, waiting, ready } = series;
  const title = `${policy}: messages that wait`;
  return [
    { title, at, curves: [{ label: "waiting", values: waiting, color: COLORS.waiting, shape: "area" }], unit: "count" },
    replicasPanel(policy, series, { label: "ready", values: ready, color: COLORS.ready, shape: "stepped area" }),
  ];
}

/** Desired replicas with their bounds, over the first curve. */
function replicasPanel(policy: string, series: ValueOutcome["series"] | Outcome["series"], first?: Curve): Panel {
  const { at, desired, minReplicas, maxReplicas } = series;
  // A bound far above the replicas would flatten the other curves.
  const most = desired.reduce((one, other) => Math.max(one, other), 1);
  const isNear = maxReplicas.every((bound) => bound <= most * 2);
  const curves: readonly Curve[] = [
    ...(first === undefined ? [] : [first]),
    { label: "asked for", values: desired, color: COLORS.desired, shape: "steps" },
    { label: "min", values: minReplicas, color: COLORS.bounds, shape: "dashes" },
    ...(isNear ? [{ label: "max", values: maxReplicas, color: COLORS.bounds, shape: "dashes" as const }] : []),
  ];
  return { title: `${policy}: replicas`, at, curves, unit: "count" };
}

interface ChartedValues {
  readonly outcome: ValueOutcome;
  readonly autoscaler: Autoscaler;
}

/** Draws values with their bands, and replicas, of each policy as one SVG document. */
export function drawValues(all: readonly ChartedValues[]): string {
  return drawPanels(all.flatMap(valuePanels));
}

/** The same for an HTML page. */
export function chartValues({ outcome, autoscaler }: ChartedValues): ChartedPolicy {
  const { policy, series, noted, notedDropped } = outcome;
  return { policy, series: { ...series, ready: series.desired }, noted, notedDropped, limits: limitsOf(autoscaler) };
}

function valuePanels({ outcome, autoscaler }: ChartedValues): readonly Panel[] {
  const { policy, series } = outcome;
  const { at, recorded } = series;
  const limits = limitsOf(autoscaler);
  const values = Object.entries(series.values).map(
    ([signal, column]): Panel => ({
      title: `${policy}: ${signal}`,
      at,
      curves: [
        { label: signal, values: column, color: COLORS.value, shape: "line" },
        ...(limits[signal] ?? []).map((limit) => ({
          label: String(limit),
          values: at.map(() => limit),
          color: COLORS.limit,
          shape: "dashes" as const,
        })),
      ],
      unit: "count",
    }),
  );
  const first: Curve | undefined = recorded && {
    ...{ label: "recorded", values: recorded, color: COLORS.recorded, shape: "steps" },
  };
  return [...values, replicasPanel(policy, series, first)];
}

/** The limits of bands, by signal. */
function limitsOf({ signals }: Autoscaler): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    signals.flatMap(({ name, rule }) => (rule.kind === "band" ? [[name, [rule.low, rule.high]] as const] : [])),
  );
}
