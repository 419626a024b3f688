import type { Autoscaler, Origin, Parsed, Problem, ScalingRules, Signal, SignalRule } from "../core/index.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { parseMaxDisruption, withoutUndefined } from "./field-schemas.ts";
import { identityProblems, idOf, type KubernetesObject, originOf, reportedReplicas } from "./kubernetes-object.ts";
import { isError, schemaProblems, sizeProblems, unknownFields } from "./problems.ts";
import { type SecretLookup, type SecretReference, secretReferences, sourceFrom } from "./source-settings.ts";
import { restoreMemory } from "./status.ts";
import { contradictions } from "./worker-autoscaler-contradictions.ts";
import {
  anySource,
  type WorkerAutoscalerSignal,
  type WorkerAutoscalerSpec,
  workerAutoscalerShape,
  workerAutoscalerSpec,
} from "./worker-autoscaler-schema.ts";

/** The kind, as stored objects spell it. */
export const WORKER_AUTOSCALER = "WorkerAutoscaler";
export const WORKER_AUTOSCALER_API_VERSION = "muster.dev/v1alpha1";

/** What a WorkerAutoscaler needs besides itself. */
interface WorkerAutoscalerContext {
  /** Keys of Secrets in the object's namespace. Left out: there are none. */
  readonly secrets?: SecretLookup;
}

/** Seconds. */
const COOL_DOWN = 300;
const DRAIN_COOL_DOWN = 60;

const SCHEMA = workerAutoscalerSpec(anySource);

/** Makes an autoscaler of a WorkerAutoscaler object, or says all that is wrong with it. */
export function parseWorkerAutoscaler(
  object: KubernetesObject,
  { secrets = () => ({ reason: "SecretMissing" }) }: WorkerAutoscalerContext = {},
  sources: readonly SourceType[] = SOURCES,
): Parsed {
  const origin = originOf(WORKER_AUTOSCALER, object);
  const id = idOf(origin);
  const named = identityProblems(object, WORKER_AUTOSCALER_API_VERSION);
  const oversized = sizeProblems(object.spec);
  if (oversized.length > 0) return { id, origin, problems: [...named, ...oversized] };
  const parsed = SCHEMA.safeParse(object.spec);
  const warnings = unknownFields(object.spec, workerAutoscalerShape(), ["spec"]).filter(
    ({ path }) => !isInSource(path),
  );
  if (!parsed.success) {
    const problems = schemaProblems(parsed.error, object.spec, {
      under: ["spec"],
      hide: (path) => path.includes("source"),
    });
    return { id, origin, problems: [...named, ...problems, ...warnings] };
  }
  const signals = parsed.data.signals.map((stated, index) => signalFrom(stated, index, sources, secrets));
  const wrong = signals.flatMap((signal) => ("problems" in signal ? signal.problems : []));
  const problems = [...named, ...wrong, ...contradictions(parsed.data), ...warnings];
  if (problems.some(isError)) return { id, origin, problems };
  const sound = signals.filter((signal): signal is Signal => !("problems" in signal));
  return {
    autoscaler: autoscalerOf(parsed.data, sound, origin),
    memory: restoreMemory(object.status),
    ...reportedReplicas(object.status, "currentReplicas"),
    problems,
  };
}

/** The Secret keys that an object refers to, so that whoever watches it can watch them too. */
export function secretsOf({ spec }: KubernetesObject): readonly SecretReference[] {
  if (sizeProblems(spec).length > 0) return [];
  const parsed = SCHEMA.safeParse(spec);
  if (!parsed.success) return [];
  return parsed.data.signals.flatMap(({ source }) => Object.values(source).flatMap(secretReferences));
}

/** A source says itself which of its settings it does not know. */
function isInSource(path: string): boolean {
  return /^spec\.signals\[\d+\]\.source\./.test(path);
}

function signalFrom(
  stated: WorkerAutoscalerSpec["signals"][number],
  index: number,
  sources: readonly SourceType[],
  secrets: SecretLookup,
): Signal | { readonly problems: readonly Problem[] } {
  const source = sourceFrom(stated.source, ["spec", "signals", index, "source"], sources, secrets);
  const rule = signalRule(stated, `spec.signals[${index}]`);
  if ("problems" in source || "problem" in rule) {
    return {
      problems: [...("problems" in source ? source.problems : []), ...("problem" in rule ? [rule.problem] : [])],
    };
  }
  const { name, freshnessSeconds, whenMissing, emptyValue, activeAbove } = stated;
  const { type, settings } = source.source;
  const added = rule.rule.kind === "drain" ? sources.find((one) => one.type === type)?.forDrain : undefined;
  return {
    name,
    source: { type, settings: { ...settings, ...added } },
    rule: rule.rule,
    freshnessSeconds,
    whenMissing,
    ...(emptyValue !== undefined && { emptyValue }),
    ...(activeAbove !== undefined && { activeAbove }),
  };
}

