import * as z from "zod";
import type { Problem } from "../../core/index.ts";
import type { KubernetesObject } from "../shared/kubernetes-object.ts";
import { schemaProblems } from "../shared/schema-problems.ts";
import { type Draft, type Note, notesOf, type SignalDraft } from "./draft.ts";
import { behaviorFrom } from "./hpa-behavior.ts";
import { calendarOf } from "./keda-calendar.ts";
import { fallbackOf } from "./keda-fallback.ts";
import { pauseOf } from "./keda-pause.ts";
import { ReadSettings } from "./read-settings.ts";
import { withNotes } from "./trigger.ts";
import {
  type AuthenticationReference,
  type Authentications,
  authenticatedSettings,
  withAuthentication,
} from "./trigger-authentication.ts";
import { TRIGGERS } from "./triggers.ts";

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const specSchema = z.object({
  scaleTargetRef: z.object({ apiVersion: z.string().optional(), kind: z.string().optional(), name: z.string() }),
  pollingInterval: z.int().default(30),
  cooldownPeriod: z.int().default(300),
  idleReplicaCount: z.int().optional(),
  minReplicaCount: z.int().default(0),
  maxReplicaCount: z.int().default(100),
  initialCooldownPeriod: z.int().default(0),
  fallback: z.object({ failureThreshold: z.int(), replicas: z.int(), behavior: z.string().optional() }).optional(),
  advanced: z
    .object({
      restoreToOriginalReplicaCount: z.boolean().optional(),
      horizontalPodAutoscalerConfig: z.object({ behavior: z.record(z.string(), z.unknown()).optional() }).optional(),
      scalingModifiers: z.object({ formula: z.string().optional() }).optional(),
    })
    .optional(),
  triggers: z
    .array(
      z.object({
        type: z.string(),
        name: z.string().optional(),
        metricType: z.string().default("AverageValue"),
        metadata: z.record(z.string(), text).default({}),
        authenticationRef: z.object({ name: z.string().optional(), kind: z.string().optional() }).optional(),
      }),
    )
    .min(1),
});
type Spec = z.output<typeof specSchema>;

/** A KEDA ScaledObject, of whose triggers we have the source. */
export function fromScaledObject(object: KubernetesObject, authentications: readonly KubernetesObject[] = []): Draft {
  const parsed = specSchema.safeParse(object.spec);
  const metadata = (object.metadata ?? {}) as { name?: string; namespace?: string };
  const named = { name: metadata.name ?? "", namespace: metadata.namespace };
  if (!parsed.success) {
    const problems = schemaProblems(parsed.error, object.spec, { under: ["spec"] });
    return { ...named, spec: {}, notes: [], problems };
  }
  const spec = parsed.data;
  const known = { namespace: named.namespace, among: authentications };
  const { drafts, problems } = triggersOf(spec, `${named.name}-credentials`, known);
  const fallback = fallbackOf(spec.fallback, spec.pollingInterval, drafts.length);
  const pause = pauseOf(object);
  const behavior = behaviorFrom(
    spec.advanced?.horizontalPodAutoscalerConfig?.behavior,
    "spec.advanced.horizontalPodAutoscalerConfig.behavior",
    pause.disabled,
  );
  const whole = drafts.map(({ draft, authenticationRef }) => {
    const whole = withAuthentication(draft, authenticationRef, known);
    return fallback.fallback === undefined ? whole : withFallback(whole);
  });
  const { signals, schedule } = calendarOf(whole, spec);
  return {
    ...named,
    spec: {
      ...specFrom(spec, signals),
      behavior: behavior.behavior,
      ...(fallback.fallback === undefined ? {} : { fallback: fallback.fallback }),
      ...(schedule.windows.length === 0 ? {} : { schedule: schedule.windows }),
      ...pause.spec,
    },
    notes: [
      ...remarks(spec),
      ...[behavior, pause, fallback, schedule].flatMap(({ notes }) => notes),
      ...notesOf(signals),
    ],
    problems: [...unkept(spec), ...fallback.problems, ...pause.problems, ...behavior.problems, ...problems],
  };
}

