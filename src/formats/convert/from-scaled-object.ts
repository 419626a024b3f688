import * as z from "zod";
import type { Problem } from "../../core/index.ts";
import { withoutNulls } from "../field-schemas.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { problem, schemaProblems } from "../problems.ts";
import { record, toText } from "../stored.ts";
import { type Draft, type Note, notesOf, type SignalDraft } from "./draft.ts";
import { containersOf } from "./environment.ts";
import { behaviorFrom, type ConvertedBehavior } from "./from-horizontal-pod-autoscaler.ts";
import { convertTriggers, triggerSchema } from "./keda-triggers.ts";
import { isSwitchedOn } from "./trigger.ts";
import type { Authentications } from "./trigger-parameters.ts";

const count = z.int().min(0);
const specSchema = z.object({
  scaleTargetRef: z.object({ apiVersion: z.string().optional(), kind: z.string().optional(), name: z.string() }),
  pollingInterval: z.int().min(1).optional(),
  cooldownPeriod: count.default(300),
  initialCooldownPeriod: count.default(0),
  idleReplicaCount: count.optional(),
  minReplicaCount: count.default(0),
  maxReplicaCount: z.int().min(1).default(100),
  fallback: z.object({ failureThreshold: count, replicas: count, behavior: z.string().optional() }).optional(),
  advanced: z
    .object({
      restoreToOriginalReplicaCount: z.boolean().optional(),
      horizontalPodAutoscalerConfig: z.object({ behavior: z.record(z.string(), z.unknown()).optional() }).optional(),
      scalingModifiers: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  triggers: z.array(triggerSchema).min(1),
});
type ScaledObjectSpec = z.output<typeof specSchema>;

/** Seconds, where pollingInterval is not stated. */
const POLLING_INTERVAL = 30;
const BEHAVIOR = "spec.advanced.horizontalPodAutoscalerConfig.behavior";

/** Where the fields of the result come from. */
const ORIGINS: Draft["origins"] = [
  ["spec.minReplicas", "spec.minReplicaCount"],
  ["spec.maxReplicas", "spec.maxReplicaCount"],
  ["spec.pollIntervalSeconds", "spec.pollingInterval"],
  ["spec.scaleToZero.initialCooldownSeconds", "spec.initialCooldownPeriod"],
  ["spec.scaleToZero", "spec.cooldownPeriod"],
  ["spec.behavior", BEHAVIOR],
  ["spec.pausedReplicas", "metadata.annotations"],
  ["spec.signals", "spec.triggers"],
];

interface ScaledObjectContext extends Omit<Authentications, "namespace"> {
  /** Names the Secret that the credentials of a trigger are to be put into. Absent: one for all. */
  readonly secretOf?: (trigger: number) => string;
}

/** A KEDA ScaledObject, of whose triggers we have the source. */
export function fromScaledObject(object: KubernetesObject, { secretOf, ...known }: ScaledObjectContext): Draft {
  const stated = withTargetOfFirstVersion(object);
  const parsed = specSchema.safeParse(stated.spec);
  const metadata = (object.metadata ?? {}) as { name?: string; namespace?: string };
  const named = { name: metadata.name ?? "", namespace: metadata.namespace };
  if (!parsed.success) {
    const problems = schemaProblems(parsed.error, stated.spec, { under: ["spec"] });
    return { ...named, spec: {}, notes: [], problems };
  }
  const spec = parsed.data;
  const target = record(record(stated.spec).scaleTargetRef);
  const environment = () => ({
    containers: containersOf(target, { ...known, namespace: named.namespace }),
    named: target.envSourceContainerName,
  });
  const authentications = { ...known, namespace: named.namespace, environment };
  const converted = convertTriggers(spec.triggers, secretOf ?? (() => `${named.name}-credentials`), authentications);
  const { signals, origins, problems: unconverted } = converted;
  const fallback = fallbackOf(spec);
  const pause = pauseOf(object);
  const behavior = behaviorFrom(spec.advanced?.horizontalPodAutoscalerConfig?.behavior, BEHAVIOR, pause.disabled);
  const bounds = boundsOf(spec, { pause, behavior });
  const whole = signals.map((draft) => withTerms(draft, { isAsleep: bounds.scaleToZero !== undefined, ...fallback }));
  return {
    ...named,
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", ...spec.scaleTargetRef },
      ...bounds,
      ...(spec.pollingInterval === undefined ? {} : { pollIntervalSeconds: spec.pollingInterval }),
      cooldownSeconds: 0,
      signals: whole.map(({ signal }) => signal),
      behavior: behavior.behavior,
      ...(fallback.fallback === undefined ? {} : { fallback: fallback.fallback }),
      ...pause.spec,
    },
    notes: [
      ...stated.notes,
      ...remarks(spec, pause),
      ...[behavior, pause, fallback].flatMap(({ notes }) => notes),
      ...notesOf(whole),
    ],
    problems: [
      ...unkept(spec),
      ...fallback.problems,
      ...pause.problems,
      ...behavior.problems,
      ...(signals.length === 0 ? unconverted.map((one): Problem => ({ ...one, severity: "error" })) : []),
    ],
    leftOut: signals.length === 0 ? [] : unconverted,
    origins: [...origins, ...(ORIGINS ?? [])],
    stated: converted.stated,
  };
}

/** KEDA 1 names a Deployment by deploymentName. */
function withTargetOfFirstVersion({ apiVersion, spec }: KubernetesObject): { spec: unknown; notes: readonly Note[] } {
  const { scaleTargetRef, ...rest } = (withoutNulls(spec) ?? {}) as {
    readonly scaleTargetRef?: { readonly name?: unknown; readonly deploymentName?: unknown };
  };
  const name = scaleTargetRef?.name ?? scaleTargetRef?.deploymentName;
  const isFirst = typeof apiVersion === "string" && apiVersion.startsWith("keda.k8s.io/");
  if (!isFirst || scaleTargetRef?.name !== undefined || name === undefined) {
    return { spec: withoutNulls(spec), notes: [] };
  }
  const note: Note = { path: ["spec", "scaleTargetRef"], text: "KEDA 1 named this Deployment by deploymentName" };
  return { spec: { ...rest, scaleTargetRef: { name } }, notes: [note] };
}

/** Activation has no meaning where the workload never sleeps. */
function withTerms(
  draft: SignalDraft,
  { isAsleep, fallback }: { readonly isAsleep: boolean; readonly fallback?: object | undefined },
): SignalDraft {
  const { activeAbove, ...signal } = draft.signal;
  const canFail = !("cron" in (signal.source as object));
  return {
    ...draft,
    signal: {
      ...signal,
      ...(isAsleep && activeAbove !== undefined ? { activeAbove } : {}),
      ...(fallback !== undefined && canFail ? { whenMissing: "Fallback" } : {}),
    },
  };
}

/** Where the workload may sleep, the steps between zero and one; an idle number of 0 is the same. */
function boundsOf(spec: ScaledObjectSpec, { pause, behavior }: { pause: Pause; behavior: ConvertedBehavior }) {
  const { minReplicaCount, maxReplicaCount, idleReplicaCount, cooldownPeriod, initialCooldownPeriod } = spec;
  if (pause.forced || (minReplicaCount > 0 && idleReplicaCount !== 0)) {
    return { minReplicas: Math.max(1, minReplicaCount), maxReplicas: maxReplicaCount };
  }
  const isDisabled = Object.values(behavior.behavior).some(
    (rules) => (rules as { selectPolicy?: unknown }).selectPolicy === "Disabled",
  );
  const scaleToZero = {
    cooldownSeconds: cooldownPeriod,
    ...(initialCooldownPeriod > 0 ? { initialCooldownSeconds: initialCooldownPeriod } : {}),
    ...(minReplicaCount > 1 ? { activeReplicas: minReplicaCount } : {}),
    ...(isDisabled && pause.disabled.length === 0 ? { despiteDisabled: true } : {}),
  };
  return { minReplicas: 0, maxReplicas: maxReplicaCount, scaleToZero };
}

function remarks({ advanced }: ScaledObjectSpec, { forced }: Pause): readonly Note[] {
  const notes: Note[] = [];
  if (forced) {
    const text = "the ScaledObject says autoscaling.keda.sh/force-activation: it never sleeps";
    notes.push({ path: ["spec", "minReplicas"], text });
  }
  if (advanced?.restoreToOriginalReplicaCount === true) {
    const text =
      "restoreToOriginalReplicaCount is not kept: when this object is deleted, the replicas stay as they are";
    notes.push({ path: [], text, differs: true });
  }
  return notes;
}

function* unkept(spec: ScaledObjectSpec): Iterable<Problem> {
  const { idleReplicaCount: idle, minReplicaCount: min, maxReplicaCount: max, advanced } = spec;
  if (min > max) {
    const message = `expected at most maxReplicaCount (${max}), got ${min}`;
    yield problem("spec.minReplicaCount", message, "make minReplicaCount the smaller one");
  }
  if (idle !== undefined && idle > 0 && idle !== min) {
    const message = `expected 0, the only idle number that works with KEDA, got ${idle}`;
    yield problem("spec.idleReplicaCount", message, "write 0, or leave it out");
  }
  if (Object.values(advanced?.scalingModifiers ?? {}).some(Boolean)) {
    const message = "expected no formula, as it cannot be kept";
    yield problem("spec.advanced.scalingModifiers", message, "the largest signal wins here");
  }
}

/** KEDA's fallback, which each trigger has for itself: a duration instead of a count of failures. */
function fallbackOf({ fallback: stated, pollingInterval = POLLING_INTERVAL }: ScaledObjectSpec): {
  readonly fallback?: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
} {
  if (stated === undefined) return { notes: [], problems: [] };
  const { failureThreshold, replicas, behavior = "static" } = stated;
  // By KEDA's word for the behavior.
  const goals: Readonly<Record<string, object>> = {
    static: { replicas },
    currentReplicas: { replicas: 0, direction: "UpOnly" },
    currentReplicasIfHigher: { replicas, direction: "UpOnly" },
    currentReplicasIfLower: { replicas, direction: "DownOnly" },
  };
  if (!Object.hasOwn(goals, behavior)) {
    const message = `expected one of ${Object.keys(goals).join(", ")}, got ${JSON.stringify(behavior)}`;
    return { notes: [], problems: [problem("spec.fallback.behavior", message)] };
  }
  const text = `failureThreshold was ${failureThreshold}: the time that these failures take, one every ${pollingInterval} s`;
  const fallback = { ...goals[behavior], afterSeconds: failureThreshold * pollingInterval, appliesTo: "Each" };
  return { fallback, notes: [{ path: ["spec", "fallback", "afterSeconds"], text }], problems: [] };
}

const PREFIX = "autoscaling.keda.sh/";

/** What KEDA's annotations that pause a ScaledObject come to. */
interface Pause {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Directions in which nothing may be changed. */
  readonly disabled: readonly ("scaleUp" | "scaleDown")[];
  /** Whether it counts as active in any case. */
  readonly forced: boolean;
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

/** A ScaledObject that is paused stays so. */
function pauseOf({ metadata }: KubernetesObject): Pause {
  const { annotations = {} } = (metadata ?? {}) as { annotations?: Readonly<Record<string, unknown>> };
  const said = (name: string): string | undefined => {
    const value = annotations[`${PREFIX}${name}`];
    return value === undefined || value === null ? undefined : toText(value);
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
  const base = { spec: {}, disabled, forced: isSwitchedOn(said("force-activation")), notes, problems: [] };
  if (replicas === undefined && !isSwitchedOn(said("paused"))) return base;
  if (replicas !== undefined && !/^\d+$/.test(replicas)) {
    const message = `expected a whole number, got ${JSON.stringify(replicas)}`;
    return { ...base, problems: [problem(`metadata.annotations["${PREFIX}paused-replicas"]`, message)] };
  }
  const held = replicas === undefined ? {} : { pausedReplicas: Number(replicas) };
  const text = "the ScaledObject is paused: Active sets it going";
  return { ...base, spec: { mode: "Paused", ...held }, notes: [...notes, { path: ["spec", "mode"], text }] };
}
