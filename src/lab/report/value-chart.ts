import type { Autoscaler } from "../../core/index.ts";
import type { ValueOutcome } from "../values/value-outcome.ts";
import type { ChartedPolicy } from "./page.ts";
import type { Panel } from "./panel.ts";
import { picture } from "./picture.ts";

const COLORS = { value: "#d97706", limit: "#dc2626", desired: "#111827", recorded: "#2563eb", bounds: "#9ca3af" };

/** What a policy made of recorded values, with the policy itself. */
export interface ChartedValues {
  readonly outcome: ValueOutcome;
  readonly autoscaler: Autoscaler;
}

/** Of each policy the values against their bands, and the replicas, over time: one SVG picture. */
export function valueChart(all: readonly ChartedValues[]): string {
  return picture(all.flatMap(panelsOf));
}

/** The same for a page. */
export function chartedValues({ outcome, autoscaler }: ChartedValues): ChartedPolicy {
  const { policy, series, noted, notedDropped } = outcome;
  return { policy, series: { ...series, ready: series.desired }, noted, notedDropped, limits: limitsOf(autoscaler) };
}

function panelsOf({ outcome, autoscaler }: ChartedValues): readonly Panel[] {
  const { policy, series } = outcome;
  const { at, desired, minReplicas, maxReplicas, recorded } = series;
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
  const most = desired.reduce((one, other) => Math.max(one, other), 1);
  const isNear = maxReplicas.every((bound) => bound <= most * 2);
  const replicas: Panel = {
    title: `${policy}: replicas`,
    at,
    curves: [
      ...(recorded === undefined
        ? []
        : [{ label: "recorded", values: recorded, color: COLORS.recorded, shape: "steps" as const }]),
      { label: "asked for", values: desired, color: COLORS.desired, shape: "steps" },
      { label: "min", values: minReplicas, color: COLORS.bounds, shape: "dashes" },
      ...(isNear ? [{ label: "max", values: maxReplicas, color: COLORS.bounds, shape: "dashes" as const }] : []),
    ],
    unit: "count",
  };
  return [...values, replicas];
}

/** The ends of the bands, by signal. */
function limitsOf({ signals }: Autoscaler): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    signals.flatMap(({ name, rule }) => (rule.kind === "band" ? [[name, [rule.low, rule.high]] as const] : [])),
  );
}