function triggersOf(spec: Spec, secret: string, authentications: Authentications) {
  const problems: Problem[] = [];
  const drafts: { readonly draft: SignalDraft; readonly authenticationRef?: AuthenticationReference | undefined }[] =
    [];
  for (const [index, { type, name, metadata, metricType, authenticationRef }] of spec.triggers.entries()) {
    const read = new ReadSettings(metadata, authenticatedSettings(authenticationRef, authentications));
    const made = TRIGGERS[type]?.({ settings: read.settings, secret, name: name ?? signalName(type, index) });
    const path = `spec.triggers[${index}]`;
    if (made === undefined) problems.push({ path: `${path}.type`, message: `expected one of ${known()}, got ${type}` });
    else if (metricType !== "AverageValue") {
      problems.push({ path: `${path}.metricType`, ...wrongMetricType(metricType) });
    }
    if (made === undefined) continue;
    if ("wrong" in made) {
      problems.push(...made.wrong.map((one) => located(one, path, authenticationRef !== undefined)));
    } else drafts.push({ draft: withNotes(made, read.leftOut()), authenticationRef });
  }
  return { drafts, problems };
}

/** A trigger's problem, seen from the object; what may be in a Secret that we were not shown is said to be. */
function located(problem: Problem, under: string, isAuthenticated: boolean): Problem {
  const remedy = "write it here without credentials, or hand in the TriggerAuthentication and its Secret too";
  const isHidden = isAuthenticated && problem.remedy === undefined && problem.message.endsWith("got nothing");
  return { ...problem, path: `${under}.${problem.path}`, ...(isHidden ? { remedy } : {}) };
}

function wrongMetricType(got: string): Omit<Problem, "path"> {
  const remedy =
    "Value multiplies the present replicas, so it feeds on itself: state how much one replica takes, and leave metricType out";
  return { message: `expected AverageValue, got ${got}`, remedy };
}

/** Triggers without a name are called after their type. */
function signalName(type: string, index: number): string {
  return index === 0 ? type : `${type}-${index}`;
}

const known = (): string => Object.keys(TRIGGERS).join(", ");

function withFallback(draft: SignalDraft): SignalDraft {
  return { ...draft, signal: { ...draft.signal, whenMissing: "Fallback" } };
}

function specFrom(spec: Spec, signals: readonly SignalDraft[]) {
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", ...spec.scaleTargetRef },
    minReplicas: spec.minReplicaCount,
    maxReplicas: spec.maxReplicaCount,
    pollIntervalSeconds: spec.pollingInterval,
    cooldownSeconds: spec.cooldownPeriod,
    signals: signals.map(({ signal }) => signal),
  };
}

function remarks({ initialCooldownPeriod, advanced }: Spec): readonly Note[] {
  const notes: Note[] = [
    {
      path: ["spec", "cooldownSeconds"],
      text: "KEDA's cooldownPeriod delays only the last step to zero; this one delays every scale-down after a scaling",
    },
  ];
  if (initialCooldownPeriod > 0) {
    const text = `initialCooldownPeriod (${initialCooldownPeriod} s) is not kept: an object that was just made may scale to zero at once`;
    notes.push({ path: ["spec", "minReplicas"], text });
  }
  if (advanced?.restoreToOriginalReplicaCount === true) {
    const text =
      "restoreToOriginalReplicaCount is not kept: when this object is deleted, the replicas stay as they are";
    notes.push({ path: [], text });
  }
  return notes;
}

function unkept({ idleReplicaCount, minReplicaCount, advanced }: Spec): readonly Problem[] {
  const problems: Problem[] = [];
  if (idleReplicaCount !== undefined && idleReplicaCount !== minReplicaCount) {
    const remedy =
      "leave it out, and set minReplicaCount to 0 where the workload may sleep: it then goes to zero and back on its own, to as many as there is work for";
    problems.push({ path: "spec.idleReplicaCount", message: "expected none, as it cannot be kept", remedy });
  }
  if (advanced?.scalingModifiers?.formula) {
    const path = "spec.advanced.scalingModifiers.formula";
    problems.push({
      path,
      message: "expected no formula, as it cannot be kept",
      remedy: "the largest signal wins here",
    });
  }
  return problems;
}