/** What is sized for arrivals and for what is in hands needs no long memory of the last peak. */
function usualCoolDown(signals: readonly Signal[]): number {
  return signals.every(({ rule }) => rule.kind === "drain") ? DRAIN_COOL_DOWN : COOL_DOWN;
}

function autoscalerOf(spec: WorkerAutoscalerSpec, signals: readonly Signal[], origin: Origin): Autoscaler {
  const scaleUp = scalingRules("scaleUp", spec.behavior?.scaleUp);
  const scaleDown = scalingRules("scaleDown", spec.behavior?.scaleDown);
  return {
    id: idOf(origin),
    origin,
    profile: spec.behavior?.algorithm === "AutoscalingV1" ? "worker-autoscaler-v1" : "worker-autoscaler",
    target: { ...spec.scaleTargetRef, namespace: origin.namespace },
    minReplicas: spec.minReplicas,
    maxReplicas: spec.maxReplicas,
    signals,
    mode: spec.mode,
    coolDownSeconds: spec.cooldownSeconds ?? usualCoolDown(signals),
    ...(spec.pausedReplicas !== undefined && { pausedReplicas: spec.pausedReplicas }),
    ...(spec.maxDisruption !== undefined && { maxDisruption: parseMaxDisruption(spec.maxDisruption) }),
    ...((scaleUp || scaleDown) && { behavior: { ...(scaleUp && { scaleUp }), ...(scaleDown && { scaleDown }) } }),
    ...(spec.fallback !== undefined && { fallback: spec.fallback }),
    ...(spec.scaleToZero !== undefined && { scaleToZero: spec.scaleToZero }),
    ...(spec.schedule !== undefined && { schedule: spec.schedule.map(withoutUndefined) }),
    ...(spec.pollIntervalSeconds !== undefined && { pollIntervalSeconds: spec.pollIntervalSeconds }),
  };
}

/** The rules that a signal can have; exactly one of them. */
export const SIGNAL_RULES = ["backlog", "throughput", "perReplica", "band", "drain"] as const;

type Stated = Pick<WorkerAutoscalerSignal, (typeof SIGNAL_RULES)[number]>;

/** The rule that a signal states, or what is wrong with it. */
function signalRule(stated: Stated, path: string): { readonly rule: SignalRule } | { readonly problem: Problem } {
  const names = SIGNAL_RULES.filter((name) => stated[name] !== undefined);
  if (names.length !== 1) {
    const got = names.length === 0 ? "none" : names.join(", ");
    return { problem: { path, message: `expected exactly one rule of ${SIGNAL_RULES.join(", ")}, got ${got}` } };
  }
  const { backlog, throughput, perReplica, band, drain } = stated;
  if (backlog !== undefined) return { rule: { kind: "backlog", ...backlog } };
  if (throughput !== undefined) return { rule: { kind: "throughput", ...throughput } };
  if (perReplica !== undefined) {
    const { value, ...rest } = perReplica;
    return { rule: { kind: "perReplica", valuePerReplica: value, ...rest } };
  }
  if (drain !== undefined) return { rule: { kind: "drain", ...withoutUndefined(drain) } };
  return bandRule(band, `${path}.band`);
}

function bandRule(band: Stated["band"], path: string): { readonly rule: SignalRule } | { readonly problem: Problem } {
  const { low, high, threshold, margin, direction = "HighIsBusy", stepUp = 1, stepDown = 1 } = band ?? {};
  const ends =
    low !== undefined && high !== undefined && threshold === undefined && margin === undefined
      ? { low, high }
      : threshold !== undefined && margin !== undefined && low === undefined && high === undefined
        ? { low: threshold - margin, high: threshold + margin }
        : undefined;
  if (ends === undefined) return { problem: { path, message: "expected either low and high or threshold and margin" } };
  if (ends.low > ends.high) {
    return { problem: { path: `${path}.low`, message: `expected at most high (${ends.high}), got ${ends.low}` } };
  }
  return { rule: { kind: "band", ...ends, direction, stepUp, stepDown } };
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
function scalingRules(
  direction: "scaleUp" | "scaleDown",
  stated: NonNullable<WorkerAutoscalerSpec["behavior"]>["scaleUp"],
): ScalingRules | undefined {
  if (stated === undefined) return undefined;
  return {
    ...(stated.tolerance !== undefined && { tolerance: stated.tolerance }),
    stabilizationWindowSeconds: stated.stabilizationWindowSeconds ?? DEFAULTS[direction].stabilizationWindowSeconds,
    selectPolicy: stated.selectPolicy,
    policies: stated.policies?.length ? stated.policies : DEFAULTS[direction].policies,
  };
}
