import type { Autoscaler, DrainMemory, Instant, Memory, Origin, Parsed, Problem, Signal } from "../core/index.ts";
import { SOURCES } from "../sources/registry.generated.ts";
import type { SourceType } from "../sources/shared/source.ts";
import { isError } from "./describe-problem.ts";
import {
  identityProblems,
  idOf,
  instantOf,
  type KubernetesObject,
  originOf,
  reportedReplicas,
} from "./shared/kubernetes-object.ts";
import { parseMaxDisruption } from "./shared/max-disruption.ts";
import { sizeProblems } from "./shared/object-size.ts";
import { scalingRules } from "./shared/scaling-rules.ts";
import { schemaProblems } from "./shared/schema-problems.ts";
import { unknownFields } from "./shared/unknown-fields.ts";
import { withoutUndefined } from "./shared/without-undefined.ts";
import { signalRule } from "./signal-rule.ts";
import { type SecretLookup, type SecretReference, secretReferences, sourceFrom } from "./source-settings.ts";
import { contradictions } from "./worker-autoscaler-contradictions.ts";
import { anySource, type WorkerAutoscalerSpec, workerAutoscalerSpec } from "./worker-autoscaler-schema.ts";
import { workerAutoscalerShape } from "./worker-autoscaler-shape.ts";

/** The kind, as stored objects spell it. */
export const WORKER_AUTOSCALER = "WorkerAutoscaler";
export const WORKER_AUTOSCALER_API_VERSION = "muster.dev/v1alpha1";

/** What a WorkerAutoscaler needs besides itself. */
export interface WorkerAutoscalerContext {
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
    memory: memoryOf(object),
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

interface StoredMemory {
  readonly lastScaleTime?: unknown;
  readonly conditions?: readonly {
    readonly type?: unknown;
    readonly status?: unknown;
    readonly lastTransitionTime?: unknown;
  }[];
  readonly signals?: readonly { readonly name?: unknown; readonly learned?: StoredTime }[];
  readonly memory?: {
    readonly activity?: { readonly active?: unknown; readonly since?: unknown };
    readonly recommendations?: readonly {
      readonly time?: unknown;
      readonly replicas?: unknown;
      readonly inDoubt?: unknown;
    }[];
    readonly scalings?: readonly { readonly time?: unknown; readonly change?: unknown }[];
  };
}

interface StoredTime {
  readonly secondsPerMessage?: unknown;
  readonly messages?: unknown;
  readonly time?: unknown;
}

/** What drain rules had learned. */
function drainsOf({ signals }: StoredMemory): Record<string, DrainMemory> {
  const learned = (Array.isArray(signals) ? signals : []).flatMap(({ name, learned }) => {
    const { secondsPerMessage, messages, time } = learned ?? {};
    const at = instantOf(time);
    const isWhole = typeof name === "string" && typeof messages === "number" && at !== undefined;
    const isTime = typeof secondsPerMessage === "number" && secondsPerMessage > 0;
    return isWhole && isTime ? [[name, { learned: { secondsPerMessage, messages, at } }] as const] : [];
  });
  return Object.fromEntries(learned);
}

/** The condition is the memory of it. */
function fallbackSinceOf({ conditions }: StoredMemory): Instant | undefined {
  const stored = Array.isArray(conditions) ? (conditions as NonNullable<StoredMemory["conditions"]>) : [];
  const isInForce = stored.find(({ type, status }) => type === "FallbackActive" && status === "True");
  return instantOf(isInForce?.lastTransitionTime);
}

function memoryOf({ status }: KubernetesObject): Memory {
  const stored = (status ?? {}) as StoredMemory;
  const lastScaleAt = instantOf(stored.lastScaleTime);
  const recommendations = (stored.memory?.recommendations ?? []).flatMap(({ time, replicas, inDoubt }) => {
    const at = instantOf(time);
    if (at === undefined || typeof replicas !== "number") return [];
    return [{ at, replicas, ...(inDoubt === true && { inDoubt }) }];
  });
  const scalings = (stored.memory?.scalings ?? []).flatMap(({ time, change }) => {
    const at = instantOf(time);
    return at === undefined || typeof change !== "number" ? [] : [{ at, change }];
  });
  const { active, since: sinceTime } = stored.memory?.activity ?? {};
  const since = instantOf(sinceTime);
  const fallbackSince = fallbackSinceOf(stored);
  const drains = drainsOf(stored);
  return {
    ...(lastScaleAt === undefined ? {} : { lastScaleAt }),
    ...(typeof active === "boolean" && since !== undefined ? { activity: { active, since } } : {}),
    ...(recommendations.length === 0 ? {} : { recommendations }),
    ...(scalings.length === 0 ? {} : { scalings }),
    ...(fallbackSince === undefined ? {} : { fallbackSince }),
    ...(Object.keys(drains).length === 0 ? {} : { drains }),
  };
}
