import type { Outcome } from "../outcome.ts";
import type { Panel } from "./panel.ts";
import { picture } from "./picture.ts";

const COLORS = { arrivals: "#6b7280", waiting: "#d97706", ready: "#2563eb", desired: "#111827", bounds: "#9ca3af" };

/** Arrivals, and for each policy what waits and how many workers there are, over time: one SVG picture. */
export function mainChart(outcomes: readonly Outcome[]): string {
  return picture(panelsOf(outcomes));
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
  // A bound that is far above what was ever asked for would press everything else to the ground.
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
