import type { Problem } from "../../core/index.ts";
import { shown } from "../problems.ts";
import type { Note } from "./draft.ts";
import { quantity } from "./quantity.ts";

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
