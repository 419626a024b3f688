import type { Problem } from "../../core/index.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import type { Note } from "./draft.ts";
import { isSwitchedOn } from "./trigger-fields.ts";

const PREFIX = "autoscaling.keda.sh/";

/** What KEDA's annotations that pause a ScaledObject come to. */
export interface Pause {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Directions in which nothing may be changed. */
  readonly disabled: readonly ("scaleUp" | "scaleDown")[];
  /** Whether it counts as active, whatever its triggers say. */
  readonly forced: boolean;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

/** A ScaledObject that is paused stays so. */
export function pauseOf({ metadata }: KubernetesObject): Pause {
  const { annotations = {} } = (metadata ?? {}) as { annotations?: Readonly<Record<string, unknown>> };
  const said = (name: string): string | undefined => {
    const value = annotations[`${PREFIX}${name}`];
    return value === undefined || value === null ? undefined : String(value);
  };
  const replicas = said("paused-replicas");
  const disabled: Pause["disabled"] = [
    ...(isSwitchedOn(said("paused-scale-out")) ? (["scaleUp"] as const) : []),
    ...(isSwitchedOn(said("paused-scale-in")) ? (["scaleDown"] as const) : []),
  ];
  const notes = disabled.map((direction): Note => {
    const annotation = direction === "scaleUp" ? "paused-scale-out" : "paused-scale-in";
    const text = `the ScaledObject says ${PREFIX}${annotation}: take selectPolicy away when that is over`;
    return { path: ["spec", "behavior", direction, "selectPolicy"], text };
  });
  const forced = isSwitchedOn(said("force-activation"));
  if (replicas === undefined && !isSwitchedOn(said("paused")))
    return { spec: {}, disabled, forced, notes, problems: [] };
  if (replicas !== undefined && !/^\d+$/.test(replicas)) {
    const path = `metadata.annotations["${PREFIX}paused-replicas"]`;
    const message = `expected a whole number, got ${JSON.stringify(replicas)}`;
    return { spec: {}, disabled, forced, notes, problems: [{ path, message }] };
  }
  const held = replicas === undefined ? {} : { pausedReplicas: Number(replicas) };
  const text = "the ScaledObject is paused: Active sets it going";
  return {
    spec: { mode: "Paused", ...held },
    disabled,
    forced,
    notes: [...notes, { path: ["spec", "mode"], text }],
    problems: [],
  };
}
