import type { ScalingRules } from "../../core/index.ts";

interface Stated {
  readonly tolerance?: number | undefined;
  readonly stabilizationWindowSeconds?: number | undefined;
  readonly selectPolicy: ScalingRules["selectPolicy"];
  readonly policies?: ScalingRules["policies"] | undefined;
}

/** autoscaling/v2's defaults for what a stated direction leaves out. */
const DEFAULTS = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    policies: [
      { type: "Percent", value: 100, periodSeconds: 15 },
      { type: "Pods", value: 4, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
  },
} as const;

/** One direction of `behavior`, complete; undefined where the object says nothing of it: then nothing is limited. */
export function scalingRules(direction: "scaleUp" | "scaleDown", stated: Stated | undefined): ScalingRules | undefined {
  if (stated === undefined) return undefined;
  return {
    ...(stated.tolerance !== undefined && { tolerance: stated.tolerance }),
    stabilizationWindowSeconds: stated.stabilizationWindowSeconds ?? DEFAULTS[direction].stabilizationWindowSeconds,
    selectPolicy: stated.selectPolicy,
    policies: stated.policies?.length ? stated.policies : DEFAULTS[direction].policies,
  };
}
