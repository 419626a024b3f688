import { z } from "zod";
import type { Problem } from "../../core/index.ts";
import type { KubernetesObject } from "../shared/kubernetes-object.ts";
import { schemaProblems } from "../shared/schema-problems.ts";
import { type Draft, type Note, notesOf, type SignalDraft } from "./draft.ts";
import { calendarOf } from "./keda-calendar.ts";
import { withNotes } from "./trigger.ts";
import { TRIGGERS } from "./triggers.ts";

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const specSchema = z.object({
  scaleTargetRef: z.object({ apiVersion: z.string().optional(), kind: z.string().optional(), name: z.string() }),
  pollingInterval: z.int().default(30),
  cooldownPeriod: z.int().default(300),
  idleReplicaCount: z.int().optional(),
  minReplicaCount: z.int().default(0),
  maxReplicaCount: z.int().default(100),
  fallback: z.object({ failureThreshold: z.int(), replicas: z.int() }).optional(),
  advanced: z
    .object({
      horizontalPodAutoscalerConfig: z.object({ behavior: z.record(z.string(), z.unknown()).optional() }).optional(),
      scalingModifiers: z.object({ formula: z.string().optional() }).optional(),
    })
    .optional(),
  triggers: z
    .array(
      z.object({
        type: z.string(),
        name: z.string().optional(),
        metadata: z.record(z.string(), text).default({}),
        authenticationRef: z.object({ name: z.string().optional() }).optional(),
      }),
    )
    .min(1),
});
type Spec = z.output<typeof specSchema>;

/** A KEDA ScaledObject, of whose triggers we have the source. */
export function fromScaledObject(object: KubernetesObject): Draft {
  const parsed = specSchema.safeParse(object.spec);
  const metadata = (object.metadata ?? {}) as { name?: string; namespace?: string };
  const named = { name: metadata.name ?? "", namespace: metadata.namespace };
  if (!parsed.success) {
    const problems = schemaProblems(parsed.error, object.spec, { under: ["spec"] });
    return { ...named, spec: {}, notes: [], problems };
  }
  const spec = parsed.data;
  const { drafts, problems } = triggersOf(spec, `${named.name}-credentials`);
  const { signals, schedule } = calendarOf(drafts, spec);
  const notes = [...remarks(spec), ...schedule.notes, ...notesOf(signals)];
  return {
    ...named,
    spec: specFrom(spec, signals, schedule.windows),
    notes,
    problems: [...unkept(spec), ...problems],
  };
}

function triggersOf(spec: Spec, secret: string) {
  const problems: Problem[] = [];
  const drafts: SignalDraft[] = [];
  for (const [index, trigger] of spec.triggers.entries()) {
    const { type, metadata: settings } = trigger;
    const made = TRIGGERS[type]?.({ settings, secret, name: trigger.name ?? signalName(type, index) });
    const path = `spec.triggers[${index}]`;
    if (made === undefined) problems.push({ path: `${path}.type`, message: `expected one of ${known()}, got ${type}` });
    else if ("wrong" in made) problems.push(...made.wrong.map((one) => ({ ...one, path: `${path}.${one.path}` })));
    else drafts.push(withAuthentication(spec.fallback ? withFallback(made) : made, trigger.authenticationRef?.name));
  }
  return { drafts, problems };
}

function withAuthentication(draft: SignalDraft, name: string | undefined): SignalDraft {
  if (name === undefined) return draft;
  const text = `KEDA took more parameters from the TriggerAuthentication ${JSON.stringify(name)}, which is not read: add what it held, credentials as secretRef`;
  return withNotes(draft, [{ path: ["source"], text }]);
}

/** Triggers without a name are called after their type. */
function signalName(type: string, index: number): string {
  return index === 0 ? type : `${type}-${index}`;
}

const known = (): string => Object.keys(TRIGGERS).join(", ");

function withFallback(draft: SignalDraft): SignalDraft {
  return { ...draft, signal: { ...draft.signal, whenMissing: "Fallback" } };
}

function specFrom(spec: Spec, signals: readonly SignalDraft[], schedule: readonly object[]) {
  const { fallback, pollingInterval, scaleTargetRef } = spec;
  const behavior = spec.advanced?.horizontalPodAutoscalerConfig?.behavior;
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", ...scaleTargetRef },
    minReplicas: spec.minReplicaCount,
    maxReplicas: spec.maxReplicaCount,
    pollIntervalSeconds: pollingInterval,
    cooldownSeconds: spec.cooldownPeriod,
    signals: signals.map(({ signal }) => signal),
    behavior: { scaleUp: behavior?.scaleUp ?? {}, scaleDown: behavior?.scaleDown ?? {} },
    ...(fallback === undefined
      ? {}
      : { fallback: { replicas: fallback.replicas, afterSeconds: fallback.failureThreshold * pollingInterval } }),
    ...(schedule.length === 0 ? {} : { schedule }),
  };
}

function remarks({ fallback }: Spec): readonly Note[] {
  const notes: Note[] = [
    {
      path: ["spec", "cooldownSeconds"],
      text: "KEDA's cooldownPeriod delays only the last step to zero; this one delays every scale-down after a scaling",
    },
    { path: ["spec", "behavior"], text: "a direction that is left empty has autoscaling/v2's defaults, as under KEDA" },
  ];
  if (fallback !== undefined) {
    const said = "failureThreshold counted failures; this is the time they take";
    notes.push({ path: ["spec", "fallback", "afterSeconds"], text: said });
  }
  return notes;
}

function unkept({ idleReplicaCount, minReplicaCount, advanced }: Spec): readonly Problem[] {
  const problems: Problem[] = [];
  if (idleReplicaCount !== undefined && idleReplicaCount !== minReplicaCount) {
    const remedy = "leave idleReplicaCount out: zero to one happens at once here";
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
