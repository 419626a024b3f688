import type { Autoscaler } from "../../core/index.ts";
import type { Outcome } from "../outcome.ts";
import type { ValueOutcome } from "../values/value-outcome.ts";
import type { ChartedPolicy } from "./page.ts";
import { drawPanels, type Panel } from "./panel.ts";

const COLORS = { arrivals: "#6b7280", waiting: "#d97706", ready: "#2563eb", desired: "#111827", bounds: "#9ca3af" };

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
  const { at, waiting, ready, desired, minReplicas, maxReplicas } = series;
  // A bound far above the replicas would flatten the other curves.
  const most = desired.reduce((one, other) => Math.max(one, other), 1);
  const isNear = maxReplicas.every((bound) => bound <= most * 2);
  return [
    {
      title: `${policy}: messages that wait`,
      at,
      curves: [{ label: "waiting", values: waiting, color: COLORS.waiting, shape: "area" }],
      unit: "count",
    },
    {
      title: `${policy}: replicas`,
      at,
      curves: [
        { label: "ready", values: ready, color: COLORS.ready, shape: "stepped area" },
        { label: "asked for", values: desired, color: COLORS.desired, shape: "steps" },
        { label: "min", values: minReplicas, color: COLORS.bounds, shape: "dashes" },
        ...(isNear ? [{ label: "max", values: maxReplicas, color: COLORS.bounds, shape: "dashes" as const }] : []),
      ],
      unit: "count",
    },
  ];
}

const VALUE_COLORS = { value: "#d97706", limit: "#dc2626", desired: "#111827", recorded: "#2563eb", bounds: "#9ca3af" };

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
  const { at, desired, minReplicas, maxReplicas, recorded } = series;
  const limits = limitsOf(autoscaler);
  const values = Object.entries(series.values).map(
    ([signal, column]): Panel => ({
      title: `${policy}: ${signal}`,
      at,
      curves: [
        { label: signal, values: column, color: VALUE_COLORS.value, shape: "line" },
        ...(limits[signal] ?? []).map((limit) => ({
          label: String(limit),
          values: at.map(() => limit),
          color: VALUE_COLORS.limit,
          shape: "dashes" as const,
        })),
      ],
      unit: "count",
    }),
  );
  const most = desired.reduce((one, other) => Math.max(one, other), 1);
  const isNear = maxReplicas.every((bound) => bound <= most * 2);
  const replicas: Panel = {
    title: `${policy}: replicas`,
    at,
    curves: [
      ...(recorded === undefined
        ? []
        : [{ label: "recorded", values: recorded, color: VALUE_COLORS.recorded, shape: "steps" as const }]),
      { label: "asked for", values: desired, color: VALUE_COLORS.desired, shape: "steps" },
      { label: "min", values: minReplicas, color: VALUE_COLORS.bounds, shape: "dashes" },
      ...(isNear ? [{ label: "max", values: maxReplicas, color: VALUE_COLORS.bounds, shape: "dashes" as const }] : []),
    ],
    unit: "count",
  };
  return [...values, replicas];
}

/** The limits of bands, by signal. */
function limitsOf({ signals }: Autoscaler): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    signals.flatMap(({ name, rule }) => (rule.kind === "band" ? [[name, [rule.low, rule.high]] as const] : [])),
  );
}
